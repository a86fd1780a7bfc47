// Designs as Verilog-2001.
//
// The text is one plain subset that every tool reads alike: all vectors unsigned and of explicit width, signs
// extended by hand, one assignment a cell, no vendor primitive. Where a tool wants to see signed operands (a
// multiplier is only mapped to a hard block of the right size if its operands are declared signed), they are
// wires of their own. Bits that nobody reads are gathered into one wire named `unused`, which keeps linters
// quiet about what is intended without switching any check off.

#include "backends/verilog.h"

#include <algorithm>
#include <bit>

#include "backends/library.h"
#include "support/check.h"

namespace gw {

namespace {

int bits_for(std::int64_t highest) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(highest))));
}

std::string literal(std::int64_t value, int width) {
  const auto bits = static_cast<std::uint64_t>(wrapped(value, width, false));
  return width == 64 ? fmt::format("64'h{:x}", bits) : fmt::format("{}'d{}", width, bits);
}

// Prints one circuit's cells and remembers which bits of each wire are read.
class CircuitPrinter {
 public:
  CircuitPrinter(const Circuit& circuit, int element_bits, int elements)
      : circuit_(circuit),
        read_(circuit.cells().size(), 0),
        element_bits_(element_bits),
        element_read_(static_cast<size_t>(elements), 0) {}

  std::string print() {
    for (size_t id = 0; id < circuit_.cells().size(); ++id) cell(static_cast<WireId>(id));
    std::string text = declarations_ + "\n";
    if (!clocked_.empty())
      text += "  always @(posedge clk) begin\n    if (advance) begin\n" + clocked_ + "    end\n  end\n";
    return text;
  }

  /// All bits of an output, `width` of them.
  std::string output(WireId id, int width) { return extended(id, 0, width); }

  /// Bits that nothing reads, as operands of a reduction.
  std::string unused() const {
    std::string list;
    for (size_t id = 0; id < read_.size(); ++id) {
      const Cell& c = circuit_.cells()[id];
      if (c.kind != CellKind::Constant) list += holes(name(static_cast<WireId>(id)), 0, c.width, read_[id]);
    }
    for (size_t e = 0; e < element_read_.size(); ++e) {
      list += holes("window", static_cast<int>(e) * element_bits_, element_bits_, element_read_[e]);
    }
    return list;
  }

  bool uses(Phase which) const { return phases_used_ & (1u << -static_cast<int>(which)); }

 private:
  static std::string name(WireId id) { return fmt::format("n{}", id); }

  static std::string holes(const std::string& name, int base, int width, std::uint64_t read) {
    std::string list;
    for (int low = 0; low < width;) {
      if ((read >> low) & 1) {
        ++low;
        continue;
      }
      int high = low;
      while (high + 1 < width && !((read >> (high + 1)) & 1)) ++high;
      list += fmt::format(", {}[{}:{}]", name, base + high, base + low);
      low = high + 1;
    }
    return list;
  }

