// Where sums outgrow single precision, training's own forward pass rounds and the hardware does not; then the
// emulator is asked.

#include "train/emulate.h"

#include <algorithm>
#include <cmath>

#include "graph/evaluate.h"
#include "train/graph.h"
#include "train/loss.h"

namespace gw::train {

Result<Score> emulated_score(const Network& network, const Parameters& parameters, const Samples& samples,
                             int threads) {
  const auto graph = to_graph(network, parameters);
  if (!graph) return graph.errors();
  Evaluator evaluator(*graph, {.threads = threads});
  const std::int64_t size = element_count(network.input);
  constexpr std::int64_t part = 2000;
  Score score;
  for (std::int64_t first = 0; first < samples.count(); first += part) {
    const auto count = static_cast<size_t>(std::min(part, samples.count() - first));
    std::vector<FloatTensor> inputs{{network.input, static_cast<int>(count), {}}};
    const auto from = static_cast<size_t>(first * size), numbers = count * static_cast<size_t>(size);
    if (samples.reals.empty()) {
      for (const std::uint8_t pixel : samples.pixels.subspan(from, numbers))
        inputs[0].values.push_back(static_cast<float>(pixel / network.divide_by));
    } else {
      const auto reals = samples.reals.subspan(from, numbers);
      inputs[0].values.assign(reals.begin(), reals.end());
    }
    const Tensor answers = evaluator.run(inputs).front();
    for (size_t image = 0; image < count; ++image) {
      std::vector<double> logits;
      for (std::int64_t k = 0; k < answers.size(); ++k)
        logits.push_back(to_double(answers.at(static_cast<std::int64_t>(image) * answers.size() + k),
                                   answers.type().fraction()));
      if (samples.outputs > 0) {
        std::vector<float> answer(logits.begin(), logits.end());
        const Distance distance =
            distance_of(answer, samples.target(first + static_cast<std::int64_t>(image)));
        score.add({distance.squared, 0, 1, distance.absolute});
        continue;
      }
      const size_t label = samples.labels[static_cast<size_t>(first) + image];
      if (network.is_binary()) {
        auto logit = static_cast<float>(logits[0]);
        const bool is_right = (logit > 0) == (label != 0);
        score.add({binary_loss_of(0, logit, label != 0), is_right, 1});
        continue;
      }
      const auto best = std::max_element(logits.begin(), logits.end());
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit - *best);
      score.add({std::log(sum) - (logits[label] - *best),
                 best - logits.begin() == static_cast<std::ptrdiff_t>(label), 1});
    }
  }
  return score;
}

}  // namespace gw::train
