// FIFO depths, computed and not guessed.
//
// Without back-pressure from outside, every transfer of a design happens at a clock that its geometry alone
// decides: a FIFO offers a beat one clock after it was pushed; a window block moves as schedule/window_scan.h
// says; a position takes the clocks of its fold once all windows stand, and its answer appears when the
// pipeline's depth has passed. So stage by stage, sources first, the times can be computed with FIFOs taken
// as unlimited, and the largest number that waits at once is the depth at which no stage is ever held up.
// Later frames meet what earlier ones left behind, hence several frames, until one is like the one before.
//
// That is not yet enough where streams that parted meet again: a path with a deep pipeline stores what passes
// through it only as long as it moves. If the input is slow, its answers pile up in the FIFO behind it while
// the other path still waits for pixels, and a FIFO that is full there would hold up the fork that those
// pixels must pass. So each beat is also followed alone until everything rests, and the most that waits then
// is a lower bound of the depth. Cost: a few additions a pixel, stage and frame.
//
// The search for a design asks this of many that differ in one stage. What a stage does depends on its
// geometry, its fold and the times at which its beats are offered, so a stage that was met before with the
// same ones is not followed again; and if all of its beats come later by as much, so does all that it does.

#include "schedule/timeline.h"

#include <compare>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "schedule/window_scan.h"
#include "support/check.h"

namespace gw {

namespace {

using Times = std::vector<std::int64_t>;

constexpr size_t waiting_room = 2;  // of a source that is made to wait: a beat every clock passes

/// What lies between a FIFO and a window: beats cut into pixels, or nothing.
class Splitter {
 public:
  explicit Splitter(int pixels) : pixels_(pixels) {}
  bool offers(bool beat_waits) const { return pixels_ == 1 ? beat_waits : left_ > 0; }
  /// One clock in which its pixel was taken or not; true if a beat leaves the FIFO.
  bool clock(bool beat_waits, bool took) {
    if (pixels_ == 1) return took;
    if (took) --left_;
    if (left_ > 0 || !beat_waits) return false;
    left_ = pixels_;
    return true;
  }