  void mark(WireId id, int low, int width) {
    const std::uint64_t mask = width >= 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << width) - 1) << low;
    read_[static_cast<size_t>(id)] |= mask;
  }

  // Bits [low, low + width) of a wire, extended by its sign or zeros beyond its top.
  std::string extended(WireId id, int low, int width) {
    const Cell& c = circuit_[id];
    if (c.kind == CellKind::Constant)
      return literal(low >= 63 ? (c.value < 0 ? -1 : 0) : c.value >> low, width);
    const int present = std::min(width, c.width - low);
    if (present <= 0) {  // only the extension is left
      if (!c.is_signed) return literal(0, width);
      mark(id, c.width - 1, 1);
      return fmt::format("{{{}{{{}[{}]}}}}", width, name(id), c.width - 1);
    }
    mark(id, low, present);
    const std::string kept = present == c.width ? name(id)
                             : present == 1     ? fmt::format("{}[{}]", name(id), low)
                                                : fmt::format("{}[{}:{}]", name(id), low + present - 1, low);
    const int missing = width - present;
    if (missing == 0) return kept;
    if (!c.is_signed) return fmt::format("{{{}, {}}}", literal(0, missing), kept);
    return fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", missing, name(id), c.width - 1, kept);
  }

  // An operand of an adder: shifted left, `width` bits.
  std::string shifted(WireId id, int shift, int width) {
    if (shift == 0) return extended(id, 0, width);
    if (shift >= width) return literal(0, width);
    if (circuit_.is_constant(id)) {
      return literal(static_cast<std::int64_t>(static_cast<std::uint64_t>(circuit_[id].value) << shift),
                     width);
    }
    return fmt::format("{{{}, {}}}", extended(id, 0, width - shift), literal(0, shift));
  }

  void assign(WireId id, const std::string& expression) {
    declarations_ += fmt::format("  wire [{}:0] {} = {};\n", circuit_[id].width - 1, name(id), expression);
  }

  // A register at the level where its token is; registers that must not take a bubble look at valid.
  void clocked(WireId id, const std::string& condition, const std::string& expression) {
    declarations_ += fmt::format("  reg [{}:0] {};\n", circuit_[id].width - 1, name(id));
    clocked_ += condition.empty() ? fmt::format("      {} <= {};\n", name(id), expression)
                                  : fmt::format("      if ({}) {} <= {};\n", condition, name(id), expression);
  }

  void cases(WireId id, WireId selector, const std::vector<std::string>& values) {
    const int width = circuit_[selector].width;
    declarations_ += fmt::format("  reg [{}:0] {};\n  always @* begin\n    case ({})\n",
                                 circuit_[id].width - 1, name(id), extended(selector, 0, width));
    for (size_t v = 0; v + 1 < values.size(); ++v) {
      declarations_ += fmt::format("      {}: {} = {};\n", literal(static_cast<std::int64_t>(v), width),
                                   name(id), values[v]);
    }
    declarations_ += fmt::format("      default: {} = {};\n    endcase\n  end\n", name(id), values.back());
  }

  void cell(WireId id) {
    const Cell& c = circuit_[id];
    const auto arg = [&](size_t n) { return c.args[n]; };
    const auto whole = [&](size_t n) { return extended(arg(n), 0, circuit_[arg(n)].width); };
    switch (c.kind) {
      case CellKind::Constant:
        break;
      case CellKind::Input:
        input(id, c);
        break;
      case CellKind::Add:
      case CellKind::Subtract:
        assign(id, fmt::format("{} {} {}", shifted(arg(0), c.shifts[0], c.width),
                               c.kind == CellKind::Add ? '+' : '-', shifted(arg(1), c.shifts[1], c.width)));
        break;
      case CellKind::Multiply:
        for (size_t n = 0; n < 2; ++n) {
          declarations_ += fmt::format("  wire signed [{}:0] {}_{} = {};\n", c.width - 1, name(id), "ab"[n],
                                       extended(arg(n), 0, c.width));
        }
        assign(id, fmt::format("{0}_a * {0}_b", name(id)));
        break;
      case CellKind::Slice:
        assign(id, c.shifts[0] >= 0 ? extended(arg(0), c.shifts[0], c.width)
                                    : shifted(arg(0), -c.shifts[0], c.width));
        break;
      case CellKind::Less: {
        // One bit more than the wider operand, so that a signed comparison is right for unsigned operands
        // too.
        const int width = 1 + std::max(circuit_[arg(0)].width, circuit_[arg(1)].width);
        assign(id, fmt::format("$signed({}) < $signed({})", extended(arg(0), 0, width),
                               extended(arg(1), 0, width)));
        break;
      }
      case CellKind::Equal:
        assign(id, fmt::format("{} == {}", whole(0), literal(c.value, circuit_[arg(0)].width)));
        break;
      case CellKind::And:
        assign(id, fmt::format("{} & {}", whole(0), whole(1)));
        break;
      case CellKind::Or:
        assign(id, fmt::format("{} | {}", whole(0), whole(1)));
        break;
      case CellKind::Not:
        assign(id, fmt::format("~{}", whole(0)));
        break;
      case CellKind::Any:
        assign(id, fmt::format("|{}", whole(0)));
        break;
      case CellKind::Mux:
        if (c.args.size() == 3) {
          const int width = circuit_[arg(0)].width;
          const std::string first = width == 1 ? fmt::format("!{}", whole(0))
                                               : fmt::format("{} == {}", whole(0), literal(0, width));
          assign(id, fmt::format("({}) ? {} : {}", first, extended(arg(1), 0, c.width),
                                 extended(arg(2), 0, c.width)));
        } else {
          std::vector<std::string> options;
          for (size_t n = 1; n < c.args.size(); ++n) options.push_back(extended(arg(n), 0, c.width));
          cases(id, arg(0), options);
        }
        break;
      case CellKind::Rom: {
        std::vector<std::string> words;
        for (const std::int64_t value : circuit_.roms()[static_cast<size_t>(c.index)])
          words.push_back(literal(value, c.width));
        cases(id, arg(0), words);
        break;
      }
      case CellKind::Register:
        clocked(id, "", whole(0));
        break;
      case CellKind::Accumulate: {
        mark(id, 0, c.width);
        const std::string start =
            fmt::format("({}) ? {} : {}", whole(1), extended(arg(2), 0, c.width), name(id));
        clocked(id, fmt::format("valid[{}]", c.level - 1),
                fmt::format("{} + ({})", extended(arg(0), 0, c.width), start));
        break;
      }
      case CellKind::Capture:
        clocked(id, fmt::format("valid[{}] && {}", c.level - 1, whole(1)), whole(0));
        break;
    }
  }

  void input(WireId id, const Cell& c) {
    switch (c.index) {
      case static_cast<int>(Phase::Inner):
        assign(id, "inner");
        break;
      case static_cast<int>(Phase::Outer):
        assign(id, "outer");
        break;
      case static_cast<int>(Phase::Whole):
        assign(id, "whole");
        break;
      default: {
        const int low = c.index * element_bits_;
        element_read_[static_cast<size_t>(c.index)] = ~std::uint64_t{0};
        assign(id, fmt::format("window[{}:{}]", low + c.width - 1, low));
        return;
      }
    }
    phases_used_ |= 1u << -c.index;
  }

  const Circuit& circuit_;
  std::vector<std::uint64_t> read_;
  int element_bits_;
  std::vector<std::uint64_t> element_read_;
  std::string declarations_, clocked_;
  unsigned phases_used_ = 0;
};

