// The top module: AXI4-Stream ports outside, stages and their FIFOs inside.
//
// Every source (an input or a stage) has one or several readers: streams of stages, each with its FIFO, and
// outputs. With several, a beat goes on when all of them can take it; readiness of a FIFO does not depend on
// what it is offered, so that no loop arises. An output that shares its source stands behind a FIFO, so that
// its beats do not vanish because another reader is held up.

#include <algorithm>

#include <fmt/format.h>

#include "backends/library.h"
#include "backends/verilog/plain.h"
#include "backends/verilog/text.h"
#include "backends/verilog/verilog.h"

namespace gw {

namespace {

// What reads a source: the wires by which it takes a beat.
struct Taker {
  std::string valid, ready;
};

std::string fifo(const std::string& name, int bits, int depth, const std::string& from) {
  return fmt::format(
      "\n  wire {0}_takes, {0}_put, {0}_valid, {0}_ready;\n  wire [{1}:0] {0}_data;\n"
      "  gw_fifo #(.BITS({2}), .DEPTH({3}), .ADDRESS_BITS({4})) {0} (\n"
      "      .clk(aclk), .rst(rst), .s_valid({0}_put), .s_ready({0}_takes), .s_data({5}_data),\n"
      "      .m_valid({0}_valid), .m_ready({0}_ready), .m_data({0}_data)\n  );\n",
      name, bits - 1, bits, depth, bits_for(depth - 1), from);
}

class Top {
 public:
  explicit Top(const Design& design) : design_(design) {}

  std::string print() {
    std::string in, out;
    for (const StreamPort& port : design_.inputs)
      in += to_string(port.type) + (&port == &design_.inputs.back() ? "" : " and ");
    for (const StreamPort& port : design_.outputs)
      out += to_string(port.type) + (&port == &design_.outputs.back() ? "" : " and ");
    lines_ = fmt::format(
        "// {}: {} in, {} out; one frame every {} clocks.\n"
        "module {} (\n    input  wire aclk,\n    input  wire aresetn,\n",
        design_.name, in, out, design_.interval, design_.name);
    for (const StreamPort& port : design_.inputs)
      lines_ += axis_pins(axis_name(port, true), 8 * port.bytes(), true);
    for (const StreamPort& port : design_.outputs)
      lines_ += axis_pins(axis_name(port, false), 8 * port.bytes(), false);
    lines_ += "    output reg  frame_error\n);\n  wire rst = !aresetn;\n";
    for (size_t i = 0; i < design_.inputs.size(); ++i) input(design_.inputs[i], i);
    errors();
    for (size_t s = 0; s < design_.stages.size(); ++s) stage(design_.stages[s], s);
    for (size_t o = 0; o < design_.outputs.size(); ++o) output(design_.outputs[o], o);
    for (size_t i = 0; i < design_.inputs.size(); ++i) join(fmt::format("input{}", i), input_takers_[i]);
    for (size_t s = 0; s < design_.stages.size(); ++s) join(fmt::format("stage{}", s), stage_takers_[s]);
    return lines_ + "endmodule\n";
  }

 private:
  // Counts a port's beats, so that `name`_last is known.
  void position(const std::string& name, const StreamPort& port, const std::string& step) {
    if (port.beats() == 1) {
      lines_ += fmt::format("  wire {}_last = 1'b1;\n", name);
    } else {
      lines_ += text::counter(name, port.beats(), step, "aclk");
    }
  }

