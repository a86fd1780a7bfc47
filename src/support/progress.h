#pragma once

#include <cstdint>
#include <string_view>

namespace gw {

/// What long work tells of itself; libraries are handed one and never print. The command line shows a bar
/// with an ETA on a terminal and one line a stage otherwise.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A stage begins: `total` steps are ahead (0: unknown).
  virtual void begin(std::string_view stage, std::int64_t total) = 0;
  /// `done` steps of the current stage are behind us; `note` is a few words beside the bar.
  virtual void update(std::int64_t done, std::string_view note) = 0;
  /// The current stage is over; `summary` is what remains on the screen.
  virtual void end(std::string_view summary) = 0;
  /// True once the user asked to stop; long loops look at it between steps and return early, leaving their
  /// state saved.
  virtual bool stop_requested() const = 0;
};

/// Shows nothing and never stops.
class SilentProgress : public Progress {
 public:
  void begin(std::string_view, std::int64_t) override {}
  void update(std::int64_t, std::string_view) override {}
  void end(std::string_view) override {}
  bool stop_requested() const override { return false; }
};

}  // namespace gw