std::string counter(const char* name, int count, const std::string& step) {
  const int width = bits_for(count - 1);
  return fmt::format(
      "  reg [{0}:0] {1};\n"
      "  wire {1}_last = {1} == {2};\n"
      "  always @(posedge clk) begin\n"
      "    if (rst) {1} <= {3};\n"
      "    else if ({4}) {1} <= {1}_last ? {3} : {1} + {5};\n"
      "  end\n",
      width - 1, name, literal(count - 1, width), literal(0, width), step, literal(1, width));
}

std::string window_instance(const StageDesign& stage) {
  const Window& w = stage.window;
  const int extent = std::max({w.height, w.width, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w});
  return fmt::format(
      "  gw_window #(\n"
      "      .BITS({}), .HEIGHT({}), .WIDTH({}), .KERNEL_H({}), .KERNEL_W({}), .STRIDE_H({}), .STRIDE_W({}), .COUNT_BITS({}),\n      .COLUMN_BITS({})\n"
      "  ) windows (\n"
      "      .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),\n"
      "      .w_valid(window_valid), .w_ready(window_ready), .w_data(window)\n"
      "  );\n",
      stage.input_bits(), w.height, w.width, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w,
      std::max(2, bits_for(extent)), bits_for(w.width - 1));
}

}  // namespace

