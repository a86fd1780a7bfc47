// How long an epoch of training takes, phase by phase, in wall and processor seconds.
//
//   bench_train_epoch [NETWORK.yml] [threads] [epochs] [images]
//
// Images and labels are random (time does not depend on them); 54,000 of them, as MNIST's training share,
// unless said otherwise. Wall time only means something on an idle machine; processor time is shown beside
// it.

#include <chrono>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>
#include <sys/resource.h>

#include "support/random.h"
#include "train/batches.h"
#include "train/kernels.h"
#include "train/model.h"
#include "train/optimiser.h"

namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, int otherwise) {
    return index < argc ? std::atoi(argv[index]) : otherwise;
  };
  const auto network = gw::train::read_network(argc > 1 ? argv[1] : "networks/mnist_16_16_24.yml");
  if (!network) {
    for (const gw::Diagnostic& error : network.errors()) fmt::print(stderr, "{}\n", gw::to_string(error));
    return 1;
  }
  const int threads = argument(2, 0), epochs = argument(3, 3), images = argument(4, 54000);

  std::vector<std::uint8_t> pixels(static_cast<size_t>(images * gw::element_count(network->input)));
  std::vector<std::uint8_t> labels(static_cast<size_t>(images));
  gw::Random random(1);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  for (auto& label : labels)
    label = static_cast<std::uint8_t>(random.below(static_cast<unsigned>(network->classes())));
  std::vector<std::int32_t> order(static_cast<size_t>(images));
  std::iota(order.begin(), order.end(), 0);

  gw::train::Parameters parameters = gw::train::initial_parameters(*network, 1);
  gw::train::Optimiser optimiser(network->optimiser, parameters);
  gw::train::Model model(*network, network->batch, threads);
  const gw::train::Samples samples{pixels, labels};
  gw::train::Batches batches(*network, samples, {}, threads);
  fmt::print("{}: {} images in batches of {}, {} kernels\n", network->name, images, network->batch,
             gw::train::kernels().name);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const double wall = wall_seconds(), processor = processor_seconds();
    for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(network->batch)) {
      const std::size_t count = std::min(static_cast<std::size_t>(network->batch), order.size() - first);
      const auto batch = batches.at(std::span(order).subspan(first, count), first);
      model.gradients(parameters, batch.samples, batch.order);
      gw::train::add_penalty_gradient(parameters);
      optimiser.step(parameters);
    }
    fmt::print("epoch {}: {:.2f} s wall, {:.2f} s processor\n", epoch + 1, wall_seconds() - wall,
               processor_seconds() - processor);
  }
  fmt::print("seconds of wall time an epoch, by phase:\n");
  for (const auto& [phase, seconds] : model.phase_seconds())
    fmt::print("  {:20} {:.3f}\n", phase, seconds / epochs);
  const double start = wall_seconds();
  model.score(parameters, samples);
  fmt::print("answers for {} images: {:.2f} s wall\n", images, wall_seconds() - start);
}
