// A study from the images to synthesised firmware, step by step.

#include "study/study.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "backends/verilog.h"
#include "data/fetch.h"
#include "data/mnist.h"
#include "graph/evaluate.h"
#include "graph/model_file.h"
#include "graph/summary.h"
#include "report/figure.h"
#include "study/accuracy.h"
#include "study/stopwatch.h"
#include "study/study_page.h"
#include "study/synthesise.h"
#include "support/messages.h"
#include "tools/tool.h"
#include "train/graph.h"
#include "train/trainer.h"

namespace gw {

namespace {

FloatTensor float_images(const Dataset& set, double divide_by) {
  FloatTensor x{{set.height, set.width, set.channels}, set.count(), {}};
  x.values.reserve(set.pixels.size());
  for (const std::uint8_t pixel : set.pixels) x.values.push_back(static_cast<float>(pixel / divide_by));
  return x;
}

// Epochs 10, 20 and 30 as the study publishes them, and the last one.
std::vector<int> reported_epochs(int epochs) {
  std::set<int> chosen{epochs};
  for (const int epoch : {10, 20, 30}) {
    if (epoch < epochs) chosen.insert(epoch);
  }
  return {chosen.begin(), chosen.end()};
}

Result<train::Checkpoint> checkpoint_of(const fs::path& folder, int epoch) {
  return train::load_checkpoint(folder / train::checkpoint_name(epoch));
}

// Trains on from whatever stands in the folder, unless all epochs are there already. Gives the epochs that it
// took: a network may stop early.
Result<int> train_network(const train::Network& network, const Split& data, const StudyOptions& options,
                          int epochs, const fs::path& folder, Progress& progress) {
  std::error_code error;
  train::TrainOptions training;
  training.epochs = epochs;
  training.seed = options.seed;
  training.threads = options.threads;
  training.folder = folder;
  training.resume = fs::exists(folder / "latest.safetensors", error);
  const auto set_of = [](const Dataset& set) { return train::Samples{set.pixels, set.labels}; };
  const auto done = train::train(network, set_of(data.train), set_of(data.validation), set_of(data.test),
                                 training, progress);
  if (!done) return done.errors();
  if (done->stopped) return diagnose(messages::stopped, {folder.string()}, done->state.epoch, epochs);
  return static_cast<int>(done->state.epoch);
}

void add_stages(StudyReport& report, const Build& build, const SynthesisedDesign& synthesised) {
  for (size_t s = 0; s < build.design.stages.size(); ++s) {
    const StageDesign& stage = build.design.stages[s];
    report.stages.push_back(
        {stage.name, stage.style, stage.circuit.fold, stage.deepest_fifo(), stage.circuit.latency,
         stage.slowest_ns, synthesised.stages[s], stage.cost,
         unfolded_cost(build.pipeline.stages[s].stage, build.part, build.design.clock_ns)});
  }
  report.fifos = synthesised.fifos;
  report.total = synthesised.total;
}

}  // namespace

Result<StudyReport> run_study(const train::Network& network, const Split& data, const StudyOptions& options,
                              Progress& progress) {
  StudyReport report;
  report.options = options;
  report.network_name = network.name;
  Stopwatch watch;
  const auto lap = [&](const char* step) { report.seconds.emplace_back(step, watch.lap()); };

  // Everything that can be wrong before work starts.
  if (auto tools = require_tools({"verilator", "make", "g++", "yosys", "berkeley-abc"}); !tools)
    return tools.errors();
  if (auto tools = require_drawing_tools(); !tools) return tools.errors();
  const auto part = find_part(options.part);
  if (!part) return part.errors();
  report.part = *part;
  const fs::path checkpoints = options.folder / "training";
  const auto trained = train_network(
      network, data, options, options.epochs > 0 ? options.epochs : network.epochs, checkpoints, progress);
  if (!trained) return trained.errors();
  const int epochs = *trained;
  lap("training");

  Diagnostics differences;
  double emulation = 0, compiling = 0, building = 0, simulating = 0;
  for (const int epoch : reported_epochs(epochs)) {
    // The float network of that epoch becomes a typed one and a design.
    const auto state = checkpoint_of(checkpoints, epoch);
    if (!state) return state.errors();
    const auto model = train::to_graph(network, state->answering());
    if (!model) return model.errors();
    if (auto saved = save_model(options.folder / fmt::format("model-epoch-{:03}.safetensors", epoch), *model);
        !saved) {
      return saved.errors();
    }
    const auto config = configuration(options.config, *model);
    if (!config) return config.errors();
    report.types = !options.config.empty() ? options.config
                   : model->is_typed()     ? "the types that it was trained in"
                                           : "ap_fixed<16,6> for everything";
    watch.lap();
    const auto made = build(*model, *config, *part, {.clock_ns = options.clock_ns}, network.name);
    if (!made) return made.errors();
    compiling += watch.lap();

    AccuracyRow row;
    row.epoch = epoch;
    row.trained = state->history.at(static_cast<size_t>(epoch) - 1);

    // All test images through the emulation, with every overflow counted; once more without, to see how fast
    // it is.
    progress.begin(fmt::format("emulate epoch {}", epoch), 0);
    const Node& input = made->graph[made->graph.inputs().front()];
    const Tensor images =
        quantize(*std::get<Input>(input.op).quantizer, float_images(data.test, network.divide_by));
    const std::vector<Tensor> fed{images};
    const Tensor emulated =
        evaluate(made->graph, fed, {.threads = options.threads, .overflows = &row.overflows}).front();
    watch.lap();
    const std::vector<Tensor> again = evaluate(made->graph, fed, {.threads = 1});
    const double one_core = watch.lap();
    emulation += one_core;
    report.emulated_images_per_second = images.batch() / one_core;
    row.fixed_test = accuracy(emulated, std::span(data.test.labels));
    progress.end(fmt::format("epoch {}: fixed-point accuracy {:.2f} % on {} test images", epoch,
                             100 * row.fixed_test, images.batch()));

    // The same images through the circuit.
    const std::int64_t count = std::min<std::int64_t>(options.images, images.batch());
    SimulationOptions simulation;
    simulation.cache_folder = options.cache_folder / "simulation";
    simulation.threads = options.threads;
    simulation.seed = options.seed;
    const std::vector<Tensor> first{samples(images, 0, count)}, answers{samples(emulated, 0, count)};
    const auto simulated = simulate(*made, first, answers, simulation, progress);
    if (!simulated) return simulated.errors();
    row.circuit_test =
        accuracy(simulated->outputs.front(), std::span(data.test.labels).first(static_cast<size_t>(count)));
    row.circuit_images = count;
    row.differing_values = simulated->differing_values;
    if (auto same = require_same_bits(*simulated); !same) differences.push_back(same.errors().front());
    building += simulated->build_seconds;
    simulating += simulated->run_seconds;
    report.latency_clocks = simulated->latency_clocks;
    report.interval_clocks = simulated->interval_clocks;
    report.images_simulated += simulated->images;
    report.stalled_images += simulated->stalled_images;
    report.accuracy.push_back(std::move(row));

    if (epoch != epochs) continue;
    report.seconds.emplace_back("compile", compiling);
    report.seconds.emplace_back("emulate", emulation);
    report.seconds.emplace_back("build simulation", building);
    report.seconds.emplace_back("simulate", simulating);
    if (auto written = write_files(options.folder / "verilog", verilog(made->design)); !written)
      return written.errors();
    watch.lap();
    const auto synthesised = synthesise(*made, options.cache_folder / "synthesis", options.threads, progress);
    if (!synthesised) return synthesised.errors();
    add_stages(report, *made, *synthesised);
    lap("synthesise");
    report.history = state->history;
    report.layers = summary_json(made->graph);
    if (auto written = write_study_page(report, *model, *made, data); !written) return written.errors();
  }
  if (auto written = write_file(options.folder / "report.txt", print_text(report)); !written)
    return written.errors();
  if (!differences.empty()) return differences;
  return report;
}

Result<StudyReport> run_mnist(const fs::path& network_file, const StudyOptions& options, Progress& progress) {
  const auto network = train::read_network(network_file);
  if (!network) return network.errors();
  if (const auto part = find_part(options.part); !part) return part.errors();
  const auto start = std::chrono::steady_clock::now();
  if (const auto fetched = fetch_files(mnist_files(), options.cache_folder, {}, progress); !fetched)
    return fetched.errors();
  const auto data = load_mnist(options.cache_folder);
  if (!data) return data.errors();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  auto report = run_study(*network, *data, options, progress);
  if (report) report->seconds.insert(report->seconds.begin(), {"data", seconds});
  return report;
}

}  // namespace gw
