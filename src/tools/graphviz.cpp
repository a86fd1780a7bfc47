// Graphviz lays out and draws graphs: one run of dot, kept by its text.

#include "tools/graphviz.h"

#include "tools/step.h"

namespace gw {

Result<std::string> draw_graph(const std::string& name, const std::string& dot, DrawingFormat format,
                               const fs::path& cache_folder) {
  const std::string suffix(gw::name(format)), drawing = "graph." + suffix;
  const Step step{"figure '" + name + "'", "dot",    {}, {"dot", "-T" + suffix, "graph.dot", "-o", drawing},
                  {{"graph.dot", dot}},    {drawing}};
  auto made = run_step(step, cache_folder);
  if (!made) return made.errors();
  return without_date(std::move((*made)[0].second));
}

}  // namespace gw
