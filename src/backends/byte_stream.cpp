// A design on few pins.
//
// A pixel with all its channels is wider than a small package has pins. Small converters stand around the
// design: one for each input gathers the bytes of a beat, one for each output gives a beat away byte by byte.
// The bytes are those of the beat in order, so that what a host sends is what it would send to a wide port.

#include "backends/byte_stream.h"

#include "backends/library.h"
#include "backends/verilog/text.h"
#include "backends/verilog/verilog.h"

namespace gw {

namespace {

// One port: its pins, the beat between its converter and the design, the converter, and the design's end of
// it.
struct Converter {
  std::string pins, body, connection;
};

Converter converter(const StreamPort& port, size_t index, bool is_input) {
  const std::string name = axis_name(port, is_input);
  const std::string beat = fmt::format("{}{}", is_input ? "input" : "output", index);
  const char* head =
      "\n  wire [{2}:0] {0};\n  wire {0}_valid, {0}_ready;\n  wire {0}_{6};\n"
      "  gw_{5}_bytes #(.BYTES({3}), .COUNT_BITS({4})) {0}_bytes (\n      .clk(aclk), .rst(!aresetn),\n";
  const char* in =
      "      .s_valid({1}_tvalid), .s_ready({1}_tready), .s_data({1}_tdata), .s_last({1}_tlast),\n"
      "      .m_valid({0}_valid), .m_ready({0}_ready), .m_data({0}), .misplaced({0}_misplaced)\n  );\n";
  const char* out =
      "      .s_valid({0}_valid), .s_ready({0}_ready), .s_data({0}), .s_last({0}_last),\n"
      "      .m_valid({1}_tvalid), .m_ready({1}_tready), .m_data({1}_tdata), .m_last({1}_tlast)\n  );\n";
  return {
      axis_pins(name, 8, is_input),
      fmt::format(fmt::runtime(std::string(head) + (is_input ? in : out)), beat, name, 8 * port.bytes() - 1,
                  port.bytes(), bits_for(port.bytes() - 1), is_input ? "from" : "to",
                  is_input ? "misplaced" : "last"),
      fmt::format("      .{0}_tdata({1}), .{0}_tvalid({1}_valid), .{0}_tready({1}_ready), .{0}_tlast({2}),\n",
                  name, beat, is_input ? name + "_tlast" : beat + "_last")};
}

std::string wrapper(const Design& design) {
  std::string pins, body, connections, misplaced;
  const auto add = [&](const std::vector<StreamPort>& ports, bool is_input) {
    for (size_t i = 0; i < ports.size(); ++i) {
      const Converter made = converter(ports[i], i, is_input);
      pins += made.pins;
      body += made.body;
      connections += made.connection;
      if (is_input) misplaced += fmt::format(" || input{}_misplaced", i);
    }
  };
  add(design.inputs, true);
  add(design.outputs, false);
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
      design.name, pins, body, misplaced, connections);
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
