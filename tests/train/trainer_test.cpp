#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <unistd.h>

#include "graph/safetensors.h"
#include "support/files.h"
#include "train/bit_target.h"
#include "train/block.h"
#include "train/emulate.h"
#include "train/graph.h"
#include "train/reference.h"
#include "train/stop_after.h"
#include "train/team.h"

namespace gw::train {
namespace {

const char* const small_network =
    "name: small\ninput: {shape: [6, 6, 1]}\nlayers: [{name: c1, type: conv2d, filters: 5, kernel: 3, bias: "
    "false, l1: "
    "1.0e-4}, {name: b1, type: batch_norm, momentum: 0.9, debias: true}, {name: r1, type: relu}, {name: p1, "
    "type: "
    "max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: "
    "softmax}]\ntraining: "
    "{epochs: 4, batch: 32, optimiser: {type: adam, learning_rate: 0.01, amsgrad: true}}\n";

// Three classes that a small network can tell apart: where the bright bar stands.
RandomSamples bars(const Network& network, int count, std::uint64_t seed) {
  RandomSamples data(network, count, seed);
  for (size_t i = 0; i < data.pixels.size(); ++i) {
    const size_t image = i / 36, row = i % 36 / 6;
    data.pixels[i] =
        static_cast<std::uint8_t>(data.pixels[i] / 4 + (row / 2 == data.labels[image] ? 150 : 0));
  }
  return data;
}

class Trainer : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("gatewright_train_" + std::to_string(getpid()) + "_" +
                                             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  Result<Training> run(const TrainOptions& options, Progress& progress) {
    return train(network, training.samples(), validation.samples(), test.samples(), options, progress);
  }
  Training run_whole(const TrainOptions& options) {
    auto result = run(options, silent);
    if (!result) ADD_FAILURE() << to_string(result.errors()[0]);
    return *result;
  }
  std::string complaint(const TrainOptions& options) {
    const auto result = run(options, silent);
    return result ? "none" : complaint(result.errors());
  }
  // With the test's folder left out, which is another one each time.
  std::string complaint(const Diagnostics& errors) const {
    std::string text;
    for (const Diagnostic& error : errors) text += to_string(error) + "\n";
    for (size_t at = text.find(folder.string()); at != std::string::npos; at = text.find(folder.string()))
      text.replace(at, folder.string().size(), "FOLDER");
    return text;
  }

  fs::path folder;
  Network network = network_of(small_network);
  RandomSamples training = bars(network, 200, 1), validation = bars(network, 50, 2),
                test = bars(network, 60, 3);
  SilentProgress silent;
};

void expect_same(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.step, b.step);
  ASSERT_EQ(a.parameters.trained.size(), b.parameters.trained.size());
  for (size_t i = 0; i < a.parameters.trained.size(); ++i) {
    EXPECT_EQ(a.parameters.trained[i].values, b.parameters.trained[i].values) << a.parameters.trained[i].name;
    EXPECT_EQ(a.parameters.trained[i].mask, b.parameters.trained[i].mask) << a.parameters.trained[i].name;
  }
  for (size_t i = 0; i < a.parameters.statistics.size(); ++i)
    EXPECT_EQ(a.parameters.statistics[i].values, b.parameters.statistics[i].values)
        << a.parameters.statistics[i].name;
  EXPECT_EQ(a.parameters.steps, b.parameters.steps);
  EXPECT_EQ(a.optimiser.steps, b.optimiser.steps);
  EXPECT_EQ(a.optimiser.mean, b.optimiser.mean);
  EXPECT_EQ(a.optimiser.square, b.optimiser.square);
  EXPECT_EQ(a.optimiser.largest, b.optimiser.largest);
  EXPECT_EQ(a.average, b.average);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (size_t i = 0; i < a.history.size(); ++i) {
    EXPECT_EQ(a.history[i].training, b.history[i].training);
    EXPECT_EQ(a.history[i].validation, b.history[i].validation);
    EXPECT_EQ(a.history[i].test, b.history[i].test);
    EXPECT_EQ(a.history[i].penalty, b.history[i].penalty);
    EXPECT_EQ(a.history[i].bits, b.history[i].bits);
  }
}

// Before the first step there is no gradient, however the first epoch of pruning is written.
TEST_F(Trainer, PruningByGradientsHasSeenSome) {
  network.pruning = PruningSpec{};
  network.pruning->score = PruningScore::Gradient;
  network.pruning->final_sparsity = 0.5;
  network.pruning->end_epoch = 2;
  network.pruning->begin_epoch = 0.01;
  EXPECT_EQ(
      complaint(TrainOptions{.epochs = 3}),
      "test.yml: training.pruning.begin_epoch: error: is 0.01, but must be at least one of the 7 steps of an epoch "
      "where the score is gradient: none was seen [value-range]\n");
  network.pruning->begin_epoch = 0.15;
  EXPECT_EQ(complaint(TrainOptions{.epochs = 1}), "none");
}

TEST_F(Trainer, Learns) {
  const Training result = run_whole({.epochs = 12});
  EXPECT_FALSE(result.stopped);
  ASSERT_EQ(result.state.history.size(), 12u);
  EXPECT_EQ(result.state.history[11].epoch, 12);
  EXPECT_LT(result.state.history[11].training.loss, 0.5 * result.state.history[0].training.loss);
  EXPECT_GT(result.state.history[11].test->accuracy, 0.95);
  EXPECT_GT(result.state.history[11].validation->accuracy, 0.95);
  EXPECT_EQ(result.state.history[11].penalty, penalty(result.state.parameters));
  // What the history says of the test set is what the parameters give.
  Model model(network, 32, 1);
  const Score score = model.score(result.state.parameters, test.samples());
  EXPECT_EQ(score.accuracy(), result.state.history[11].test->accuracy);
  EXPECT_EQ(score.loss(), result.state.history[11].test->loss);
}

TEST_F(Trainer, TheSameSeedGivesTheSameBitsOnAnyNumberOfThreads) {
  const Training one = run_whole({.threads = 1});
  expect_same(one.state, run_whole({.threads = 1}).state);
  expect_same(one.state, run_whole({.threads = 3}).state);
  const Training other = run_whole({.seed = 2});
  EXPECT_NE(one.state.parameters.trained[0].values, other.state.parameters.trained[0].values);
}

TEST_F(Trainer, StoppingAndResumingGivesTheSameBits) {
  const Training whole = run_whole({.threads = 2});
  // Seven steps an epoch: within the first, at the end of one, within the third.
  for (const int steps : {1, 7, 17}) {
    fs::remove_all(folder);
    StopAfter stop(steps);
    const auto part = run({.threads = 2, .folder = folder}, stop);
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->stopped);
    EXPECT_EQ(part->state.epoch, steps / 7);
    EXPECT_EQ(part->state.step, steps % 7);
    const Training rest = run_whole({.threads = 2, .folder = folder, .resume = true});
    EXPECT_FALSE(rest.stopped);
    expect_same(whole.state, rest.state);
  }
}

