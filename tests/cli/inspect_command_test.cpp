// gatewright inspect: what it prints of files that convert and of those that do not.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "formats/keras/builder.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"
#include "support/files.h"

namespace gw::cli {
namespace {

using gw::testing::Json;
using gw::testing::keras_layer;

testing::Answer inspect(const std::vector<std::string>& arguments) {
  return testing::answer("inspect", arguments);
}

/// A QDense and an activation, and whatever stands in the middle.
std::string quantised_net(const std::string& class_name) {
  gw::testing::KerasNet net;
  const Json bits{
      {"class_name", "quantized_bits"},
      {"config",
       {{"bits", 6}, {"integer", 0}, {"alpha", 1}, {"keep_negative", true}, {"qnoise_factor", 1.0}}}};
  net.add(gw::testing::keras_input("in", {3}));
  net.add(
      gw::testing::keras_dense("fc", 3, 2, {{"kernel_quantizer", bits}, {"bias_quantizer", bits}}, "QDense"));
  net.add(keras_layer(class_name, "middle"))
      .add(keras_layer("QActivation", "end", {{"activation", "quantized_relu(4)"}}));
  return net.h5();
}

class InspectCommand : public ::testing::Test {
 protected:
  gw::testing::TemporaryFolder folder;
  std::string model = (folder.path() / "m").string();
};

TEST_F(InspectCommand, OurOwnFiles) {
  ASSERT_TRUE(save_model(model, testing::small_network()));
  const auto shown = inspect({model});
  EXPECT_EQ(shown.code, ExitCode::Success);
  EXPECT_EQ(shown.out, model +
                           ": Gatewright model\n"
                           "2 parameters\n"
                           "input x 2\n"
                           "output dense1 1\n"
                           "\n"
                           "operator  times  understood\n"
                           "---------------------------\n"
                           "dense         1         yes\n"
                           "\n"
                           "It converts.\n");
  EXPECT_EQ(inspect({model + "none"}).code, ExitCode::UserError);
}

TEST_F(InspectCommand, AQuantisedModel) {
  ASSERT_TRUE(write_file(model, quantised_net("Dropout")));
  const auto shown = inspect({model});
  EXPECT_EQ(shown.code, ExitCode::Success);
  EXPECT_EQ(shown.err, "");
  EXPECT_EQ(shown.out, model +
                           ": Keras model in HDF5, Keras 2.12.0\n"
                           "8 parameters\n"
                           "input in 3\n"
                           "output end 2\n"
                           "\n"
                           "operator     times  understood\n"
                           "------------------------------\n"
                           "Dropout          1         yes\n"
                           "QActivation      1         yes\n"
                           "QDense           1         yes\n"
                           "\n"
                           "quantizer                                   times\n"
                           "-------------------------------------------------\n"
                           "quantized_bits(alpha=1, bits=6, integer=0)      2\n"
                           "quantized_relu(bits=4)                          1\n"
                           "\n"
                           "It converts.\n");
}

TEST_F(InspectCommand, EverythingThatDoesNotConvert) {
  ASSERT_TRUE(write_file(model, quantised_net("LSTM")));
  const auto shown = inspect({model, "--json"});
  EXPECT_EQ(shown.code, ExitCode::UserError);
  EXPECT_NE(shown.err.find("layer class 'LSTM' is known, but there is no such layer here yet"),
            std::string::npos);
  const Json json = Json::parse(shown.out);
  EXPECT_EQ(json["is"], "Keras model in HDF5, Keras 2.12.0");
  EXPECT_EQ(json["converts"], false);
  EXPECT_EQ(json["operators"][0], (Json{{"name", "LSTM"}, {"times", 1}, {"understood", false}}));
  EXPECT_EQ(json["problems"].size(), 1U);
  EXPECT_EQ(json["problems"][0]["item"], "node 'middle'");
  EXPECT_NE(inspect({model}).out.find("\nIt does not convert: 1 reason.\n"), std::string::npos);
}

}  // namespace
}  // namespace gw::cli
