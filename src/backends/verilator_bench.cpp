// The test bench that a design brings along: it feeds frames, pauses at random on both sides, and writes down
// exactly what came out and when. It judges the stream protocol; whether the bits are right is judged by who
// knows them.

#include "backends/verilator_bench.h"

#include <fmt/format.h>

#include "backends/verilog/plain.h"
#include "backends/verilog/verilog.h"

namespace gw {

namespace {

// What is the same for every design.
constexpr const char* runtime = R"BENCH(
#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// Ports of up to 64 bits are integers, wider ones arrays of 32-bit words.
template <class Bits>
void put(Bits& bits, const std::uint8_t* bytes, long count) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, static_cast<std::size_t>(count));
  bits = static_cast<Bits>(value);
}
template <std::size_t Words>
void put(VlWide<Words>& bits, const std::uint8_t* bytes, long count) {
  for (std::size_t w = 0; w < Words; ++w) bits[w] = 0;
  for (long b = 0; b < count; ++b) bits[static_cast<std::size_t>(b / 4)] |= std::uint32_t{bytes[b]} << (8 * (b % 4));
}
template <class Bits>
void get(const Bits& bits, std::uint8_t* bytes, long count) {
  const std::uint64_t value = bits;
  std::memcpy(bytes, &value, static_cast<std::size_t>(count));
}
template <std::size_t Words>
void get(const VlWide<Words>& bits, std::uint8_t* bytes, long count) {
  for (long b = 0; b < count; ++b) bytes[b] = static_cast<std::uint8_t>(bits[static_cast<std::size_t>(b / 4)] >> (8 * (b % 4)));
}

struct Random {
  std::uint64_t state;
  bool chance(double p) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-53 < p;
  }
};

struct Shape {
  long bytes, beats;  // of a beat, of a frame
};

// One pin for each port of a side.
struct Pins {
  std::vector<Shape> inputs, outputs;
  bool is_plain;  // all ports go together, and nothing can be held up
  long patience;  // clocks without a transfer after which the design counts as stuck
  void (*offer)(Top& top, int port, const std::uint8_t* beat, bool last);
  void (*set_valid)(Top& top, int port, bool valid);
  bool (*ready)(const Top& top, int port);
  void (*set_ready)(Top& top, int port, bool ready);
  bool (*valid)(const Top& top, int port);
  bool (*last)(const Top& top, int port);
  void (*read)(const Top& top, int port, std::uint8_t* beat);
  bool (*frame_error)(const Top& top);
};

std::vector<std::uint8_t> read_all(const std::string& name) {
  std::vector<std::uint8_t> bytes;
  std::FILE* file = std::fopen(name.c_str(), "rb");
  if (!file) return bytes;
  std::uint8_t block[65536];
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + n);
  std::fclose(file);
  return bytes;
}

long frame_bytes(const std::vector<Shape>& ports) {
  long bytes = 0;
  for (const Shape& port : ports) bytes += port.bytes * port.beats;
  return bytes;
}

struct Options {
  long frames = -1, seed = 1;
  double stall_in = 0, stall_out = 0;
};

// One design while it runs.
class Device {
 public:
  Device(const Pins& pins, const Options& options, const std::string& inputs, int number)
      : pins_(pins), options_(options), bytes_(read_all(inputs)), in_(pins.inputs.size()), out_(pins.outputs.size()),
        random_{0x9e3779b97f4a7c15u ^ static_cast<std::uint64_t>(options.seed + 7919 * number) * 0x2545f4914f6cdd1du} {
    const long given = static_cast<long>(bytes_.size()) / frame_bytes(pins.inputs);
    frames = options.frames < 0 || options.frames > given ? given : options.frames;
    for (std::size_t p = 0; p < out_.size(); ++p) {
      out_[p].beat.resize(static_cast<std::size_t>(pins.outputs[p].bytes));
      out_[p].waiting_beat = out_[p].beat;
    }
    last_out_.assign(static_cast<std::size_t>(frames), 0);
  }