// Pruned, quantised and frozen in its last epochs, stopped before, within and behind what changes.
TEST_F(Trainer, PruningAndQuantisingResumeToTheSameBits) {
  network = network_of(
      "name: small\ninput: {shape: [6, 6, 1], quantizer: 'quantized_bits(6,0,keep_negative=0)'}\nlayers: [{name: c1, "
      "type: conv2d, filters: 5, kernel: 3, bias: false, kernel_quantizer: 'quantized_bits(4,0,alpha=learned_po2)'}, "
      "{name: b1, type: batch_norm, momentum: 0.9, debias: true}, {name: a1, type: activation, quantizer: "
      "'quantized_relu(4,1,alpha=learned_po2)'}, {name: f, type: flatten}, {name: d1, type: dense, units: 3, "
      "kernel_quantizer: 'quantized_bits(5,0)', bias_quantizer: 'quantized_bits(6,0)'}, {name: s, type: softmax}]\n"
      "training: {epochs: 5, batch: 32, optimiser: {type: adam, learning_rate: 0.01}, freeze_batch_norm: 3.5, pruning: "
      "{final_sparsity: 0.5, begin_epoch: 1, end_epoch: 3, every_epochs: 0.5, except: [d1]}}\n");
  const Training whole = run_whole({.threads = 2});
  const Parameter& weight = whole.state.parameters.trained[0];
  EXPECT_EQ(std::count(weight.mask.begin(), weight.mask.end(), 0), 23);  // 45 * 0.5, half to even
  for (size_t i = 0; i < weight.mask.size(); ++i) {
    if (weight.mask[i] == 0) {
      EXPECT_EQ(weight.values[i], 0.0f);
    }
  }
  EXPECT_GT(whole.state.history[4].test->accuracy, 0.8);
  EXPECT_EQ(whole.state.parameters.steps, 25) << "statistics rest from step 25 on";
  for (const int steps : {5, 11, 20, 29}) {
    fs::remove_all(folder);
    StopAfter stop(steps);
    ASSERT_TRUE(run({.folder = folder}, stop));
    expect_same(whole.state, run_whole({.folder = folder, .resume = true}).state);
  }
}

