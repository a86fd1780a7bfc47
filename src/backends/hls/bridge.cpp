// The firmware as a shared library with a C interface, so that programs in any language can ask it for
// answers: a function for float and one for double, named and called like those of hls4ml's projects.
//
// A real number enters an input as `gatewright predict` lets it in, by the rounding and the overflow mode of
// that input; an answer leaves as the number that it is, which a double holds up to 53 bits and a float up to
// 24. The functions are written once, as a template, since nothing in them differs but the type.

#include "backends/hls/text.h"
#include "backends/hls/top.h"

namespace gw::hls {

namespace {

// The arguments of a C function, or of a call.
std::string pointers(const Firmware& firmware, const std::string& type) {
  std::string text;
  const auto add = [&](const std::string& of, const std::string& name) {
    text += (text.empty() ? "" : ", ") + (type.empty() ? "" : of + "* ") + name;
  };
  for (const TopPort& port : firmware.inputs) add("const " + type, port.name);
  for (const TopPort& port : firmware.outputs) add(type, port.name);
  return text;
}

void ports_of(Code& code, const TopPort& port, HlsIo io) {
  if (io == HlsIo::Parallel) {
    code.line("static {0} {1}_elements[{2}];", port.beat, port.name, port.elements);
  } else {
    code.line("hls::stream<{0}> {1}_stream(\"{1}\");", port.beat, port.name);
  }
}

}  // namespace

std::string bridge(const Firmware& firmware, const HlsOptions& options) {
  const bool is_parallel = options.io == HlsIo::Parallel;
  const char* const ending = is_parallel ? "_elements" : "_stream";
  Code code;
  code.line("// {} behind a C interface, a frame a call, for programs that load it as a library:",
            firmware.top);
  code.line("// sh build_lib.sh bridge, or make bridge.");
  code.line();
  code.line("#include \"firmware/{}.h\"", firmware.top);
  code.line();
  code.line("namespace {{");
  code.line();
  code.line("template <class Real>");
  code.open("void run({})", pointers(firmware, "Real"));
  std::string arguments;
  for (size_t k = 0; k < firmware.inputs.size(); ++k) {
    const TopPort& port = firmware.inputs[k];
    arguments += (arguments.empty() ? "" : ", ") + port.name + ending;
    const std::string entry =
        k < options.inputs.size() ? cpp(options.inputs[k]) : fmt::format("{}::element", port.beat);
    ports_of(code, port, options.io);
    if (is_parallel) {
      code.line("for (int n = 0; n < {}; n++) {}_elements[n] = {}({}[n]);", port.elements, port.name,
                k < options.inputs.size() ? entry : port.beat, port.name);
      continue;
    }
    code.open("for (int beat = 0; beat < {}; beat++)", port.beats);
    code.line("{} value;", port.beat);
    code.line("for (int n = 0; n < {0}; n++) value.data[n] = {1}({2}[beat * {0} + n]);", port.elements, entry,
              port.name);
    code.line("{}_stream.write(value);", port.name);
    code.close();
  }
  for (const TopPort& port : firmware.outputs) {
    arguments += ", " + port.name + ending;
    ports_of(code, port, options.io);
  }
  code.line("{}({});", firmware.top, arguments);
  for (const TopPort& port : firmware.outputs) {
    if (is_parallel) {
      code.line("for (int n = 0; n < {0}; n++) {1}[n] = static_cast<Real>({1}_elements[n].to_double());",
                port.elements, port.name);
      continue;
    }
    code.open("for (int beat = 0; beat < {}; beat++)", port.beats);
    code.line("const {0} value = {1}_stream.read();", port.beat, port.name);
    code.line(
        "for (int n = 0; n < {0}; n++) {1}[beat * {0} + n] = static_cast<Real>(value.data[n].to_double());",
        port.elements, port.name);
    code.close();
  }
  code.close();
  code.line();
  code.line("}}  // namespace");
  code.line();
  code.line("extern \"C\" {{");
  for (const char* const real : {"float", "double"}) {
    code.line("void {}_{}({}) {{ run({}); }}", firmware.top, real, pointers(firmware, real),
              pointers(firmware, ""));
  }
  code.line("}}");
  return code.text();
}

}  // namespace gw::hls