  void reset(Top& top) {
    for (int p = 0; p < static_cast<int>(in_.size()); ++p) pins_.set_valid(top, p, false);
    for (int p = 0; p < static_cast<int>(out_.size()); ++p) pins_.set_ready(top, p, false);
  }

  bool runs() const { return !done() && quiet_ < pins_.patience; }
  bool done() const { return complete_ == static_cast<long>(out_.size()); }

  void drive(Top& top) {
    const bool pauses_in = random_.chance(options_.stall_in);
    long before = 0;  // bytes of the ports before this one in a frame
    for (std::size_t p = 0; p < in_.size(); ++p) {
      const Shape& shape = pins_.inputs[p];
      In& in = in_[p];
      const int port = static_cast<int>(p);
      const bool pauses = pins_.is_plain ? pauses_in : random_.chance(options_.stall_in);
      if (!in.offering && in.sent < frames * shape.beats && !pauses) {
        in.offering = true;
        const long frame = in.sent / shape.beats, beat = in.sent % shape.beats;
        const std::uint8_t* from = bytes_.data() + frame * frame_bytes(pins_.inputs) + before + beat * shape.bytes;
        pins_.offer(top, port, from, beat == shape.beats - 1);
      }
      pins_.set_valid(top, port, in.offering);
      before += shape.beats * shape.bytes;
    }
    for (std::size_t p = 0; p < out_.size(); ++p) {
      out_[p].ready = pins_.is_plain || !random_.chance(options_.stall_out);
      pins_.set_ready(top, static_cast<int>(p), out_[p].ready);
    }
  }

  void watch(const Top& top) {
    bool moved = false;
    for (std::size_t p = 0; p < in_.size(); ++p) {
      In& in = in_[p];
      if (!in.offering || !pins_.ready(top, static_cast<int>(p))) continue;
      if (first_in_ < 0) first_in_ = clocks_;
      ++in.sent;
      in.offering = false;
      moved = true;
    }
    for (std::size_t p = 0; p < out_.size(); ++p) {
      const Shape& shape = pins_.outputs[p];
      const int port = static_cast<int>(p);
      Out& out = out_[p];
      const bool valid = pins_.valid(top, port), taken = valid && out.ready;
      if (valid) pins_.read(top, port, out.beat.data());
      if (out.waiting && (!valid || out.beat != out.waiting_beat)) ++protocol_errors;
      out.waiting = valid && !taken;
      if (out.waiting) out.waiting_beat = out.beat;
      if (!taken) continue;
      moved = true;
      if (out.received >= frames * shape.beats) {
        ++protocol_errors;  // nobody asked for more
        continue;
      }
      const bool last = out.received % shape.beats == shape.beats - 1;
      if (pins_.last(top, port) != last) ++protocol_errors;
      out.bytes.insert(out.bytes.end(), out.beat.begin(), out.beat.end());
      if (last) last_out_[static_cast<std::size_t>(out.received / shape.beats)] = clocks_;
      if (++out.received == frames * shape.beats) ++complete_;
    }
    quiet_ = moved ? 0 : quiet_ + 1;
    ++clocks_;
  }

  void finish(const Top& top) {
    if (pins_.frame_error(top)) ++protocol_errors;
  }

  bool write(const std::string& name) const {
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (!file) return false;
    bool good = true;
    for (long frame = 0; frame < whole_frames(); ++frame) {
      for (std::size_t p = 0; p < out_.size(); ++p) {
        const auto size = static_cast<std::size_t>(pins_.outputs[p].bytes * pins_.outputs[p].beats);
        good = good && std::fwrite(out_[p].bytes.data() + static_cast<std::size_t>(frame) * size, 1, size, file) == size;
      }
    }
    return std::fclose(file) == 0 && good;
  }