// Everything that has a state or a noise of its own, stopped and resumed.
TEST_F(Trainer, ARecipeWithEverythingResumesToTheSameBits) {
  const std::string text(small_network);
  const std::string layers = text.substr(0, text.find("training:")), flatten = "{name: f, type: flatten}";
  std::string dropped = layers;
  dropped.replace(dropped.find(flatten), flatten.size(), flatten + ", {name: o1, type: dropout, rate: 0.2}");
  for (
      const char* recipe :
      {"optimiser: {type: sgd, learning_rate: 0.1, momentum: 0.9, nesterov: true}, schedule: {type: one_cycle}, "
       "averaging: 0.9, label_smoothing: 0.1, gradient_clip: 0.5",
       "optimiser: {type: adam, learning_rate: 0.02}, schedule: {type: plateau, patience: 1, min_delta: 10, "
       "warmup_epochs: 0.5}, averaging: 0.95",
       "optimiser: {type: adam, learning_rate: 0.01}, schedule: {type: cosine}, augmentation: {shift: 1, "
       "rotation: 5, noise: 0.05}"}) {
    network = network_of(dropped + "training: {epochs: 4, batch: 32, " + recipe + "}\n");
    const Training whole = run_whole({.threads = 1});
    EXPECT_GT(whole.state.history[3].test->accuracy, 0.5) << recipe;
    EXPECT_EQ(whole.state.average.empty(), network.averaging == 0);
    if (network.averaging > 0) {
      EXPECT_NE(whole.state.average[0], whole.state.parameters.trained[0].values);
    }
    Model model(network, 32, 1);
    EXPECT_EQ(model.score(whole.state.answering(), test.samples()).loss(), whole.state.history[3].test->loss);
    for (const int steps : {3, 14, 23}) {
      fs::remove_all(folder);
      StopAfter stop(steps);
      ASSERT_TRUE(run({.threads = 2, .folder = folder}, stop));
      expect_same(whole.state, run_whole({.threads = 3, .folder = folder, .resume = true}).state);
    }
  }
}

// The compiler's estimate, as a training may see it: four tables an operation of the one layer, one of the
// other, and a hundred besides.
Result<Price> price_of(const Network& network, const Graph& graph) {
  Price price{100, {}};
  for (const Node& node : graph.nodes()) {
    if (!node.name.ends_with(".weight")) continue;
    const std::string layer = node.name.substr(0, node.name.find('.'));
    double& lut = price.layers[layer];
    for (const float weight : std::get<Constant>(node.op).values.values)
      lut += weight == 0 ? 0 : (layer == network.layers[0].name ? 4 : 1);
    price.lut += lut;
  }
  return price;
}