std::string verilog_stage(const StageDesign& stage) {
  const Window& w = stage.window;
  const Circuit& circuit = stage.circuit;
  const Fold& fold = circuit.fold;
  const int element_bits = std::max(1, stage.input.width);
  const int channel_bits = std::max(1, stage.output.fixed->width);
  CircuitPrinter printer(circuit, element_bits, w.elements());
  const std::string cells = printer.print();
  std::string outputs;
  for (int o = stage.output_channels() - 1; o >= 0; --o) {
    outputs += fmt::format("{}{}", outputs.empty() ? "" : ",\n      ",
                           printer.output(circuit.outputs()[static_cast<size_t>(o)], channel_bits));
  }

  std::string text = fmt::format(
      "// {}: {}x{}x{} {} -> {}; {} clock(s) a window, {} clocks deep.\n"
      "module {} (\n"
      "    input  wire clk,\n"
      "    input  wire rst,\n"
      "    input  wire s_valid,\n"
      "    output wire s_ready,\n"
      "    input  wire [{}:0] s_data,\n"
      "    output wire m_valid,\n"
      "    input  wire m_ready,\n"
      "    output wire [{}:0] m_data\n"
      ");\n",
      stage.name, w.height, w.width, w.channels, to_string(stage.input), to_string(stage.output),
      fold.clocks(), circuit.latency, stage.module, stage.input_bits() - 1, stage.output_bits() - 1);
  text += fmt::format("  wire window_valid, window_ready;\n  wire [{}:0] window;\n",
                      w.elements() * element_bits - 1);
  text += window_instance(stage);

  // Everything behind the window stops while a finished output waits.
  text += fmt::format(
      "\n  wire [{}:0] valid;\n  reg [{}:0] travelling;\n  wire advance = !m_valid || m_ready;\n"
      "  assign valid = {{travelling, window_valid}};\n",
      circuit.latency, circuit.latency - 1);
  text += fold.clocks() > 1 ? counter("whole", fold.clocks(), "window_valid && advance") : "";
  if (printer.uses(Phase::Inner)) text += counter("inner", fold.inner, "window_valid && advance");
  if (printer.uses(Phase::Outer)) {
    const bool counts = printer.uses(Phase::Inner);
    text += counter("outer", fold.outer,
                    counts ? "window_valid && advance && inner_last" : "window_valid && advance");
    text += "  wire outer_unused = &{1'b0, outer_last};\n";
  }
  if (printer.uses(Phase::Inner) && !printer.uses(Phase::Outer))
    text += "  wire inner_unused = &{1'b0, inner_last};\n";
  text += fold.clocks() > 1 ? "  wire last = whole_last;\n" : "  wire last = 1'b1;\n";
  text += "  assign window_ready = advance && last;\n";

  // Which of the travelling tokens finish an output: all but the earlier clocks of a fold.
  if (fold.clocks() > 1) {
    text += fmt::format("  reg [{}:0] finishing;\n", circuit.latency - 1);
  }
  const std::string shift =
      circuit.latency > 1 ? fmt::format("valid[{}:0]", circuit.latency - 1) : "valid[0]";
  text += fmt::format(
      "  always @(posedge clk) begin\n    if (rst) travelling <= {};\n    else if (advance) travelling <= {};\n",
      fmt::format("{{{}{{1'b0}}}}", circuit.latency), shift);
  if (fold.clocks() > 1) {
    text += fmt::format(
        "    if (rst) finishing <= {};\n    else if (advance) finishing <= {};\n",
        fmt::format("{{{}{{1'b0}}}}", circuit.latency),
        circuit.latency > 1 ? fmt::format("{{finishing[{}:0], last}}", circuit.latency - 2) : "last");
  }
  text += "  end\n";
  text += fmt::format("  assign m_valid = valid[{}]{};\n\n", circuit.latency,
                      fold.clocks() > 1 ? fmt::format(" && finishing[{}]", circuit.latency - 1) : "");
  text += cells;
  text += fmt::format("\n  assign m_data = {{\n      {}}};\n", outputs);
  if (const std::string unused = printer.unused(); !unused.empty()) {
    text += fmt::format("  wire unused = &{{1'b0{}}};\n", unused);
  }
  return text + "endmodule\n";
}

int input_beat_bytes(const Design& design) { return (design.stages.front().input_bits() + 7) / 8; }

int output_beat_bytes(const Design& design) { return (design.stages.back().output_bits() + 7) / 8; }

