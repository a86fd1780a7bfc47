// A design on few pins.
//
// A pixel with all its channels is wider than a small package has pins. Small converters stand around the
// design: one for each input gathers the bytes of a beat, one for each output gives a beat away byte by byte.
// The bytes are those of the beat in order, so that what a host sends is what it would send to a wide port.

#include "backends/byte_stream.h"

#include "backends/library.h"
#include "backends/verilog.h"
#include "backends/verilog_text.h"

namespace gw {

namespace {

std::string signal(const char* side, const StreamPort& port) {
  return port.name.empty() ? side : fmt::format("{}_{}", side, port.name);
}

std::string pins(const std::string& name, const char* towards, const char* back) {
  return fmt::format(
      "    {1} wire [7:0] {0}_tdata,\n    {1} wire {0}_tvalid,\n    {2} wire {0}_tready,\n    {1} wire {0}_tlast,\n",
      name, towards, back);
}

// A beat between the converter and the design.
std::string beat_wires(const std::string& beat, const StreamPort& port) {
  return fmt::format("\n  wire [{1}:0] {0};\n  wire {0}_valid, {0}_ready;\n", beat, 8 * port.bytes() - 1);
}

std::string connection(const std::string& name, const std::string& beat, const std::string& last) {
  return fmt::format(
      "      .{0}_tdata({1}), .{0}_tvalid({1}_valid), .{0}_tready({1}_ready), .{0}_tlast({2}),\n", name, beat,
      last);
}

std::string wrapper(const Design& design) {
  std::string ports, body, connections, misplaced;
  for (size_t i = 0; i < design.inputs.size(); ++i) {
    const StreamPort& port = design.inputs[i];
    const std::string name = signal("s_axis", port), beat = fmt::format("input{}", i);
    ports += pins(name, "input ", "output");
    body +=
        beat_wires(beat, port) +
        fmt::format(
            "  wire {0}_misplaced;\n"
            "  gw_from_bytes #(.BYTES({2}), .COUNT_BITS({3})) {0}_bytes (\n"
            "      .clk(aclk), .rst(!aresetn), .s_valid({1}_tvalid), .s_ready({1}_tready), .s_data({1}_tdata),\n"
            "      .s_last({1}_tlast), .m_valid({0}_valid), .m_ready({0}_ready), .m_data({0}), .misplaced({0}_misplaced)\n"
            "  );\n",
            beat, name, port.bytes(), text::bits_for(port.bytes() - 1));
    connections += connection(name, beat, name + "_tlast");
    misplaced += " || " + beat + "_misplaced";
  }
  for (size_t o = 0; o < design.outputs.size(); ++o) {
    const StreamPort& port = design.outputs[o];
    const std::string name = signal("m_axis", port), beat = fmt::format("output{}", o);
    ports += pins(name, "output", "input ");
    body +=
        beat_wires(beat, port) +
        fmt::format(
            "  wire {0}_last;\n"
            "  gw_to_bytes #(.BYTES({2}), .COUNT_BITS({3})) {0}_bytes (\n"
            "      .clk(aclk), .rst(!aresetn), .s_valid({0}_valid), .s_ready({0}_ready), .s_data({0}), .s_last({0}_last),\n"
            "      .m_valid({1}_tvalid), .m_ready({1}_tready), .m_data({1}_tdata), .m_last({1}_tlast)\n"
            "  );\n",
            beat, name, port.bytes(), std::max(2, text::bits_for(port.bytes())));
    connections += connection(name, beat, beat + "_last");
  }
  return fmt::format(
      "// {0} behind streams of bytes.\n"
      "module {0}_bytes (\n    input  wire aclk,\n    input  wire aresetn,\n{1}    output wire frame_error\n);\n"
      "{2}\n"
      "  wire design_error;\n"
      "  reg byte_error;\n"
      "  always @(posedge aclk) byte_error <= aresetn && (byte_error{3});\n"
      "  assign frame_error = byte_error || design_error;\n"
      "  {0} design (\n      .aclk(aclk), .aresetn(aresetn),\n{4}      .frame_error(design_error)\n  );\n"
      "endmodule\n",
      design.name, ports, body, misplaced, connections);
}

// As many single bytes as the port has in a frame.
StreamPort in_bytes(StreamPort port) {
  port.type = {{static_cast<int>(port.beats() * port.bytes())}, FixedType{8, 8, false}};
  port.channels = 1;
  return port;
}

}  // namespace

Files verilog_byte_stream(const Design& design) {
  Files files{{design.name + "_bytes.v", wrapper(design)}};
  for (auto& file : verilog(design)) files.push_back(std::move(file));
  for (const auto& file : verilog_library()) {
    if (file.first.find("_bytes") != std::string::npos) files.push_back(file);
  }
  return files;
}

Design byte_stream_ports(const Design& design) {
  Design bytes = design;
  bytes.name += "_bytes";
  for (StreamPort& port : bytes.inputs) port = in_bytes(port);
  for (StreamPort& port : bytes.outputs) port = in_bytes(port);
  return bytes;
}

}  // namespace gw