TEST_F(Trainer, TrainsTowardsATargetAndResumesToTheSameBits) {
  network = network_of(
      "name: learned\ninput: {shape: [6, 6, 1], quantizer: 'quantized_bits(4,0,keep_negative=0)'}\nlayers: [{name: "
      "c1, type: conv2d, filters: 6, kernel: 3, kernel_quantizer: 'quantized_bits(6,0,learned_bits=weight)'}, {name: "
      "a1, type: activation, quantizer: 'quantized_relu(5,1,learned_bits=channel)'}, {name: f, type: flatten}, {name: "
      "d1, type: dense, units: 3, kernel_quantizer: 'quantized_bits(5,0,learned_bits=weight)'}, {name: s, type: "
      "softmax}]\ntraining: {epochs: 8, batch: 20, optimiser: {type: adam, learning_rate: 0.05}, freeze_batch_norm: 7, bit_cost: {rate: 1, beta: "
      "1.0e-3, target_lut: 480, l1: 1.0e-5}}\n");
  const auto price = [&](const Graph& graph) { return price_of(network, graph); };
  const Training whole = run_whole({.threads = 1, .folder = folder, .price = price});
  const History& history = whole.state.history;
  ASSERT_TRUE(history[7].bits && history[7].bits->lut);
  EXPECT_EQ(history[0].bits->beta, 0);
  EXPECT_EQ(history[1].bits->beta, 1e-3);
  EXPECT_NE(history[3].bits->beta, 1e-3);
  EXPECT_GT(history[1].penalty, history[0].penalty);
  EXPECT_EQ(history[7].bits->layers[0].layer, "c1");
  EXPECT_EQ(*history[7].bits->lut, 100 + *history[7].bits->layers[0].lut + *history[7].bits->layers[1].lut);
  EXPECT_GT(*history[0].bits->lut, 550);
  ASSERT_TRUE(chosen_epoch(*network.bit_cost, history));
  EXPECT_EQ(whole.chosen.epoch, *chosen_epoch(*network.bit_cost, history));
  const auto chosen = load_checkpoint(folder / checkpoint_name(static_cast<int>(whole.chosen.epoch)));
  ASSERT_TRUE(chosen);
  expect_same(whole.chosen, *chosen);
  EXPECT_EQ(read_file(folder / "pareto.csv").value(), print_front(pareto_front(history)));
  EXPECT_EQ(chosen->history.back().bits, history[static_cast<size_t>(whole.chosen.epoch) - 1].bits);

  // With the statistics the widths have come to rest, and the weights have not.
  const auto seventh = load_checkpoint(folder / checkpoint_name(7));
  ASSERT_TRUE(seventh);
  for (size_t i = 0; i < seventh->parameters.trained.size(); ++i) {
    const Parameter &before = seventh->parameters.trained[i], &after = whole.state.parameters.trained[i];
    EXPECT_EQ(before.is_width, before.name.ends_with("step") || before.name.ends_with("top"));
    EXPECT_EQ(before.values == after.values, before.is_width) << before.name;
  }

  for (const int steps : {3, 45}) {
    fs::remove_all(folder);
    StopAfter stop(steps);
    ASSERT_TRUE(run({.threads = 2, .folder = folder, .price = price}, stop));
    expect_same(whole.state,
                run_whole({.threads = 3, .folder = folder, .price = price, .resume = true}).state);
  }
}

TEST_F(Trainer, StopsEarly) {
  const std::string text(small_network);
  network = network_of(text.substr(0, text.find("training:")) +
                       "training: {epochs: 30, batch: 32, optimiser: {type: adam, learning_rate: 0.0}, "
                       "early_stopping: {watch: validation_accuracy, patience: 2, min_delta: 2}}\n");
  EXPECT_EQ(run_whole({.folder = folder}).state.history.size(), 3u);
  EXPECT_EQ(run_whole({.folder = folder, .resume = true}).state.history.size(), 3u) << "and stays so";
  validation = RandomSamples(network, 0, 0);
  EXPECT_EQ(
      complaint(TrainOptions{}),
      "test.yml: training.early_stopping: error: looks at validation samples, and there are none: leave it out, "
      "or give some [samples-needed]\n");
}

// Sums of 20-bit numbers outgrow single precision: then it is the emulator that measures.
TEST_F(Trainer, WideSumsAreMeasuredByTheEmulator) {
  network = network_of(
      "name: wide\ninput: {shape: [6, 6, 1], quantizer: 'quantized_bits(16,0,keep_negative=0)'}\nlayers: [{name: f, "
      "type: flatten}, {name: d1, type: dense, units: 3, kernel_quantizer: 'quantized_bits(20,1)'}, {name: s, type: "
      "softmax}]\ntraining: {epochs: 2, batch: 32}\n");
  const Training result = run_whole({});
  Model model(network, 32, 1);
  EXPECT_FALSE(model.is_exact(result.state.parameters));
  const auto score = emulated_score(network, result.state.parameters, test.samples(), 1);
  ASSERT_TRUE(score);
  EXPECT_EQ(score->loss(), result.state.history[1].test->loss);
  EXPECT_EQ(score->accuracy(), result.state.history[1].test->accuracy);
  EXPECT_NEAR(score->loss(), model.score(result.state.parameters, test.samples()).loss(), 1e-4);
}

TEST_F(Trainer, ResumesForMoreEpochs) {
  const Training whole = run_whole({.epochs = 6});
  run_whole({.epochs = 2, .folder = folder});
  expect_same(whole.state, run_whole({.epochs = 6, .folder = folder, .resume = true}).state);
}

