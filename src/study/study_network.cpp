// One network of a study, step by step: trained, and at the epochs of the report given types and emulated; at
// the last one also built, synthesised and simulated side by side, and written. Other seeds are trained and
// emulated alone: what their circuits answer is known from the emulation once one of them has been simulated.

#include "study/study_network.h"

#include <algorithm>
#include <future>
#include <memory>
#include <set>

#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
#include "graph/evaluate.h"
#include "graph/model_file.h"
#include "graph/summary.h"
#include "report/network_figure.h"
#include "report/table.h"
#include "study/accuracy.h"
#include "study/build_report.h"
#include "study/profile.h"
#include "study/project_folder.h"
#include "study/stopwatch.h"
#include "study/train_data.h"
#include "support/messages.h"
#include "train/graph.h"
#include "train/trainer.h"

namespace gw {

namespace {

// Epochs 10, 20 and 30 as the study publishes them, and the last one.
std::vector<int> reported_epochs(int epochs) {
  std::set<int> chosen{epochs};
  for (const int epoch : {10, 20, 30}) {
    if (epoch < epochs) chosen.insert(epoch);
  }
  return {chosen.begin(), chosen.end()};
}

std::string file_of_epoch(int epoch) { return fmt::format("epoch-{:03}.gw", epoch); }

// A name for the top module: what Verilog does not take becomes '_', and a name without one, which may be a
// word of that language, stands behind "net_".
std::string module_name(std::string name) {
  for (char& c : name) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_plain) c = '_';
  }
  const bool is_fine = name.find('_') != name.npos && !(name[0] >= '0' && name[0] <= '9');
  return is_fine ? name : "net_" + name;
}

// What goes on beside another step shows nothing and stops with it.
class Beside : public Progress {
 public:
  explicit Beside(const Progress& other) : other_(other) {}
  void begin(std::string_view, std::int64_t) override {}
  void update(std::int64_t, std::string_view) override {}
  void end(std::string_view) override {}
  bool stop_requested() const override { return other_.stop_requested(); }

 private:
  const Progress& other_;
};

class Road {
 public:
  Road(const StudyNetwork& network, const Split& data, const Part& part, const StudyOptions& options,
       Progress& progress)
      : data_(data), part_(part), options_(options), progress_(progress) {
    report().network = network;
    report().folder = options.folder / network.network.name;
  }

  Result<StudiedNetwork> go() {
    if (auto learned = learn_teacher(); !learned) return learned.errors();
    Result<train::Checkpoint> last = train_seed(report().network.network, options_.seed, report().folder);
    if (!last) return last.errors();
    double training = 0;
    for (const train::EpochRecord& record : last->history) training += record.seconds;
    report().seconds.emplace_back("training", training);
    report().history = last->history;

    const int epochs = static_cast<int>(last->epoch);
    for (const int epoch : reported_epochs(epochs)) {
      if (auto measured = measure(epoch, epoch == epochs); !measured) return measured.errors();
    }
    for (const auto& [step, seconds] :
         {std::pair{"compile", compiling_}, std::pair{"emulate", emulating_},
          std::pair{"build simulation", building_}, std::pair{"simulate", simulating_}})
      report().seconds.emplace_back(step, seconds);
    if (auto made = make_hardware(); !made) return made.errors();
    if (auto repeated = repeat_with_other_seeds(); !repeated) return repeated.errors();
    return std::move(result_);
  }

 private:
  NetworkStudy& report() { return result_.report; }

  // Trains on from whatever stands in the folder, unless all epochs are there already. A network may stop
  // before its last epoch by itself.
  Result<train::Checkpoint> train_seed(const train::Network& network, std::uint64_t seed,
                                       const fs::path& folder) {
    std::error_code error;
    train::TrainOptions training;
    training.epochs = options_.epochs > 0 ? options_.epochs : network.epochs;
    training.seed = seed;
    training.threads = options_.threads;
    training.folder = folder / "training";
    training.resume = fs::exists(training.folder / "latest.safetensors", error);
    auto done = train::train(network, samples_of(data_.train), samples_of(data_.validation),
                             samples_of(data_.test), training, progress_);
    if (!done) return done.errors();
    if (done->stopped)
      return diagnose(messages::stopped, {training.folder.string()}, done->state.epoch, training.epochs);
    return std::move(done->state);
  }

  Status learn_teacher() {
    std::optional<train::Network>& teacher = report().network.teacher;
    if (!teacher) return Done{};
    const fs::path folder = options_.folder / teacher->name;
    const auto last = train_seed(*teacher, options_.seed, folder);
    if (!last) return last.errors();
    train::Network& student = report().network.network;
    if (!student.distillation) student.distillation.emplace();
    student.distillation->teacher =
        fs::absolute(folder / "training" / train::checkpoint_name(static_cast<int>(last->epoch))).string();
    return Done{};
  }