 private:
  int pixels_;
  int left_ = 0;
};

struct Reader {
  ScanState scan;
  Splitter splitter;
  const Times& offered;    ///< when each beat could come at the earliest
  std::int64_t later = 0;  ///< added to those times
  size_t room = 0;         ///< if not 0: beats come only while fewer than so many wait
  Times pushed = {};
  Times popped = {};
  /// When the next beat comes; none: there are no more.
  std::optional<std::int64_t> next() {
    const size_t beat = popped.size();
    if (beat == offered.size()) return {};
    if (beat == pushed.size()) {
      std::int64_t time = offered[beat] + later;
      if (room > 0 && beat >= room) time = std::max(time, popped[beat - room] + 1);
      pushed.push_back(time);
    }
    return pushed[beat];
  }
  bool beat_waits(std::int64_t time) {
    const auto comes = next();
    return comes && *comes < time;
  }
};

// Answers the clocks at which the stage is done with each of its positions, and sets those at which each
// stream's beats leave their FIFO. `clocks`: of a window, of which there are `windows_each` a position.
Times follow(int clocks, int windows_each, std::vector<Reader>& readers, std::int64_t positions) {
  Times finished;
  int worked = 0, windows = 0;
  for (std::int64_t time = 0; static_cast<std::int64_t>(finished.size()) < positions;) {
    const bool stands =
        std::all_of(readers.begin(), readers.end(), [](const Reader& r) { return r.scan.valid(); });
    bool used = false, moved = false;
    if (stands && ++worked == clocks) {
      used = moved = true;
      worked = 0;
      if (++windows == windows_each) {
        windows = 0;
        finished.push_back(time);
      }
    }
    for (Reader& reader : readers) {
      const bool waits = reader.beat_waits(time);
      const ScanState::Moved step = reader.scan.clock(reader.splitter.offers(waits), used);
      moved = moved || step.moved;
      if (reader.splitter.clock(waits, step.took)) {
        reader.popped.push_back(time);
        moved = true;
      }
    }
    if (moved) {
      ++time;
      continue;
    }
    // Nothing happens before the next beat, except that work goes on.
    std::int64_t next = stands ? time + clocks - worked : std::numeric_limits<std::int64_t>::max();
    for (Reader& reader : readers) {
      const auto comes = reader.next();
      if (comes && *comes >= time) next = std::min(next, *comes + 1);
    }
    GW_CHECK(next < std::numeric_limits<std::int64_t>::max());
    if (stands) worked += static_cast<int>(next - time - 1);
    time = next;
  }
  return finished;
}

// The most beats that stand in a FIFO when one more is pushed, that one included. What has not left at the
// end of the last frame is of no frame that was followed.
int most_waiting(const Times& pushed, const Times& popped) {
  std::int64_t most = 0;
  for (size_t in = 0, out = 0; in < popped.size(); ++in) {
    while (out < in && popped[out] < pushed[in]) ++out;
    most = std::max(most, static_cast<std::int64_t>(in - out) + 1);
  }
  return static_cast<int>(most);
}

// True if the last frame is the one before, an interval later.
bool repeats(const Times& times, std::int64_t per_frame, std::int64_t interval) {
  const auto end = static_cast<std::int64_t>(times.size());
  for (std::int64_t i = end - per_frame; i < end; ++i) {
    if (times[static_cast<size_t>(i)] - times[static_cast<size_t>(i - per_frame)] != interval) return false;
  }
  return true;
}

// Where a frame takes longer than one clock a beat, its source has to wait anyway, and better outside than in
// a long FIFO. An input with several readers has FIFOs that hold what one of them is behind.
bool source_waits(const Design& design, const InputStream& stream) {
  if (stream.source >= 0 || design.interval <= stream.beats()) return false;
  int readers = 0;
  for (const StageDesign& stage : design.stages) {
    for (const InputStream& other : stage.streams) readers += other.source == stream.source ? 1 : 0;
  }
  return readers == 1;
}

/// Times at which beats can come: those of a list, all as many clocks later.
struct Offered {
  std::shared_ptr<const Times> times;
  std::int64_t later = 0;
};

/// All that decides when a stage does what, but for a common delay of everything.
struct Course {
  struct Stream {
    Scan scan;
    int beat_pixels = 1;
    size_t room = 0;
    std::shared_ptr<const Times> offered;
    std::int64_t later = 0;  ///< than the first stream
    auto operator<=>(const Stream&) const = default;
  };
  int clocks = 1, windows_each = 1;
  std::int64_t positions = 0;
  std::vector<Stream> streams;
  auto operator<=>(const Course&) const = default;
};

/// What a stage does on its course.
struct Run {
  std::shared_ptr<const Times> finished;  ///< the clocks at which it is done with each position
  std::vector<int> waiting;               ///< the most beats in the FIFO of each stream
};

Run run_of(const Course& course) {
  std::vector<Reader> readers;
  for (const Course::Stream& stream : course.streams) {
    readers.push_back(
        {ScanState(stream.scan), Splitter(stream.beat_pixels), *stream.offered, stream.later, stream.room});
  }
  Run run;
  run.finished =
      std::make_shared<const Times>(follow(course.clocks, course.windows_each, readers, course.positions));
  for (const Reader& reader : readers) run.waiting.push_back(most_waiting(reader.pushed, reader.popped));
  return run;
}

/// What happens to frames that come without a pause.
struct Followed {
  std::vector<std::vector<int>> waiting;  ///< the most beats in the FIFO of each stream of each stage
  std::int64_t latency = 0;
  bool is_settled = true;  ///< more frames would show nothing more
};

/// One frame through the design, beat by beat, each one followed until everything rests.
class AtRest {
 public:
  explicit AtRest(const Design& design) : design_(design), input_readers_(design.inputs.size()) {
    for (size_t s = 0; s < design.stages.size(); ++s) {
      stages_.emplace_back();
      stage_readers_.emplace_back();
      waiting_.emplace_back(design.stages[s].streams.size(), 0);
      for (size_t k = 0; k < design.stages[s].streams.size(); ++k) {
        const InputStream& stream = design.stages[s].streams[k];
        stages_[s].push_back({ScanState(scan_of(stream.window)), Splitter(stream.beat_pixels), 0});
        (stream.source < 0 ? input_readers_[static_cast<size_t>(-1 - stream.source)]
                           : stage_readers_[static_cast<size_t>(stream.source)])
            .push_back({s, k});
      }
    }
    answered_.assign(stages_.size(), 0);
    windows_.assign(stages_.size(), 0);
  }