TEST_F(Trainer, LeavesACheckpointAnEpochAndTheHistory) {
  const Training result = run_whole({.epochs = 2, .folder = folder});
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path().filename());
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files, (std::vector<std::string>{"epoch-001.safetensors", "epoch-002.safetensors", "history.csv",
                                             "history.json", "latest.safetensors"}));
  const auto first = load_checkpoint(folder / checkpoint_name(1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->history.size(), 1u);
  expect_same(*first, run_whole({.epochs = 1}).state);
  const auto last = load_checkpoint(folder / "latest.safetensors");
  ASSERT_TRUE(last);
  expect_same(*last, result.state);
  EXPECT_EQ(last->network,
            print_network(network).replace(print_network(network).find("epochs: 4"), 9, "epochs: 2"));
  EXPECT_EQ(*read_file(folder / "history.csv"), print_csv(result.state.history));
  EXPECT_EQ(*read_file(folder / "history.json"), print_json(result.state.history));
  EXPECT_EQ(print_json(last->history), print_json(result.state.history));
}

TEST_F(Trainer, ResumesOnlyWhatItBegan) {
  EXPECT_EQ(
      complaint({.folder = folder, .resume = true}),
      "FOLDER/latest.safetensors: error: is not there, so there is nothing to resume; train without --resume "
      "[checkpoint-absent]\n");
  run_whole({.epochs = 1, .seed = 5, .folder = folder});
  EXPECT_EQ(
      complaint({.seed = 5, .folder = folder}),
      "FOLDER/latest.safetensors: error: is there already; go on with that training (--resume), or name another "
      "folder or delete this one [checkpoint-present]\n");
  EXPECT_EQ(complaint({.seed = 6, .folder = folder, .resume = true}),
            "FOLDER/latest.safetensors: error: cannot be resumed: its seed is 5, but now 6 is asked for; "
            "name another "
            "folder or ask for the same [checkpoint-other]\n");
  network.optimiser.learning_rate = 0.02;
  EXPECT_EQ(
      complaint({.seed = 5, .folder = folder, .resume = true}),
      "FOLDER/latest.safetensors: error: cannot be resumed: its network is small, but now small (the files "
      "differ) is asked for; name another folder or ask for the same [checkpoint-other]\n");
  network.optimiser.learning_rate = 0.01;
  const std::string before = fingerprint(training.samples());
  training.labels[7] = static_cast<std::uint8_t>((training.labels[7] + 1) % 3);
  EXPECT_EQ(complaint({.seed = 5, .folder = folder, .resume = true}),
            "FOLDER/latest.safetensors: error: cannot be resumed: its training data is " + before +
                ", but now " + fingerprint(training.samples()) +
                " is asked for; name another folder or ask for the same [checkpoint-other]\n");
}

TEST_F(Trainer, ABrokenCheckpointIsNamed) {
  run_whole({.epochs = 1, .folder = folder});
  const fs::path path = folder / "latest.safetensors";
  const auto whole = load_safetensors(path);
  ASSERT_TRUE(whole);
  const auto broken = [&](const std::function<void(SafeTensors&)>& change) {
    SafeTensors contents = *whole;
    change(contents);
    EXPECT_TRUE(save_safetensors(path, contents));
    return complaint({.folder = folder, .resume = true});
  };
  EXPECT_EQ(
      broken([](SafeTensors& c) { c.metadata["format"] = "other"; }),
      "FOLDER/latest.safetensors: format: error: cannot be read as a checkpoint: it says 'other' instead of "
      "'gatewright checkpoint 3'; delete the file or train anew [checkpoint-broken]\n");
  EXPECT_EQ(
      broken([](SafeTensors& c) { c.metadata["seed"] = "1x"; }),
      "FOLDER/latest.safetensors: seed: error: cannot be read as a checkpoint: '1x' is no number; delete the "
      "file or train anew [checkpoint-broken]\n");
  EXPECT_EQ(
      broken([](SafeTensors& c) {
        c.tensors["d1.weight"].shape = {3, 20};
      }),
      "FOLDER/latest.safetensors: d1.weight: error: cannot be read as a checkpoint: its shape is not 20x3; "
      "delete the file or train anew [checkpoint-broken]\n");
  EXPECT_EQ(
      broken([](SafeTensors& c) {
        c.set<double>("loop.history", {0, 8}, {});
      }),
      "FOLDER/latest.safetensors: loop.history: error: cannot be read as a checkpoint: it does not have one "
      "row for each epoch; delete the file or train anew [checkpoint-broken]\n");
  EXPECT_EQ(
      broken([](SafeTensors& c) { c.set<std::int64_t>("loop.counts", {1}, {1}); }),
      "FOLDER/latest.safetensors: loop.counts: error: cannot be read as a checkpoint: these are no counts; "
      "delete the file or train anew [checkpoint-broken]\n");
  EXPECT_EQ(
      broken([](SafeTensors& c) {
        c.set<std::uint8_t>("mask/c1.weight", {2}, {1, 0});
      }),
      "FOLDER/latest.safetensors: mask/c1.weight: error: cannot be read as a checkpoint: its shape is not 3x3x1x5; "
      "delete the file or train anew [checkpoint-broken]\n");
  EXPECT_NE(broken([](SafeTensors& c) {
              c.tensors.erase("optimiser.mean/b1.gamma");
            }).find("optimiser.mean/b1.gamma"),
            std::string::npos);
}

