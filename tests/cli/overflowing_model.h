#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/answer.h"
#include "data/npy.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"

namespace gw::cli::testing {

/// A folder with model.gw, a dense layer of two outputs, and x.npy and labels.npy, three samples of which one
/// does not fit ap_fixed<16,6>: 30 * 0.25 + 31 * 2 = 69.5.
class OverflowingModel : public ::testing::Test {
 protected:
  void SetUp() override {
    GraphBuilder b;
    const NodeId x = b.input("x", {2});
    const NodeId w = b.constant("w", {{2, 2}, 1, {0.5f, 0.25f, -1.0f, 2.0f}});
    b.output(b.layer("dense1", Dense{}, {x, w}));
    ASSERT_TRUE(save_model(path("model.gw"), b.build().value()));
    ASSERT_TRUE(save_npy(path("x.npy"), {npy_f4, {3, 2}, {1, 2, 30, 31, -1, 0.5}}));
    ASSERT_TRUE(save_npy(path("labels.npy"), {npy_i8, {3}, {1, 1, 0}}));
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  gw::testing::TemporaryFolder folder_;
};

}  // namespace gw::cli::testing
