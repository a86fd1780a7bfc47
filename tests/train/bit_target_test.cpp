// How the price of bits moves over the epochs, and what a target chooses.

#include "train/bit_target.h"

#include <cmath>

#include <gtest/gtest.h>

#include "train/reference.h"

namespace gw::train {
namespace {

EpochRecord record(int epoch, double beta, double lut, double accuracy) {
  EpochRecord record;
  record.epoch = epoch;
  record.validation = Measure{0.1, accuracy};
  record.bits = BitRecord{beta, {{"a", 100, 0.25 * lut}, {"b", 0, 0.5 * lut}, {"c", 50, {}}}, lut};
  return record;
}

TEST(BitPrices, GrowEvenlyWithoutATarget) {
  const BitCostSpec spec{.beta = 1e-6, .final_beta = 1e-4, .l1 = 0.5, .begin_epoch = 2, .end_epoch = 6};
  History history;
  for (const double beta : {0.0, 0.0, 1e-6, 1e-5 / std::sqrt(10), 1e-5, 1e-5 * std::sqrt(10), 1e-4, 1e-4}) {
    const BitPrice price = price_of_bits(spec, history);
    EXPECT_NEAR(price.beta, beta, 1e-12);
    EXPECT_EQ(price.l1, beta > 0 ? 0.5 : 0);
    EXPECT_EQ(price.is_free(), beta == 0);
    EXPECT_TRUE(price.factors.empty());
    history.emplace_back();
  }
}

TEST(BitPrices, FollowThePathToATarget) {
  const BitCostSpec spec{.beta = 1e-6, .begin_epoch = 0, .end_epoch = 5, .target_lut = 1000 / 0.95};
  History history;
  EXPECT_TRUE(price_of_bits(spec, history).is_free());  // nothing has a price yet
  history.push_back(record(1, 0, 16000, 0.9));
  BitPrice price = price_of_bits(spec, history);
  EXPECT_EQ(price.beta, 1e-6);
  EXPECT_EQ(price.factors, (std::vector<double>{40, 0, 0}));
  // From 16000 by half an epoch: on the path already, and falling as it should.
  history.push_back(record(2, 1e-6, 8000, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1e-6, 1e-15);
  // It stays where it is: far too large after one more epoch, but the price only doubles.
  history.push_back(record(3, 1e-6, 8000, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 2e-6, 1e-15);
  // Just above its path, but falling faster than needed.
  history.push_back(record(4, 2e-6, 2100, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1e-6, 1e-15);
  history.push_back(record(5, 1e-6, 2000, 0.9));
  history.push_back(record(6, 1e-6, 1000, 0.9));
  history.push_back(record(7, 1e-6, 1000, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1e-6, 1e-15);
  history.push_back(record(8, 1e-6, 1060, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1e-6 * std::pow(1.06, 8), 1e-12);
}

TEST(BitPrices, WidthsStandStillWithinTheTarget) {
  const BitCostSpec spec{.beta = 1e-6, .end_epoch = 5, .target_lut = 1000};
  History history;
  EXPECT_FALSE(holds_widths(spec, history));
  history.push_back(record(1, 0, 2000, 0.9));
  EXPECT_FALSE(holds_widths(spec, history));
  history.push_back(record(2, 1e-6, 900, 0.9));
  EXPECT_TRUE(holds_widths(spec, history));
  EXPECT_FALSE(holds_widths({.target_accuracy = 0.5}, history));
  // The price waits for them.
  EXPECT_EQ(price_of_bits(spec, history).beta, 1e-6);
  history.push_back(record(3, 1e-6, 1001, 0.9));
  EXPECT_FALSE(holds_widths(spec, history));
}

TEST(BitPrices, RiseWhileTheAccuracyLasts) {
  const BitCostSpec spec{.beta = 1e-6, .target_accuracy = 0.9};
  History history{record(1, 0, 100, 0.95)};
  EXPECT_EQ(price_of_bits(spec, history).beta, 1e-6);
  history.push_back(record(2, 1e-6, 100, 0.9));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1.25e-6, 1e-15);
  history.push_back(record(3, 1.25e-6, 100, 0.89));
  EXPECT_NEAR(price_of_bits(spec, history).beta, 1e-6, 1e-15);
}

TEST(ParetoFront, HasWhatNoOtherBeats) {
  const History history{record(1, 0, 900, 0.98), record(2, 0, 700, 0.97), record(3, 0, 700, 0.96),
                        record(4, 0, 800, 0.97), record(5, 0, 500, 0.9),  EpochRecord{}};
  EXPECT_EQ(print_front(pareto_front(history)),
            "epoch,validation_accuracy,lut,bit_operations,checkpoint\n"
            "5,0.9,500,150,epoch-005.safetensors\n"
            "2,0.97,700,150,epoch-002.safetensors\n"
            "1,0.98,900,150,epoch-001.safetensors\n");
  EXPECT_TRUE(pareto_front({EpochRecord{}}).empty());
}

TEST(ChosenEpoch, IsTheBestWithinTheTarget) {
  const History history{record(1, 0, 900, 0.98), record(2, 0, 700, 0.97), record(3, 0, 700, 0.97),
                        record(4, 0, 500, 0.9)};
  EXPECT_EQ(chosen_epoch({.target_lut = 1000}, history), 1);
  EXPECT_EQ(chosen_epoch({.target_lut = 700}, history), 3);
  EXPECT_EQ(chosen_epoch({.target_lut = 499}, history), std::nullopt);
  EXPECT_EQ(chosen_epoch({.target_accuracy = 0.9}, history), 4);
  EXPECT_EQ(chosen_epoch({.target_accuracy = 0.97}, history), 3);
  EXPECT_EQ(chosen_epoch({.target_accuracy = 0.99}, history), std::nullopt);
  EXPECT_EQ(chosen_epoch({}, history), std::nullopt);
  EXPECT_FALSE(missed_target({.target_lut = 700}, history, "n.yml"));
  EXPECT_FALSE(missed_target({}, history, "n.yml"));
  EXPECT_EQ(to_string(*missed_target({.target_lut = 499}, history, "n.yml")),
            "n.yml: training.bit_cost: warning: no epoch came to 499 LUT; the last one is kept: raise "
            "training.bit_cost.beta, train longer or ask for less [target-missed]");
  EXPECT_EQ(
      to_string(*missed_target({.target_accuracy = 0.99}, history, "n.yml")),
      "n.yml: training.bit_cost: warning: no epoch came to an accuracy of 0.99; the last one is kept: raise "
      "training.bit_cost.beta, train longer or ask for less [target-missed]");
}

TEST(BitRecords, AreInTheHistoriesTexts) {
  History history{record(1, 0.5, 800, 0.75)};
  history[0].training = {1, 0.5};
  EXPECT_EQ(
      print_csv(history),
      "epoch,seconds,penalty,training_loss,training_accuracy,validation_loss,validation_accuracy,test_loss,"
      "test_accuracy,beta,bit_operations,lut\n1,0.000,0,1,0.5,0.1,0.75,,,0.5,150,800\n");
  EXPECT_EQ(
      print_json(history),
      "[\n {\"epoch\": 1, \"seconds\": 0.000, \"penalty\": 0, \"training_loss\": 1, \"training_accuracy\": 0.5, "
      "\"validation_loss\": 0.1, \"validation_accuracy\": 0.75, \"beta\": 0.5, \"bit_operations\": 150, \"lut\": "
      "800, \"layers\": [{\"name\": \"a\", \"bit_operations\": 100, \"lut\": 200}, {\"name\": \"b\", "
      "\"bit_operations\": 0, \"lut\": 400}, {\"name\": \"c\", \"bit_operations\": 50}]}\n]\n");
}

// The recipe's section is read, printed, and held to the layers.
TEST(BitCostSection, IsReadAndPrintedAndChecked) {
  const std::string body =
      "input: {shape: [2, 2, 1], quantizer: 'quantized_bits(2,0,keep_negative=0)'}\nlayers: [{name: f, type: flatten}, "
      "{name: d, type: dense, units: 2, kernel_quantizer: 'quantized_bits(4,0,learned_bits=weight)'}, {name: s, type: "
      "softmax}]\n";
  const Network network =
      network_of(body + "training: {epochs: 8, bit_cost: {beta: 1.0e-5, target_lut: 50}}\n");
  EXPECT_EQ(network.bit_cost->final_beta, 1e-5);
  EXPECT_EQ(network.bit_cost->end_epoch, 6);
  const Parameters parameters = initial_parameters(network, 1);
  EXPECT_EQ(parameters.trained[0].rate, 1);
  EXPECT_EQ(parameters.trained[1].rate, 0.2);
  EXPECT_TRUE(parameters.trained[1].is_width);
  EXPECT_EQ(print_network(*parse_network(print_network(network), "again")), print_network(network));
  const auto complaint = [](const std::string& text) {
    std::string all;
    const auto parsed = parse_network(text, "n.yml");
    if (!parsed)
      for (const Diagnostic& error : parsed.errors()) all += to_string(error) + "\n";
    return all;
  };
  EXPECT_EQ(
      complaint(body + "training: {bit_cost: {beta: 0, begin_epoch: 4, end_epoch: 3, target_lut: 10, "
                       "target_accuracy: 0.5}}\n"),
      "n.yml:3: training.bit_cost.beta: error: is 0, but must be above 0 [value-range]\n"
      "n.yml:3: training.bit_cost.end_epoch: error: is 3, but must be at least begin_epoch [value-range]\n"
      "n.yml:3: training.bit_cost.target_accuracy: error: is 0.5, but must be left out beside target_lut "
      "[value-range]\n");
  std::string fixed = body;
  fixed.replace(fixed.find(",learned_bits=weight"), 20, "");
  EXPECT_EQ(complaint(fixed + "training: {bit_cost: {beta: 1}}\n"),
            "n.yml: training.bit_cost: error: prices widths, but no quantizer learns any; give some of them "
            "learned_bits=weight, channel or tensor [no-learned-bits]\n");
}

}  // namespace
}  // namespace gw::train