  void input(const StreamPort& port, size_t i) {
    const std::string name = axis_name(port, true), beat = fmt::format("input{}_beat", i);
    lines_ += fmt::format(
        "\n  wire input{0}_ready;\n  wire input{0}_valid = {1}_tvalid;\n  wire [{2}:0] input{0}_data = {1}_tdata[{2}:0];\n"
        "  assign {1}_tready = input{0}_ready;\n",
        i, name, port.bits() - 1);
    position(beat, port, fmt::format("{0}_tvalid && {0}_tready", name));
    lines_ += fmt::format("  wire input{0}_error = {1}_tvalid && {1}_tready && {1}_tlast != {2}_last;\n", i,
                          name, beat);
    if (8 * port.bytes() > port.bits())
      lines_ += fmt::format("  wire input{}_unused = &{{1'b0, {}_tdata[{}:{}]}};\n", i, name,
                            8 * port.bytes() - 1, port.bits());
    input_takers_.emplace_back();
  }

  void errors() {
    std::string any;
    for (size_t i = 0; i < design_.inputs.size(); ++i)
      any += fmt::format("{}input{}_error", i == 0 ? "" : " || ", i);
    lines_ += fmt::format(
        "\n  always @(posedge aclk) begin\n    if (rst) frame_error <= 1'b0;\n"
        "    else if ({}) frame_error <= 1'b1;\n  end\n",
        any);
  }

  // Names a source and remembers who reads it.
  std::string source(int from, const Taker& taker) {
    const auto at = static_cast<size_t>(from < 0 ? -1 - from : from);
    (from < 0 ? input_takers_ : stage_takers_)[at].push_back(taker);
    return fmt::format("{}{}", from < 0 ? "input" : "stage", at);
  }

  void stage(const StageDesign& stage, size_t s) {
    std::string streams;
    for (size_t k = 0; k < stage.streams.size(); ++k) {
      const InputStream& stream = stage.streams[k];
      const std::string name = fmt::format("fifo{}_{}", s, k);
      const std::string from = source(stream.source, {name + "_put", name + "_takes"});
      lines_ += fifo(name, stream.beat_bits(), stream.fifo_depth, from);
      streams += fmt::format("      .s{0}_valid({1}_valid), .s{0}_ready({1}_ready), .s{0}_data({1}_data),\n",
                             k, name);
    }
    lines_ += fmt::format(
        "  wire stage{0}_valid, stage{0}_ready;\n  wire [{1}:0] stage{0}_data;\n"
        "  {2} stage{0} (\n      .clk(aclk), .rst(rst),\n{3}"
        "      .m_valid(stage{0}_valid), .m_ready(stage{0}_ready), .m_data(stage{0}_data)\n  );\n",
        s, stage.output_bits() - 1, stage.module, streams);
    stage_takers_.emplace_back();
  }

  void output(const StreamPort& port, size_t o) {
    const std::string name = axis_name(port, false);
    std::string data;
    if (port.buffered) {
      const std::string buffer = fmt::format("output{}", o);
      lines_ += fifo(buffer, port.bits(), 2, source(port.source, {buffer + "_put", buffer + "_takes"}));
      lines_ +=
          fmt::format("  assign {0}_tvalid = {1}_valid;\n  assign {1}_ready = {0}_tready;\n", name, buffer);
      data = buffer + "_data";
    } else {
      data = source(port.source, {name + "_tvalid", name + "_tready"}) + "_data";
      lines_ += "\n";
    }
    const int fill = 8 * port.bytes() - port.bits();
    lines_ += fill > 0 ? fmt::format("  assign {}_tdata = {{{{{}{{1'b0}}}}, {}}};\n", name, fill, data)
                       : fmt::format("  assign {}_tdata = {};\n", name, data);
    const std::string beat = fmt::format("output{}_beat", o);
    position(beat, port, fmt::format("{0}_tvalid && {0}_tready", name));
    lines_ += fmt::format("  assign {}_tlast = {}_last;\n", name, beat);
  }

  void join(const std::string& source, const std::vector<Taker>& takers) {
    std::string all;
    for (const Taker& taker : takers) all += (all.empty() ? "" : " && ") + taker.ready;
    lines_ += fmt::format("\n  assign {}_ready = {};\n", source, takers.empty() ? "1'b1" : all);
    if (takers.empty())
      lines_ += fmt::format("  wire {0}_dropped_unused = &{{1'b0, {0}_valid, {0}_data}};\n", source);
    for (const Taker& taker : takers) {
      lines_ += takers.size() == 1
                    ? fmt::format("  assign {} = {}_valid;\n", taker.valid, source)
                    : fmt::format("  assign {0} = {1}_valid && {1}_ready;\n", taker.valid, source);
    }
  }