namespace {

std::string verilog_top(const Design& design) {
  const StageDesign &first = design.stages.front(), &last = design.stages.back();
  const int in_bits = first.input_bits(), out_bits = last.output_bits();
  const int in_bytes = input_beat_bytes(design), out_bytes = output_beat_bytes(design);
  const std::int64_t in_pixels = first.input_pixels(), out_pixels = last.windows;
  std::string text = fmt::format(
      "// {}: {} in, {} out; one frame every {} clocks.\n"
      "module {} (\n"
      "    input  wire aclk,\n"
      "    input  wire aresetn,\n"
      "    input  wire [{}:0] s_axis_tdata,\n"
      "    input  wire s_axis_tvalid,\n"
      "    output wire s_axis_tready,\n"
      "    input  wire s_axis_tlast,\n"
      "    output wire [{}:0] m_axis_tdata,\n"
      "    output wire m_axis_tvalid,\n"
      "    input  wire m_axis_tready,\n"
      "    output wire m_axis_tlast,\n"
      "    output reg  frame_error\n"
      ");\n"
      "  wire rst = !aresetn;\n\n",
      design.name, to_string(design.input), to_string(design.output), design.interval, design.name,
      8 * in_bytes - 1, 8 * out_bytes - 1);

  const auto position = [](const char* name, std::int64_t count, const std::string& step) {
    if (count == 1) return fmt::format("  wire {}_last = 1'b1;\n", name);
    return counter(name, static_cast<int>(count), step);
  };
  text += position("pixel", in_pixels, "s_axis_tvalid && s_axis_tready");
  text +=
      "  always @(posedge aclk) begin\n    if (rst) frame_error <= 1'b0;\n"
      "    else if (s_axis_tvalid && s_axis_tready && s_axis_tlast != pixel_last) frame_error <= 1'b1;\n  end\n";
  text += position("result", out_pixels, "m_axis_tvalid && m_axis_tready");
  text += "  assign m_axis_tlast = result_last;\n";
  // The counters' clock is the top's.
  for (size_t at = 0; (at = text.find("posedge clk", at)) != std::string::npos;)
    text.replace(at, 11, "posedge aclk");
  if (8 * in_bytes > in_bits)
    text += fmt::format("  wire unused = &{{1'b0, s_axis_tdata[{}:{}]}};\n", 8 * in_bytes - 1, in_bits);

  std::string valid = "s_axis_tvalid", ready = "s_axis_tready",
              data = fmt::format("s_axis_tdata[{}:0]", in_bits - 1);
  for (size_t s = 0; s < design.stages.size(); ++s) {
    const StageDesign& stage = design.stages[s];
    text += fmt::format(
        "\n  wire fifo{0}_valid, fifo{0}_ready;\n  wire [{1}:0] fifo{0}_data;\n"
        "  gw_fifo #(.BITS({2}), .DEPTH({3}), .ADDRESS_BITS({4})) fifo{0} (\n"
        "      .clk(aclk), .rst(rst), .s_valid({5}), .s_ready({6}), .s_data({7}),\n"
        "      .m_valid(fifo{0}_valid), .m_ready(fifo{0}_ready), .m_data(fifo{0}_data)\n  );\n",
        s, stage.input_bits() - 1, stage.input_bits(), stage.fifo_depth, bits_for(stage.fifo_depth - 1),
        valid, ready, data);
    const bool is_last = s + 1 == design.stages.size();
    valid = is_last ? "m_axis_tvalid" : fmt::format("stage{}_valid", s);
    ready = is_last ? "m_axis_tready" : fmt::format("stage{}_ready", s);
    data = fmt::format("stage{}_data", s);
    if (!is_last) text += fmt::format("  wire {}, {};\n", valid, ready);
    text += fmt::format("  wire [{}:0] {};\n", stage.output_bits() - 1, data);
    text += fmt::format(
        "  {0} stage{1} (\n      .clk(aclk), .rst(rst), .s_valid(fifo{1}_valid), .s_ready(fifo{1}_ready), .s_data(fifo{1}_data),\n"
        "      .m_valid({2}), .m_ready({3}), .m_data({4})\n  );\n",
        stage.module, s, valid, ready, data);
  }
  const int fill = 8 * out_bytes - out_bits;
  text += fill > 0 ? fmt::format("\n  assign m_axis_tdata = {{{}, {}}};\n", literal(0, fill), data)
                   : fmt::format("\n  assign m_axis_tdata = {};\n", data);
  return text + "endmodule\n";
}

}  // namespace

namespace {

// A module and the one library block that it uses.
Files with_block(const std::string& module, std::string text, std::string_view block) {
  Files files{{module + ".v", std::move(text)}};
  for (const auto& file : verilog_library()) {
    if (file.first == block) files.push_back(file);
  }
  return files;
}

}  // namespace

Files verilog_stage_files(const StageDesign& stage) {
  return with_block(stage.module, verilog_stage(stage), "gw_window.v");
}

Files verilog_fifo_files(const std::string& top, const StageDesign& stage) {
  const std::string text = fmt::format(
      "module {0} (\n"
      "    input  wire clk, rst, s_valid, m_ready,\n"
      "    output wire s_ready, m_valid,\n"
      "    input  wire [{1}:0] s_data,\n"
      "    output wire [{1}:0] m_data\n"
      ");\n"
      "  gw_fifo #(.BITS({2}), .DEPTH({3}), .ADDRESS_BITS({4})) fifo (\n"
      "      .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),\n"
      "      .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data)\n  );\nendmodule\n",
      top, stage.input_bits() - 1, stage.input_bits(), stage.fifo_depth, bits_for(stage.fifo_depth - 1));
  return with_block(top, text, "gw_fifo.v");
}

Files verilog(const Design& design) {
  Files files{{design.name + ".v", verilog_top(design)}};
  for (const StageDesign& stage : design.stages)
    files.emplace_back(stage.module + ".v", verilog_stage(stage));
  for (const auto& file : verilog_library()) files.push_back(file);
  return files;
}

}  // namespace gw