// Two classes are one number and its sign.
TEST_F(Trainer, TwoClassesAreOneNumber) {
  const std::string recipe =
      "training: {epochs: 6, batch: 32, loss: binary_crossentropy, optimiser: {type: adam, learning_rate: 0.01}}\n";
  for (
      const char* layers :
      {"input: {shape: [6, 6, 1]}\nlayers: [{name: c1, type: conv2d, filters: 5, kernel: 3}, {name: r1, type: relu}, {name: "
       "f, type: flatten}, {name: d, type: dense, units: 1}, {name: s, type: sigmoid}]\n",
       "input: {shape: [6, 6, 1], quantizer: 'quantized_bits(5,0,keep_negative=0)'}\nlayers: [{name: c1, type: conv2d, "
       "filters: 5, kernel: 3, kernel_quantizer: 'quantized_bits(5,0)'}, {name: r1, type: activation, quantizer: "
       "'quantized_relu(5,1)'}, {name: f, type: flatten}, {name: d, type: dense, units: 1, kernel_quantizer: "
       "'quantized_bits(5,0)'}, {name: s, type: sigmoid}]\n"}) {
    network = network_of(layers + recipe);
    EXPECT_EQ(network.classes(), 2);
    EXPECT_EQ(network.outputs(), 1);
    RandomSamples some = bars(network, 300, 1), others = bars(network, 100, 2);
    const auto result = train(network, some.samples(), {}, others.samples(), {}, silent);
    ASSERT_TRUE(result) << to_string(result.errors()[0]);
    const EpochRecord& last = result->state.history.back();
    EXPECT_GT(last.test->accuracy, 0.95);
    EXPECT_LT(last.test->loss, 0.3);
    const auto graph = to_graph(network, result->state.parameters);
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    EXPECT_EQ((*graph)[graph->outputs()[0]].name, network.is_quantised() ? "d" : "s");
    if (!network.is_quantised()) continue;
    const auto emulated = emulated_score(network, result->state.parameters, others.samples(), 1);
    ASSERT_TRUE(emulated);
    EXPECT_EQ(emulated->accuracy(), last.test->accuracy);
    EXPECT_NEAR(emulated->loss(), last.test->loss, 1e-12);
  }
  RandomSamples three = bars(network, 40, 1);
  three.labels[5] = 2;
  EXPECT_EQ(
      complaint(train(network, three.samples(), {}, {}, {}, silent).errors()),
      "test.yml: input: error: the training samples have the label 2, but the network tells 2 classes apart "
      "[samples-label]\n");
}

TEST_F(Trainer, SamplesThatDoNotFit) {
  training.pixels.pop_back();
  test.labels[3] = 3;
  EXPECT_EQ(
      complaint(TrainOptions{}),
      "test.yml: input: error: the training samples are 7199 numbers for 200 labels, but the "
      "network's "
      "input is 6x6x1 [samples-size]\n"
      "test.yml: input: error: the test samples have the label 3, but the network tells 3 classes apart "
      "[samples-label]\n");
  training.pixels.clear();
  training.labels.clear();
  test.labels[3] = 0;
  EXPECT_EQ(complaint(TrainOptions{}),
            "test.yml: small: error: cannot be trained without training samples [samples-missing]\n");
}