  // The network of an epoch and its configuration, saved as a model file.
  struct Trained {
    train::Checkpoint state;
    Graph model;
    Config config;
  };
  Result<Trained> trained_at(const fs::path& folder, int epoch) {
    auto state = train::load_checkpoint(folder / "training" / train::checkpoint_name(epoch));
    if (!state) return state.errors();
    auto model = train::to_graph(report().network.network, state->answering());
    if (!model) return model.errors();
    if (auto saved = save_model(folder / file_of_epoch(epoch), *model); !saved) return saved.errors();
    const std::string file = model->is_typed() ? "" : options_.config;
    auto config = configuration(file, *model);
    if (!config) return config.errors();
    report().types = !file.empty()       ? file
                     : model->is_typed() ? "the types that it was trained in"
                                         : "ap_fixed<16,6> for everything";
    return Trained{*std::move(state), *std::move(model), *std::move(config)};
  }

  Tensor test_images(const Graph& graph) const {
    const Node& input = graph[graph.inputs().front()];
    FloatTensor numbers = numbers_of(data_.test, result_.report.network.network.divide_by);
    numbers.shape = input.type.shape;
    return quantize(*std::get<Input>(input.op).quantizer, numbers);
  }

  // All test images through the emulation, with every overflow counted.
  Tensor emulate(const Graph& graph, const Tensor& images, AccuracyRow& row) {
    progress_.begin(fmt::format("emulate epoch {}", row.epoch), 0);
    Tensor answers = evaluate(graph, std::vector<Tensor>{images},
                              {.threads = options_.threads, .overflows = &row.overflows})
                         .front();
    row.fixed_test = accuracy(answers, std::span(data_.test.labels));
    progress_.end(
        fmt::format("{:.2f} % of {} test images right in fixed point", 100 * row.fixed_test, images.batch()));
    return answers;
  }

  static AccuracyRow row_of(const train::Checkpoint& state, int epoch) {
    AccuracyRow row;
    row.epoch = epoch;
    row.trained = state.history.at(static_cast<size_t>(epoch) - 1);
    return row;
  }

  // As it was trained, and as it is emulated.
  Result<AccuracyRow> emulated(const Trained& trained, int epoch) {
    const auto graph = typed_graph(trained.model, trained.config);
    if (!graph) return graph.errors();
    AccuracyRow row = row_of(trained.state, epoch);
    emulate(*graph, test_images(*graph), row);
    return row;
  }

  // An epoch of the report: as it was trained, as it is emulated, and as its circuit answers.
  Status measure(int epoch, bool is_last) {
    auto trained = trained_at(report().folder, epoch);
    if (!trained) return trained.errors();
    const std::int64_t wanted = is_last ? options_.samples : options_.samples_before;
    if (wanted == 0) {
      auto row = emulated(*trained, epoch);
      if (!row) return row.errors();
      report().accuracy.push_back(*std::move(row));
      return Done{};
    }
    Stopwatch watch;
    auto built = build(trained->model, trained->config, part_,
                       {.clock_ns = options_.clock_ns,
                        .clock_share = report().network.clock_share,
                        .budget = report().network.budget},
                       module_name(report().network.network.name));
    if (!built) return built.errors();
    const auto made = std::make_shared<const Build>(*std::move(built));
    compiling_ += watch.lap();

    AccuracyRow row = row_of(trained->state, epoch);
    const Tensor images = test_images(made->graph);
    const Tensor answers = emulate(made->graph, images, row);
    watch.lap();
    evaluate(made->graph, std::vector<Tensor>{images}, {.threads = 1});
    const double one_core = watch.lap();
    emulating_ += one_core;
    report().emulated_images_per_second = images.batch() / one_core;

    if (is_last) begin_synthesis(made);
    const std::int64_t count = std::min<std::int64_t>(wanted, images.batch());
    const std::vector<Tensor> first{samples(images, 0, count)}, expected{samples(answers, 0, count)};
    const auto simulated = simulate(*made, first, expected,
                                    {.cache_folder = options_.cache_folder / "simulation",
                                     .answers_folder = options_.cache_folder / "answers",
                                     .threads = options_.threads,
                                     .seed = options_.seed},
                                    progress_);
    if (!simulated) return simulated.errors();
    row.circuit_test =
        accuracy(simulated->outputs.front(), std::span(data_.test.labels).first(static_cast<size_t>(count)));
    row.circuit_images = count;
    row.differing_values = simulated->differing_values;
    if (auto same = require_same_bits(*simulated); !same)
      result_.differences.push_back(same.errors().front());
    building_ += simulated->build_seconds;
    simulating_ += simulated->run_seconds;
    report().images_simulated += simulated->images;
    report().stalled_images += simulated->stalled_images;
    report().latency_clocks = simulated->latency_clocks;
    report().interval_clocks = simulated->interval_clocks;
    if (is_last) {
      firmware_.simulation = *simulated;
      firmware_.accuracy = row.circuit_test;
      config_ = trained->config;
      result_.model = trained->model;
    }
    report().accuracy.push_back(std::move(row));
    return Done{};
  }

