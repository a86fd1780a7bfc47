// Designs as Verilog-2001.
//
// The text is one plain subset that every tool reads alike: all vectors unsigned and of explicit width, signs
// extended by hand, one assignment a cell, no vendor primitive. Where a tool wants to see signed operands (a
// multiplier is only mapped to a hard block of the right size if its operands are declared signed), they are
// wires of their own. Bits that nobody reads are gathered into one wire named `unused`, which keeps linters
// quiet about what is intended without switching any check off.

#include "backends/verilog/verilog.h"

#include <algorithm>

#include <fmt/format.h>

#include "backends/verilog/circuit.h"
#include "backends/verilog/text.h"
#include "schedule/window_scan.h"

namespace gw {

namespace {

// The counters of a fold, and `last`: the clock in which the windows may go.
std::string loops(const Fold& fold, const text::PrintedCircuit& printed) {
  const std::string step = "window_valid && advance";
  const bool nested = fold.positions > 1 && fold.clocks() > 1;
  const bool outer = fold.outer > 1 && (nested || printed.uses(Phase::Outer));
  const bool inner = fold.inner > 1 && (nested || outer || printed.uses(Phase::Inner));
  std::string lines, window_last, unused;
  if (phase_count(fold, Phase::Whole) > 1)
    lines += text::counter("whole", phase_count(fold, Phase::Whole), step);
  if (inner) lines += text::counter("inner", fold.inner, step);
  if (outer) lines += text::counter("outer", fold.outer, step + (inner ? " && inner_last" : ""));
  if (inner) (nested || outer ? window_last : unused) += "inner_last";
  if (outer && nested) window_last += window_last.empty() ? "outer_last" : " && outer_last";
  if (outer && !nested) unused += "outer_last";
  lines += "  wire last = ";
  lines += nested ? window_last : fold.positions == 1 && fold.clocks() > 1 ? "whole_last" : "1'b1";
  lines += ";\n";
  if (printed.uses(Phase::Position)) {
    lines += text::counter("position", fold.positions, step + " && last");
    unused += unused.empty() ? "position_last" : ", position_last";
  }
  if (!unused.empty()) lines += fmt::format("  wire last_unused = &{{1'b0, {}}};\n", unused);
  return lines;
}

// For each row (or column) of the kernel, in which rows of windows it lies inside the input.
std::string inside_ranges(const char* axis, int kernel, int dilation, int stride, int pad, int extent,
                          int windows) {
  std::string from, to;
  for (int i = kernel - 1; i >= 0; --i) {
    const PositionRange range = inside_range(i * dilation - pad, stride, extent, windows);
    from += fmt::format("{}32'd{}", from.empty() ? "" : ", ", range.first);
    to += fmt::format("{}32'd{}", to.empty() ? "" : ", ", range.end);
  }
  return fmt::format(",\n      .{0}_FROM({{{1}}}), .{0}_TO({{{2}}})", axis, from, to);
}

std::string masks(const Window& w, const Scan& scan) {
  if (!w.is_padded()) return "";
  // Rows that are gone through again have no padding above or below.
  const int rows = scan.replay > 1 ? 1 : scan.window_rows;
  std::string lines = ", .MASKED(1)";
  lines += scan.replay > 1
               ? fmt::format(",\n      .ROW_TO({{32'd{}}})", scan.window_rows)
               : inside_ranges("ROW", w.kernel_h, w.dilation_h, w.stride_h, w.pad_top, w.height, rows);
  return lines + inside_ranges("COLUMN", w.kernel_w, w.dilation_w, w.stride_w, w.pad_left, w.width,
                               scan.window_columns);
}

std::string window_block(const InputStream& stream, size_t k) {
  const Scan scan = scan_of(stream.window);
  const Window& w = stream.window;
  std::string lines = fmt::format(
      "\n  wire window{0}_valid, window{0}_ready;\n  wire [{1}:0] window{0};\n  wire [{2}:0] inside{0};\n", k,
      w.kernel_h * w.kernel_w * stream.pixel_bits() - 1, w.kernel_h * w.kernel_w - 1);
  std::string from = fmt::format("s{}", k);
  if (stream.beat_pixels > 1) {
    lines += fmt::format(
        "  wire pixel{0}_valid, pixel{0}_ready;\n  wire [{1}:0] pixel{0}_data;\n"
        "  gw_split #(.BITS({2}), .PIXELS({3}), .COUNT_BITS({4})) pixels{0} (\n"
        "      .clk(clk), .rst(rst), .s_valid(s{0}_valid), .s_ready(s{0}_ready), .s_data(s{0}_data),\n"
        "      .m_valid(pixel{0}_valid), .m_ready(pixel{0}_ready), .m_data(pixel{0}_data)\n  );\n",
        k, stream.pixel_bits() - 1, stream.pixel_bits(), stream.beat_pixels,
        bits_for(stream.beat_pixels - 1));
    from = fmt::format("pixel{}", k);
  }
  lines += fmt::format(
      "  gw_window #(\n"
      "      .BITS({}), .KERNEL_H({}), .KERNEL_W({}), .DILATION_H({}), .DILATION_W({}),\n"
      "      .WIDTH({}), .COLUMNS({}), .ROWS({}), .LEFT({}), .TOP({}), .PIXEL_ROWS({}), .PRELOAD({}), .TAIL({}),\n"
      "      .FIRST({}), .SKIP({}), .NEXT_ROW({}), .WINDOW_ROWS({}), .WINDOW_COLUMNS({}), .REPEAT({}), .REPLAY({}),\n"
      "      .LINES({}), .MEMORY({}){}\n"
      "  ) windows{} (\n",
      stream.pixel_bits(), w.kernel_h, w.kernel_w, w.dilation_h, w.dilation_w, scan.width, scan.columns,
      scan.rows, scan.left, scan.top, scan.pixel_rows, scan.preload, scan.tail, scan.first, scan.skip,
      scan.next_row, scan.window_rows, scan.window_columns, scan.repeat, scan.replay, scan.lines,
      static_cast<int>(stream.memory), masks(w, scan), k);
  return lines +
         fmt::format(
             "      .clk(clk), .rst(rst), .s_valid({1}_valid), .s_ready({1}_ready), .s_data({1}_data),\n"
             "      .w_valid(window{0}_valid), .w_ready(window{0}_ready), .w_data(window{0}), .w_inside(inside{0})\n"
             "  );\n",
             k, from);
}

}  // namespace

std::string verilog_plain_stage(const StageDesign& stage) {
  const text::PrintedCircuit printed = text::print_circuit(stage);
  std::string ports, wires;
  for (size_t k = 0; k < stage.streams.size(); ++k) {
    const int bits = stage.streams[k].beat_bits();
    ports += fmt::format("    input  wire [{}:0] window{},\n", bits - 1, k);
    wires += fmt::format("  wire [0:0] inside{} = 1'b1;\n", k);
  }
  std::string lines = fmt::format(
      "// {}: {} clocks deep.\nmodule {} (\n    input  wire clk,\n{}    output wire [{}:0] m_data\n);\n{}"
      "  wire advance = 1'b1;\n",
      stage.name, stage.circuit.latency, stage.module, ports, stage.output_bits() - 1, wires);
  lines += printed.cells + fmt::format("\n  assign m_data = {{\n      {}}};\n", printed.outputs);
  lines += fmt::format("  wire unused = &{{1'b0, clk, advance{}}};\n", printed.unused);
  return lines + "endmodule\n";
}

std::string verilog_stage(const StageDesign& stage) {
  const Circuit& circuit = stage.circuit;
  const Fold& fold = circuit.fold;
  const text::PrintedCircuit printed = text::print_circuit(stage);

  std::string read, ports, valid, windows;
  for (size_t k = 0; k < stage.streams.size(); ++k) {
    const InputStream& stream = stage.streams[k];
    const Window& w = stream.window;
    read += fmt::format("{}{}x{}x{} {}", k == 0 ? "" : " and ", w.height, w.width, w.channels,
                        to_string(stream.type));
    ports += fmt::format(
        "    input  wire s{0}_valid,\n    output wire s{0}_ready,\n    input  wire [{1}:0] s{0}_data,\n", k,
        stream.beat_bits() - 1);
    valid += fmt::format("{}window{}_valid", k == 0 ? "" : " && ", k);
    windows += window_block(stream, k);
  }
  std::string lines = fmt::format(
      "// {}: {} -> {}; {} clock(s) a position, {} position(s) an answer, {} clocks deep.\n"
      "module {} (\n"
      "    input  wire clk,\n"
      "    input  wire rst,\n"
      "{}"
      "    output wire m_valid,\n"
      "    input  wire m_ready,\n"
      "    output wire [{}:0] m_data\n"
      ");\n",
      stage.name, read, to_string(stage.output), fold.clocks(), fold.positions, circuit.latency, stage.module,
      ports, stage.output_bits() - 1);
  lines += windows + fmt::format("\n  wire window_valid = {};\n", valid);

  // Everything behind the window stops while a finished output waits.
  lines += fmt::format(
      "\n  wire [{}:0] valid;\n  reg [{}:0] travelling;\n  wire advance = !m_valid || m_ready;\n"
      "  assign valid = {{travelling, window_valid}};\n",
      circuit.latency, circuit.latency - 1);
  lines += loops(fold, printed);
  for (size_t k = 0; k < stage.streams.size(); ++k)
    lines += fmt::format("  assign window{}_ready = advance && last && window_valid;\n", k);

  // Which of the travelling tokens finish an output: all but the earlier clocks of a fold.
  const bool folded = phase_count(fold, Phase::Whole) > 1;
  if (folded) {
    lines += fmt::format("  reg [{}:0] finishing;\n", circuit.latency - 1);
  }
  const std::string shift =
      circuit.latency > 1 ? fmt::format("valid[{}:0]", circuit.latency - 1) : "valid[0]";
  lines += fmt::format(
      "  always @(posedge clk) begin\n    if (rst) travelling <= {};\n    else if (advance) travelling <= {};\n",
      fmt::format("{{{}{{1'b0}}}}", circuit.latency), shift);
  if (folded) {
    lines +=
        fmt::format("    if (rst) finishing <= {};\n    else if (advance) finishing <= {};\n",
                    fmt::format("{{{}{{1'b0}}}}", circuit.latency),
                    circuit.latency > 1 ? fmt::format("{{finishing[{}:0], whole_last}}", circuit.latency - 2)
                                        : "whole_last");
  }
  lines += "  end\n";
  lines += fmt::format("  assign m_valid = valid[{}]{};\n\n", circuit.latency,
                       folded ? fmt::format(" && finishing[{}]", circuit.latency - 1) : "");
  lines += printed.cells;
  lines += fmt::format("\n  assign m_data = {{\n      {}}};\n", printed.outputs);
  if (!printed.unused.empty()) lines += fmt::format("  wire unused = &{{1'b0{}}};\n", printed.unused);
  return lines + "endmodule\n";
}

}  // namespace gw