  /// The most beats that wait in the FIFO of each stream of each stage.
  std::vector<std::vector<int>> run() {
    std::int64_t beats = 0;
    for (const StreamPort& port : design_.inputs) beats = std::max(beats, port.beats());
    for (std::int64_t beat = 0; beat < beats; ++beat) {
      for (size_t i = 0; i < design_.inputs.size(); ++i) {
        if (beat < design_.inputs[i].beats()) give(input_readers_[i]);
      }
    }
    for (size_t s = 0; s < stages_.size(); ++s) GW_CHECK(answered_[s] == design_.stages[s].positions);
    return std::move(waiting_);
  }

 private:
  struct Resting {
    ScanState scan;
    Splitter splitter;
    int waiting;
  };
  struct Place {
    size_t stage, stream;
  };

  void give(const std::vector<Place>& readers) {
    for (const Place& to : readers) {
      int& most = waiting_[to.stage][to.stream];
      most = std::max(most, ++stages_[to.stage][to.stream].waiting);
    }
    for (const Place& to : readers) settle(to.stage);
  }

  void settle(size_t stage) {
    std::vector<Resting>& streams = stages_[stage];
    for (bool moved = true; moved;) {
      moved = false;
      const bool stands =
          std::all_of(streams.begin(), streams.end(), [](const Resting& r) { return r.scan.valid(); });
      for (Resting& stream : streams) {
        const bool waits = stream.waiting > 0;
        const ScanState::Moved step = stream.scan.clock(stream.splitter.offers(waits), stands);
        const bool popped = stream.splitter.clock(waits, step.took);
        if (popped) --stream.waiting;
        moved = moved || step.moved || popped;
      }
      if (stands && ++windows_[stage] == design_.stages[stage].circuit.fold.positions) {
        windows_[stage] = 0;
        ++answered_[stage];
        give(stage_readers_[stage]);
      }
    }
  }

  const Design& design_;
  std::vector<std::vector<int>> waiting_;
  std::vector<std::vector<Resting>> stages_;
  std::vector<std::vector<Place>> input_readers_, stage_readers_;
  std::vector<std::int64_t> answered_;
  std::vector<int> windows_;  ///< of the answer that each stage is at
};

/// All that decides what waits where at rest.
struct Geometry {
  struct Stream {
    int source = 0;
    Scan scan;
    int beat_pixels = 1;
    auto operator<=>(const Stream&) const = default;
  };
  std::vector<std::int64_t> inputs;          ///< beats
  std::vector<std::vector<Stream>> streams;  ///< of each stage
  std::vector<int> windows_each;             ///< a position
  auto operator<=>(const Geometry&) const = default;
};

Geometry geometry_of(const Design& design) {
  Geometry geometry;
  for (const StreamPort& port : design.inputs) geometry.inputs.push_back(port.beats());
  for (const StageDesign& stage : design.stages) {
    std::vector<Geometry::Stream>& streams = geometry.streams.emplace_back();
    for (const InputStream& stream : stage.streams)
      streams.push_back({stream.source, scan_of(stream.window), stream.beat_pixels});
    geometry.windows_each.push_back(stage.circuit.fold.positions);
  }
  return geometry;
}

}  // namespace

struct Timeline::Known {
  static constexpr size_t most_times = size_t{1} << 22;  ///< some thirty megabytes, then all is forgotten

  std::map<std::vector<std::int64_t>, std::shared_ptr<const Times>> inputs;  ///< by beats, interval, frames
  std::map<Course, Run> runs;
  std::map<Geometry, std::vector<std::vector<int>>> at_rest;
  size_t times = 0;  ///< that are held

  const Run& run(Course course) {
    const auto [at, is_new] = runs.try_emplace(std::move(course));
    if (is_new) {
      at->second = run_of(at->first);
      times += at->second.finished->size();
    }
    return at->second;
  }

  const std::shared_ptr<const Times>& input(std::int64_t beats, std::int64_t interval, int frames) {
    std::shared_ptr<const Times>& known = inputs[{beats, interval, frames}];
    if (known) return known;
    Times pushed;
    for (int frame = 0; frame < frames; ++frame) {
      for (std::int64_t beat = 0; beat < beats; ++beat) pushed.push_back(frame * interval + beat);
    }
    times += pushed.size();
    known = std::make_shared<const Times>(std::move(pushed));
    return known;
  }

  const std::vector<std::vector<int>>& waiting_at_rest(const Design& design) {
    const auto [at, is_new] = at_rest.try_emplace(geometry_of(design));
    if (is_new) at->second = AtRest(design).run();
    return at->second;
  }