  const Design& design_;
  std::string lines_;
  std::vector<std::vector<Taker>> input_takers_, stage_takers_;
};

// A module and the library blocks that it may use.
Files with_blocks(const std::string& module, std::string lines, const std::vector<std::string>& blocks) {
  Files files{{module + ".v", std::move(lines)}};
  for (const auto& file : verilog_library()) {
    if (std::find(blocks.begin(), blocks.end(), file.first) != blocks.end()) files.push_back(file);
  }
  return files;
}

}  // namespace

std::string axis_name(const StreamPort& port, bool is_input) {
  const char* side = is_input ? "s_axis" : "m_axis";
  return port.name.empty() ? side : fmt::format("{}_{}", side, port.name);
}

std::string axis_pins(const std::string& name, int bits, bool is_input) {
  return fmt::format(
      "    {2} wire [{1}:0] {0}_tdata,\n    {2} wire {0}_tvalid,\n    {3} wire {0}_tready,\n    {2} wire {0}_tlast,\n",
      name, bits - 1, is_input ? "input " : "output", is_input ? "output" : "input ");
}

Files verilog_stage_files(const StageDesign& stage) {
  if (stage.streams.front().fifo_depth == 0) return {{stage.module + ".v", verilog_plain_stage(stage)}};
  const bool splits = std::any_of(stage.streams.begin(), stage.streams.end(),
                                  [](const InputStream& stream) { return stream.beat_pixels > 1; });
  std::vector<std::string> blocks{"gw_window.v", "gw_inside.v"};
  if (splits) blocks.emplace_back("gw_split.v");
  return with_blocks(stage.module, verilog_stage(stage), blocks);
}

Files verilog_fifo_files(const std::string& top, std::span<const FifoShape> fifos) {
  std::string ports = "    input  wire clk, rst", body;
  for (size_t n = 0; n < fifos.size(); ++n) {
    const auto& [depth, bits] = fifos[n];
    ports += fmt::format(
        ",\n    input  wire s{0}_valid, m{0}_ready,\n    output wire s{0}_ready, m{0}_valid,\n"
        "    input  wire [{1}:0] s{0}_data,\n    output wire [{1}:0] m{0}_data",
        n, bits - 1);
    body += fmt::format(
        "  gw_fifo #(.BITS({1}), .DEPTH({2}), .ADDRESS_BITS({3})) fifo{0} (\n"
        "      .clk(clk), .rst(rst), .s_valid(s{0}_valid), .s_ready(s{0}_ready), .s_data(s{0}_data),\n"
        "      .m_valid(m{0}_valid), .m_ready(m{0}_ready), .m_data(m{0}_data)\n  );\n",
        n, bits, depth, bits_for(depth - 1));
  }
  return with_blocks(top, fmt::format("module {} (\n{}\n);\n{}endmodule\n", top, ports, body), {"gw_fifo.v"});
}

Files verilog(const Design& design) {
  if (design.ports == Ports::Plain) {
    Files files{{design.name + ".v", verilog_plain_top(design)}};
    for (const StageDesign& stage : design.stages)
      files.emplace_back(stage.module + ".v", verilog_plain_stage(stage));
    return files;
  }
  Files files{{design.name + ".v", Top(design).print()}};
  for (const StageDesign& stage : design.stages)
    files.emplace_back(stage.module + ".v", verilog_stage(stage));
  // Converters to and from bytes stand around a design and not in it.
  for (const auto& file : verilog_library()) {
    if (file.first.find("_bytes") == std::string::npos) files.push_back(file);
  }
  return files;
}

}  // namespace gw
