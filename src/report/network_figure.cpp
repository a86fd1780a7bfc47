// Networks and designs in Graphviz's language. A node is a small table, and every text in it is escaped,
// since names come from files and may hold quotes, markup or any script. Identifiers are numbers, so that no
// name can be mistaken for a keyword.

#include "report/network_figure.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "graph/attributes.h"
#include "graph/summary.h"
#include "report/document.h"
#include "report/html.h"
#include "report/table.h"

namespace gw {

namespace {

constexpr std::string_view head =
    "digraph network {\n"
    "  rankdir=TB; nodesep=0.3; ranksep=0.35; bgcolor=\"white\";\n"
    "  node [shape=plain, fontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n"
    "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, arrowsize=0.7];\n";

/// A text in a table: of one line, and never empty, which dot would not take.
std::string label(std::string_view text) {
  std::string escaped = html_text(text);
  std::replace(escaped.begin(), escaped.end(), '\n', ' ');
  return escaped.empty() ? " " : escaped;
}

std::string row(std::string_view key, const std::string& value) {
  return fmt::format(R"(<tr><td align="left">{}</td><td align="left">{}</td></tr>)", label(key),
                     label(value));
}

std::string table(std::string_view title, std::string_view kind, const std::string& rows) {
  return fmt::format(
      R"(<<table border="0" cellborder="1" cellspacing="0" cellpadding="4"><tr><td colspan="2"><b>{}</b>  ({})</td></tr>{}</table>>)",
      label(title), label(kind), rows);
}

std::string type_text(const TensorType& type) { return type.fixed ? to_string(*type.fixed) : "float"; }

/// The words of a strategy and a reuse factor, where the configuration says more than it has to.
std::string layout_of(const Config& config, std::string_view of, const std::string& name) {
  std::string text(names_of(Strategy{})[static_cast<size_t>(config.strategy(of, name))]);
  const int reuse = config.reuse_factor(of, name);
  if (reuse > 1) text += fmt::format(", reuse {}", reuse);
  return text;
}

/// A bar of at most ten cells that is read without colour: "███████░░░ 70 %".
std::string bar(double share) {
  const int filled = std::clamp(static_cast<int>(10 * share + 0.5), 0, 10);
  std::string text;
  for (int i = 0; i < 10; ++i) text += i < filled ? "█" : "░";
  return text + fmt::format(" {:.0f} %", 100 * share);
}

}  // namespace

Figure network_figure(std::string name, std::string caption, const Graph& graph, const Config* config) {
  DocumentTable data{
      name, "", {"layer", "kind", "shape", "type", "weights", "bias", "parameters", "reads"}, {}};
  const std::vector<SummaryRow> rows = summarise(graph);
  size_t next = 0;
  std::string text(head);
  for (size_t id = 0; id < graph.nodes().size(); ++id) {
    const Node& node = graph.nodes()[id];
    if (std::holds_alternative<Constant>(node.op)) continue;
    const SummaryRow& summary = rows[next++];
    const auto* layer = std::get_if<Layer>(&node.op);
    std::string lines, reads, bias;
    const std::vector<std::string> inputs = layer ? input_names(*layer) : std::vector<std::string>();
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Node& from = graph[node.inputs[i]];
      const std::string& input = inputs[std::min(i, inputs.size() - 1)];
      if (std::holds_alternative<Constant>(from.op)) {
        lines += row(input, fmt::format("{}  {}", to_string(from.type.shape), type_text(from.type)));
        if (input == "bias") bias = type_text(from.type);
      } else {
        lines += row("in", fmt::format("{}  {}", to_string(from.type.shape), type_text(from.type)));
        reads += (reads.empty() ? "" : " ") + from.name;
        text += fmt::format("  n{} -> n{};\n", node.inputs[i], id);
      }
    }
    lines += row("out", fmt::format("{}  {}", to_string(node.type.shape), type_text(node.type)));
    if (summary.parameters > 0) lines += row("parameters", grouped(summary.parameters));
    if (config && summary.factors > 0) lines += row("strategy", layout_of(*config, kind(node), node.name));
    text += fmt::format("  n{} [label={}];\n", id, table(node.name, kind(node), lines));
    data.rows.push_back({cell(node.name), cell(std::string(kind(node))), cell(to_string(node.type.shape)),
                         cell(type_text(node.type)), cell(summary.weights), cell(bias),
                         count_cell(summary.parameters), cell(reads)});
  }
  for (size_t k = 0; k < graph.outputs().size(); ++k) {
    text += fmt::format("  out{0} [label=\"output\", shape=box, style=rounded];\n  n{1} -> out{0};\n", k,
                        graph.outputs()[k]);
  }
  return {std::move(name), std::move(caption), Figure::Program::Graphviz, text + "}\n", {}, print_csv(data)};
}