  Followed follow(const Design& design, int frames) {
    std::vector<Offered> answers;
    Followed followed;
    for (const StageDesign& stage : design.stages) {
      std::vector<Offered> offered;
      for (const InputStream& stream : stage.streams) {
        if (stream.source >= 0) {
          offered.push_back(answers[static_cast<size_t>(stream.source)]);
        } else {
          const StreamPort& port = design.inputs[static_cast<size_t>(-1 - stream.source)];
          offered.push_back({input(port.beats(), design.interval, frames), 0});
        }
      }
      Course course{stage.circuit.fold.clocks(), stage.circuit.fold.positions, frames * stage.positions, {}};
      const std::int64_t begin =
          std::min_element(offered.begin(), offered.end(), [](const Offered& a, const Offered& b) {
            return a.later < b.later;
          })->later;
      for (size_t k = 0; k < offered.size(); ++k) {
        const InputStream& stream = stage.streams[k];
        course.streams.push_back({scan_of(stream.window), stream.beat_pixels,
                                  source_waits(design, stream) ? waiting_room : 0, offered[k].times,
                                  offered[k].later - begin});
      }
      const Run& done = run(std::move(course));
      answers.push_back({done.finished, begin + stage.circuit.latency});
      followed.waiting.push_back(done.waiting);
      followed.is_settled =
          followed.is_settled && frames > 1 && repeats(*done.finished, stage.positions, design.interval);
    }
    for (const StreamPort& port : design.outputs) {
      const Offered& answer = answers[static_cast<size_t>(port.source)];
      followed.latency = std::max(followed.latency, (*answer.times)[static_cast<size_t>(port.beats()) - 1] +
                                                        answer.later + (port.buffered ? 1 : 0));
    }
    return followed;
  }
};

Timeline::Timeline() : known_(std::make_unique<Known>()) {}
Timeline::~Timeline() = default;

void Timeline::set_fifo_depths(Design& design) {
  if (known_->times > Known::most_times) *known_ = Known{};
  const std::vector<std::vector<int>>& at_rest = known_->waiting_at_rest(design);
  constexpr int most_frames = 24;
  Followed followed;
  for (int frames = 4; frames <= most_frames; frames *= 2) {
    followed = known_->follow(design, frames);
    if (followed.is_settled) break;
  }
  design.latency = followed.latency;
  for (size_t s = 0; s < design.stages.size(); ++s) {
    for (size_t k = 0; k < design.stages[s].streams.size(); ++k)
      design.stages[s].streams[k].fifo_depth = std::max({1, at_rest[s][k], followed.waiting[s][k]});
  }
}

std::vector<int> answer_clocks(const Design& design) {
  std::vector<int> clocks;
  for (const StageDesign& stage : design.stages) {
    int begin = 0;
    for (const InputStream& stream : stage.streams) {
      if (stream.source >= 0) begin = std::max(begin, clocks[static_cast<size_t>(stream.source)]);
    }
    clocks.push_back(begin + stage.circuit.latency);
  }
  return clocks;
}

std::int64_t latency_of(const Design& design) {
  if (design.ports == Ports::Stream) return Timeline::Known().follow(design, 1).latency;
  const std::vector<int> clocks = answer_clocks(design);
  int latest = 0;
  for (const StreamPort& port : design.outputs)
    latest = std::max(latest, clocks[static_cast<size_t>(port.source)]);
  return latest;
}

std::int64_t shortest_interval(std::span<const Window> windows) {
  std::vector<ScanState> scans;
  for (const Window& window : windows) scans.emplace_back(scan_of(window));
  const std::int64_t positions =
      std::int64_t{windows.front().output_height()} * windows.front().output_width();
  // The first frames may have to be waited for.
  constexpr int frames = 4;
  std::int64_t ends[frames] = {};
  std::int64_t time = 0;
  for (int frame = 0; frame < frames; ++frame) {
    for (std::int64_t position = 0; position < positions; ++time) {
      const bool stands =
          std::all_of(scans.begin(), scans.end(), [](const ScanState& s) { return s.valid(); });
      for (ScanState& scan : scans) scan.clock(true, stands);
      if (stands) ++position;
    }
    ends[frame] = time;
  }
  return ends[frames - 1] - ends[frames - 2];
}

}  // namespace gw