  // Most of the time one large module is synthesised, on one core: meanwhile the design can be simulated.
  void begin_synthesis(std::shared_ptr<const Build> made) {
    made_ = std::move(made);
    counting_ = std::async(std::launch::async, [this, build = made_] {
      Beside beside(progress_);
      Stopwatch watch;
      auto counted = synthesise(*build, options_.cache_folder / "synthesis", options_.threads, beside);
      synthesising_ = watch.lap();
      return counted;
    });
  }

  // The last epoch's design: synthesised, written as `gatewright build` writes it, drawn.
  Status make_hardware() {
    progress_.begin("synthesis", 0);
    const auto counted = counting_.get();
    if (!counted) return counted.errors();
    progress_.end(fmt::format("{} LUT", grouped(counted->total.lut)));
    report().seconds.emplace_back("synthesise", synthesising_);
    for (size_t s = 0; s < made_->design.stages.size(); ++s) {
      const StageDesign& stage = made_->design.stages[s];
      report().stages.push_back(
          {stage.name, stage.style, stage.circuit.fold, stage.deepest_fifo(), stage.circuit.latency,
           stage.slowest_ns, counted->stages[s], stage.cost,
           unfolded_cost(made_->pipeline.stages[s].stage, made_->part, made_->design.clock_ns)});
    }
    report().fifos = counted->fifos;
    report().total = counted->total;
    report().layers = summary_json(made_->graph);

    const std::string& name = report().network.network.name;
    firmware_.name = module_name(name);
    firmware_.model = (report().folder / file_of_epoch(report().accuracy.back().epoch)).string();
    if (!result_.model.is_typed()) firmware_.config = options_.config;
    firmware_.part = options_.part;
    firmware_.version = options_.version;
    firmware_.seed = options_.seed;
    firmware_.data = data_.test.name + ":test";
    firmware_.synthesised = *counted;
    firmware_.files = verilog(made_->design);
    firmware_.files.emplace_back("bench.cpp", verilator_bench(made_->design));
    firmware_.seconds = report().seconds;
    firmware_.rebuild = fmt::format(
        "gatewright build {}{} --name {} --part {} --clock-ns {} {}{}--dataset {} --synthesise -o {}",
        firmware_.model, firmware_.config.empty() ? "" : " -c " + firmware_.config, firmware_.name,
        options_.part, options_.clock_ns, report().network.build_options,
        report().network.build_options.empty() ? "" : " ", firmware_.data,
        (report().folder / "firmware").string());
    const fs::path folder = report().folder / "firmware";
    if (auto written = write_project(folder, firmware_.files, false); !written) return written;
    if (auto written = write_report(firmware_, *made_, config_, folder, options_.cache_folder / "figures");
        !written)
      return written;

    result_.figures = {
        cost_figure("stages", fmt::format("{}: what each stage is estimated to need", name), made_->design),
        network_figure("network", fmt::format("{}: batch norms joined, every type settled", name),
                       made_->graph)};
    for (Figure& figure : weight_figures(result_.model, made_->graph))
      result_.figures.push_back(std::move(figure));
    for (Figure& figure : result_.figures) figure.name = name + "-" + figure.name;
    return Done{};
  }

  Status repeat_with_other_seeds() {
    if (options_.seeds < 2) return Done{};
    Stopwatch watch;
    report().seeds.emplace_back(options_.seed, report().accuracy);
    for (int s = 1; s < options_.seeds; ++s) {
      const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(s);
      const fs::path folder = report().folder / fmt::format("seed-{}", seed);
      const auto last = train_seed(report().network.network, seed, folder);
      if (!last) return last.errors();
      std::vector<AccuracyRow> rows;
      for (const int epoch : reported_epochs(static_cast<int>(last->epoch))) {
        const auto trained = trained_at(folder, epoch);
        if (!trained) return trained.errors();
        auto row = emulated(*trained, epoch);
        if (!row) return row.errors();
        rows.push_back(*std::move(row));
      }
      report().seeds.emplace_back(seed, std::move(rows));
    }
    report().seconds.emplace_back("other seeds", watch.lap());
    return Done{};
  }

  const Split& data_;
  const Part& part_;
  const StudyOptions& options_;
  Progress& progress_;
  StudiedNetwork result_;
  std::shared_ptr<const Build> made_;  // of the last epoch
  Config config_;
  BuildReport firmware_;
  double compiling_ = 0, emulating_ = 0, building_ = 0, simulating_ = 0, synthesising_ = 0;
  std::future<Result<SynthesisedDesign>> counting_;  // reads what stands above
};

}  // namespace

Result<StudiedNetwork> study_network(const StudyNetwork& network, const Split& data, const Part& part,
                                     const StudyOptions& options, Progress& progress) {
  return Road(network, data, part, options, progress).go();
}

}  // namespace gw