Figure stream_figure(std::string name, std::string caption, const Design& design) {
  const Cost& whole = design.cost;
  DocumentTable data{
      name,
      "",
      {"stage", "how", "clocks a window", "busy clocks", "windows", "FIFO beats", "LUT", "FF", "DSP"},
      {}};
  std::string text(head);
  for (size_t k = 0; k < design.inputs.size(); ++k)
    text += fmt::format("  in{} [label={}];\n", k,
                        table(design.inputs[k].name.empty() ? "input" : design.inputs[k].name, "stream",
                              row("frame", fmt::format("{}  {} beats", to_string(design.inputs[k].type),
                                                       grouped(design.inputs[k].beats())))));
  for (size_t s = 0; s < design.stages.size(); ++s) {
    const StageDesign& stage = design.stages[s];
    const Cost& price = stage.cost;
    const double busy = static_cast<double>(stage.busy_clocks) /
                        static_cast<double>(std::max<std::int64_t>(1, design.interval));
    std::string lines =
        row("computes", fmt::format("{}, {} clocks a window", stage.style, stage.circuit.fold.clocks()));
    lines += row("out", to_string(stage.output));
    lines += row("windows", fmt::format("{} a frame", grouped(stage.positions)));
    lines += row("works", bar(busy));
    for (const auto& [resource, used, all] :
         {std::tuple{"LUT", price.lut, whole.lut}, std::tuple{"FF", price.ff, whole.ff},
          std::tuple{"DSP", price.dsp, whole.dsp}}) {
      if (all <= 0) continue;
      lines +=
          row(resource, fmt::format("{}  {}", bar(used / all), grouped(static_cast<long long>(used + 0.5))));
    }
    text += fmt::format("  s{} [label={}];\n", s, table(stage.name, "stage", lines));
    for (const InputStream& stream : stage.streams) {
      const std::string from =
          stream.source < 0 ? fmt::format("in{}", -1 - stream.source) : fmt::format("s{}", stream.source);
      text += fmt::format("  {} -> s{} [label=\"  {} beats a frame, FIFO {}\"];\n", from, s,
                          grouped(stream.beats()), stream.fifo_depth);
    }
    data.rows.push_back({cell(stage.name), cell(stage.style), count_cell(stage.circuit.fold.clocks()),
                         count_cell(stage.busy_clocks), count_cell(stage.positions),
                         count_cell(stage.deepest_fifo()), real_cell(price.lut, 1), real_cell(price.ff, 1),
                         real_cell(price.dsp, 1)});
  }
  for (size_t k = 0; k < design.outputs.size(); ++k)
    text += fmt::format("  out{0} [label=\"output\", shape=box, style=rounded];\n  s{1} -> out{0};\n", k,
                        design.outputs[k].source);
  return {std::move(name), std::move(caption), Figure::Program::Graphviz, text + "}\n", {}, print_csv(data)};
}

Figure cost_figure(std::string name, std::string caption, const Design& design) {
  BarPlot plot{"LUT and FF", {"LUT", "FF"}, {}};
  for (const StageDesign& stage : design.stages) {
    const Cost& price = stage.cost;
    plot.rows.push_back({stage.name, {std::round(price.lut), std::round(price.ff)}});
  }
  return bar_plot(std::move(name), std::move(caption), plot);
}

}  // namespace gw