  bool report(const std::string& name) const {
    const long whole = whole_frames();
    long interval = 0;
    for (long n = 1; n < whole; ++n) interval = std::max(interval, last_out_[static_cast<std::size_t>(n)] - last_out_[static_cast<std::size_t>(n - 1)]);
    const long latency = whole == 0 ? -1 : last_out_[0] - first_in_;
    std::FILE* file = std::fopen(name.c_str(), "w");
    if (!file) return false;
    std::fprintf(file, "{\"frames\": %ld, \"clocks\": %ld, \"latency_clocks\": %ld, \"interval_clocks\": %ld, \"protocol_errors\": %ld}\n",
                 whole, clocks_, latency, interval, protocol_errors);
    return std::fclose(file) == 0;
  }

  long whole_frames() const {
    long whole = frames;
    for (std::size_t p = 0; p < out_.size(); ++p) whole = std::min(whole, out_[p].received / pins_.outputs[p].beats);
    return whole;
  }
  long clocks() const { return clocks_; }

  long frames = 0, protocol_errors = 0;

 private:
  struct In {
    long sent = 0;
    bool offering = false;
  };
  struct Out {
    long received = 0;
    bool ready = false, waiting = false;
    std::vector<std::uint8_t> beat, waiting_beat, bytes;
  };
  const Pins& pins_;
  Options options_;
  std::vector<std::uint8_t> bytes_;
  std::vector<In> in_;
  std::vector<Out> out_;
  std::vector<long> last_out_;
  Random random_;
  long first_in_ = -1, clocks_ = 0, quiet_ = 0, complete_ = 0;
};
)BENCH";

constexpr const char* main_text = R"BENCH(
}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s INPUTS OUTPUTS REPORT [--images N] [--stall-in P] [--stall-out P] [--seed S]\n", argv[0]);
    return 2;
  }
  Options options;
  for (int a = 4; a + 1 < argc; a += 2) {
    const std::string flag = argv[a];
    const double value = std::atof(argv[a + 1]);
    if (flag == "--images") options.frames = static_cast<long>(value);
    else if (flag == "--stall-in") options.stall_in = value;
    else if (flag == "--stall-out") options.stall_out = value;
    else if (flag == "--seed") options.seed = static_cast<long>(value);
    else return std::fprintf(stderr, "unknown flag %s\n", argv[a]), 2;
  }
  const auto named = [&](int argument, std::size_t number) {
    return all_pins.size() == 1 ? std::string(argv[argument]) : argv[argument] + ("." + std::to_string(number));
  };
  std::vector<Device> devices;
  for (std::size_t n = 0; n < all_pins.size(); ++n) {
    devices.emplace_back(all_pins[n], options, named(1, n), static_cast<int>(n));
    if (devices[n].frames == 0) return std::fprintf(stderr, "%s holds no whole frame\n", named(1, n).c_str()), 2;
  }

  VerilatedContext context;
  Top top(&context);
  const auto edge = [&] {
    top.aclk = 1;
    top.eval();
    top.aclk = 0;
    top.eval();
  };
  top.aclk = 0;
  top.aresetn = 0;
  for (Device& device : devices) device.reset(top);
  top.eval();
  for (int n = 0; n < 4; ++n) edge();
  top.aresetn = 1;
  for (bool runs = true; runs;) {
    for (Device& device : devices) {
      if (device.runs()) device.drive(top);
      else device.reset(top);
    }
    top.eval();
    runs = false;
    for (Device& device : devices) {
      if (device.runs()) device.watch(top);
      runs = runs || device.runs();
    }
    edge();
  }

  int code = 0;
  for (std::size_t n = 0; n < devices.size(); ++n) {
    Device& device = devices[n];
    device.finish(top);
    if (!device.write(named(2, n)) || !device.report(named(3, n))) return 4;
    if (!device.done()) {
      std::fprintf(stderr, "stuck: %ld of %ld frames after %ld clocks%s\n", device.whole_frames(), device.frames, device.clocks(),
                   devices.size() == 1 ? "" : (", design " + std::to_string(n)).c_str());
      code = 3;
    } else if (device.protocol_errors != 0 && code == 0) {
      code = 1;
    }
  }
  top.final();
  return code;
}
)BENCH";