TEST_F(Trainer, ALossThatIsNoNumberEndsTheTraining) {
  network.optimiser.learning_rate = 1e38;
  EXPECT_EQ(
      complaint({.folder = folder}),
      "test.yml: small: error: the loss is no finite number at epoch 1, batch 2, and the first answer that is none is that of 'c1'; the last checkpoint is as it was: lower the learning rate or set training.gradient_clip [training-diverged]\n");
  EXPECT_FALSE(fs::exists(folder / "latest.safetensors"));
}

TEST_F(Trainer, ValidationAndTestMayBeEmpty) {
  validation = test = RandomSamples(network, 0, 0);
  const Training result = run_whole({.epochs = 1});
  EXPECT_FALSE(result.state.history[0].validation);
  EXPECT_FALSE(result.state.history[0].test);
  ASSERT_TRUE(save_checkpoint(folder / "c.safetensors", result.state));
  const auto loaded = load_checkpoint(folder / "c.safetensors");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(print_json(loaded->history), print_json(result.state.history));
}

TEST(History, Text) {
  const History history{{1, 2.5, 0.125, {0.5, 0.75}, Measure{0.25, 0.5}, Measure{0.1, 1.0}},
                        {2, 0.0625, 0.1, {0.3, 0.8}, {}, {}}};
  EXPECT_EQ(print_csv(history),
            "epoch,seconds,penalty,training_loss,training_accuracy,validation_loss,validation_accuracy,"
            "test_loss,"
            "test_accuracy\n"
            "1,2.500,0.125,0.5,0.75,0.25,0.5,0.1,1\n"
            "2,0.062,0.1,0.3,0.8,,,,\n");
  EXPECT_EQ(print_json(history),
            "[\n {\"epoch\": 1, \"seconds\": 2.500, \"penalty\": 0.125, \"training_loss\": 0.5, "
            "\"training_accuracy\": "
            "0.75, \"validation_loss\": 0.25, \"validation_accuracy\": 0.5, \"test_loss\": 0.1, "
            "\"test_accuracy\": 1},\n"
            " {\"epoch\": 2, \"seconds\": 0.062, \"penalty\": 0.1, \"training_loss\": 0.3, "
            "\"training_accuracy\": "
            "0.8}\n]\n");
}

TEST(RunningStatistics, DebiasMakesThemAMeanOfTheBatches) {
  Block block;
  block.momentum = 0.9;
  EXPECT_EQ(block.kept(0), 0.9);
  block.debias = true;
  EXPECT_EQ(block.kept(0), 0.0);
  // By definition: sum of m^(t-i) x_i over sum of m^(t-i).
  double statistic = 123, weighted = 0, weights = 0;
  for (int t = 0; t < 40; ++t) {
    const double x = std::sin(t);
    statistic = block.kept(t) * statistic + (1 - block.kept(t)) * x;
    weighted = 0.9 * weighted + x;
    weights = 0.9 * weights + 1;
    EXPECT_NEAR(statistic, weighted / weights, 1e-12);
  }
  EXPECT_NEAR(block.kept(1000), 0.9, 1e-12);
}

TEST(Team, CallsEveryIndexOnceOnLanesOfItsOwn) {
  for (const int threads : {1, 2, 4}) {
    Team team(threads);
    EXPECT_EQ(team.lanes(), threads);
    for (int phase = 0; phase < 200; ++phase) {
      std::vector<int> calls(37), inside(static_cast<size_t>(threads));
      team.run(37, [&](int lane, int i) {
        EXPECT_EQ(++inside[static_cast<size_t>(lane)], 1);
        ++calls[static_cast<size_t>(i)];
        --inside[static_cast<size_t>(lane)];
      });
      EXPECT_EQ(calls, std::vector<int>(37, 1));
    }
  }
}

TEST(Team, PassesOnAnExceptionAndWorksOn) {
  Team team(3);
  EXPECT_THROW(team.run(10,
                        [](int, int i) {
                          if (i == 4) throw std::runtime_error("four");
                        }),
               std::runtime_error);
  std::atomic<int> calls = 0;
  team.run(10, [&](int, int) { ++calls; });
  EXPECT_EQ(calls, 10);
}

}  // namespace
}  // namespace gw::train
