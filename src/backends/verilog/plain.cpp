// The top module of a design that takes a frame a clock: stages wired to each other, nothing in between but
// registers where one path is shorter than another. Nothing is ever held up, so that no stage needs to know
// whether what passes through it means anything; one bit beside them says so.

#include "backends/verilog/plain.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "schedule/timeline.h"

namespace gw {

namespace {

class PlainTop {
 public:
  explicit PlainTop(const Design& design) : design_(design), answers_(answer_clocks(design)) {}

  std::string print() {
    std::string ports, valid;
    for (const StreamPort& port : design_.inputs)
      ports += fmt::format(",\n    input  wire [{}:0] {}", port.bits() - 1, plain_name(port, true));
    ports += ",\n    output wire out_valid";
    for (const StreamPort& port : design_.outputs)
      ports += fmt::format(",\n    output wire [{}:0] {}", port.bits() - 1, plain_name(port, false));
    const auto latency = static_cast<int>(design_.latency);
    std::string text = fmt::format(
        "// {0}: a frame a clock, answered {1} clocks later.\n"
        "module {0} (\n    input  wire aclk,\n    input  wire aresetn,\n    input  wire in_valid{2}\n);\n"
        "  reg [{3}:0] valid;\n"
        "  always @(posedge aclk) begin\n    if (!aresetn) valid <= {{{1}{{1'b0}}}};\n    else valid <= {4};\n  end\n"
        "  assign out_valid = valid[{3}];\n",
        design_.name, latency, ports, latency - 1,
        latency > 1 ? fmt::format("{{valid[{}:0], in_valid}}", latency - 2) : "in_valid");
    for (size_t s = 0; s < design_.stages.size(); ++s) text += stage(design_.stages[s], s);
    for (const StreamPort& port : design_.outputs) {
      const std::string shown = delayed(port.source, port.bits(), latency, text);
      text += fmt::format("  assign {} = {};\n", plain_name(port, false), shown);
    }
    for (size_t i = 0; i < design_.inputs.size(); ++i) {
      const bool is_read =
          std::any_of(design_.stages.begin(), design_.stages.end(), [&](const StageDesign& stage) {
            return std::any_of(stage.streams.begin(), stage.streams.end(), [&](const InputStream& stream) {
              return stream.source == -1 - static_cast<int>(i);
            });
          });
      if (!is_read)
        text +=
            fmt::format("  wire input{}_unused = &{{1'b0, {}}};\n", i, plain_name(design_.inputs[i], true));
    }
    return text + "endmodule\n";
  }

 private:
  // A source's wires at a later clock; registers are made on first use.
  std::string delayed(int source, int bits, int clock, std::string& text) {
    std::string name = source < 0 ? plain_name(design_.inputs[static_cast<size_t>(-1 - source)], true)
                                  : fmt::format("stage{}_data", source);
    int& made = made_[source < 0 ? design_.stages.size() + static_cast<size_t>(-1 - source)
                                 : static_cast<size_t>(source)];
    const int begin = source < 0 ? 0 : answers_[static_cast<size_t>(source)];
    const std::string root =
        source < 0 ? fmt::format("input{}", -1 - source) : fmt::format("stage{}", source);
    for (int later = 1; later <= clock - begin; ++later) {
      const std::string next = fmt::format("{}_after{}", root, later);
      if (later > made) {
        text +=
            fmt::format("  reg [{0}:0] {1};\n  always @(posedge aclk) {1} <= {2};\n", bits - 1, next, name);
        made = later;
      }
      name = next;
    }
    return name;
  }

  std::string stage(const StageDesign& stage, size_t s) {
    std::string text, streams;
    const int begin = answers_[s] - stage.circuit.latency;
    for (size_t k = 0; k < stage.streams.size(); ++k) {
      const InputStream& stream = stage.streams[k];
      streams +=
          fmt::format("      .window{}({}),\n", k, delayed(stream.source, stream.beat_bits(), begin, text));
    }
    return text +
           fmt::format(
               "\n  wire [{1}:0] stage{0}_data;\n  {2} stage{0} (\n      .clk(aclk),\n{3}      .m_data(stage{0}_data)\n  );\n",
               s, stage.output_bits() - 1, stage.module, streams);
  }

  const Design& design_;
  std::vector<int> answers_;
  std::map<size_t, int> made_;  // by source: registers behind it
};

}  // namespace

std::string plain_name(const StreamPort& port, bool is_input) {
  if (!port.name.empty()) return (is_input ? "in_" : "out_") + port.name;
  return is_input ? "x" : "y";
}

std::string verilog_plain_top(const Design& design) { return PlainTop(design).print(); }

}  // namespace gw