std::string shapes(const std::vector<StreamPort>& ports) {
  std::string list;
  for (const StreamPort& port : ports)
    list += fmt::format("{}{{{}, {}}}", list.empty() ? "" : ", ", port.bytes(), port.beats());
  return list;
}

// A function that does something for the port it is asked for: `line` with {0} for the port's signals, {1}
// for the bytes of its beat and {2} for what stands before the design's own signals.
std::string for_each_port(const char* head, const char* line, const std::vector<std::string>& signals,
                          const std::vector<StreamPort>& ports, const std::string& prefix) {
  std::string cases;
  for (size_t p = 0; p < ports.size(); ++p)
    cases += fmt::format("        case {}: {}\n", p,
                         fmt::format(fmt::runtime(line), prefix + signals[p], ports[p].bytes(), prefix));
  return fmt::format("    {} {{\n      switch (port) {{\n{}      }}\n{}    }},\n", head, cases,
                     std::string(line).starts_with("return") ? "      return false;\n" : "");
}

std::string pins(const Design& design, const std::string& prefix) {
  const bool is_plain = design.ports == Ports::Plain;
  std::vector<std::string> in, out;
  for (const StreamPort& port : design.inputs)
    in.push_back(is_plain ? plain_name(port, true) : axis_name(port, true));
  for (const StreamPort& port : design.outputs)
    out.push_back(is_plain ? plain_name(port, false) : axis_name(port, false));
  const auto inputs = [&](const char* head, const char* stream, const char* plain) {
    return for_each_port(head, is_plain ? plain : stream, in, design.inputs, prefix);
  };
  const auto outputs = [&](const char* head, const char* stream, const char* plain) {
    return for_each_port(head, is_plain ? plain : stream, out, design.outputs, prefix);
  };
  return fmt::format("  {{{{{}}}, {{{}}}, {}, {},\n", shapes(design.inputs), shapes(design.outputs), is_plain,
                     100 * (design.interval + design.latency) + 100000) +
         inputs("[](Top& top, int port, const std::uint8_t* beat, [[maybe_unused]] bool last)",
                "put(top.{0}_tdata, beat, {1}); top.{0}_tlast = last; break;",
                "put(top.{0}, beat, {1}); break;") +
         inputs("[](Top& top, int port, bool valid)", "top.{0}_tvalid = valid; break;",
                "top.{2}in_valid = valid; break;") +
         inputs("[]([[maybe_unused]] const Top& top, int port) -> bool", "return top.{0}_tready;",
                "return true;") +
         outputs("[]([[maybe_unused]] Top& top, int port, [[maybe_unused]] bool ready)",
                 "top.{0}_tready = ready; break;", "break;") +
         outputs("[](const Top& top, int port) -> bool", "return top.{0}_tvalid;",
                 "return top.{2}out_valid;") +
         outputs("[]([[maybe_unused]] const Top& top, int port) -> bool", "return top.{0}_tlast;",
                 "return true;") +
         outputs("[](const Top& top, int port, std::uint8_t* beat)", "get(top.{0}_tdata, beat, {1}); break;",
                 "get(top.{0}, beat, {1}); break;") +
         (is_plain
              ? "    [](const Top&) { return false; }},\n"
              : fmt::format("    [](const Top& top) -> bool {{ return top.{}frame_error; }}}},\n", prefix));
}

std::string bench(const std::string& top, const std::string& all_pins) {
  return fmt::format("// Test bench of {0}, generated with it.\n#include \"V{0}.h\"\n\nusing Top = V{0};\n",
                     top) +
         runtime + "\nconst std::vector<Pins> all_pins{\n" + all_pins + "};\n" + main_text;
}

}  // namespace

std::string verilator_bench(const Design& design) { return bench(design.name, pins(design, "")); }

std::string verilator_bench(const std::string& top, std::span<const Design> designs) {
  std::string all;
  for (size_t k = 0; k < designs.size(); ++k) all += pins(designs[k], fmt::format("d{}_", k));
  return bench(top, all);
}

}  // namespace gw
