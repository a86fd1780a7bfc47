#pragma once

#include <cstdint>
#include <string_view>

#include "support/progress.h"

namespace gw::train {

/// Asks to stop after some steps.
class StopAfter : public SilentProgress {
 public:
  explicit StopAfter(int steps) : left_(steps) {}
  void update(std::int64_t, std::string_view) override { --left_; }
  bool stop_requested() const override { return left_ <= 0; }

 private:
  int left_;
};

}  // namespace gw::train
