// Training asks what a network costs without knowing what a circuit is; here is who knows.

#include "study/price.h"

#include <algorithm>

#include "study/build.h"

namespace gw {

train::PriceFunction price_function(const Part& part, const ScheduleOptions& schedule) {
  ScheduleOptions quick = schedule;
  quick.adders.effort = quick.adders.seconds = 0;
  return [part, quick](const Graph& graph) -> Result<train::Price> {
    const auto config = configuration("", graph);
    if (!config) return config.errors();
    const auto built = build(graph, *config, part, quick, "network");
    if (!built) return built.errors();
    train::Price price{built->design.cost.lut, {}};
    for (const StageDesign& stage : built->design.stages) {
      for (size_t at = 0; at <= stage.name.size();) {
        const size_t end = std::min(stage.name.find('+', at), stage.name.size());
        price.layers[stage.name.substr(at, end - at)] += stage.cost.lut;
        at = end + 1;
      }
    }
    return price;
  };
}

}  // namespace gw
