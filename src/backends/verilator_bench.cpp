// The test bench that a design brings along: it feeds frames, pauses at random on both sides, and writes down
// exactly what came out and when. It judges the stream protocol; whether the bits are right is judged by who
// knows them.

#include "backends/verilator_bench.h"

#include "backends/verilog.h"

namespace gw {

namespace {

constexpr const char* text = R"BENCH(// Test bench of {top}, generated with it.
#include <verilated.h>

#include <algorithm>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "V{top}.h"

namespace {{

constexpr long in_bytes = {in_bytes}, out_bytes = {out_bytes};
constexpr long in_beats = {in_beats}, out_beats = {out_beats};
constexpr long patience = {patience};  // clocks without a transfer after which the design counts as stuck

// Ports of up to 64 bits are integers, wider ones arrays of 32-bit words.
template <class Port>
void put(Port& port, const std::uint8_t* bytes, long count) {{
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, static_cast<std::size_t>(count));
  port = static_cast<Port>(value);
}}
template <std::size_t Words>
void put(VlWide<Words>& port, const std::uint8_t* bytes, long count) {{
  for (std::size_t w = 0; w < Words; ++w) port[w] = 0;
  for (long b = 0; b < count; ++b) port[static_cast<std::size_t>(b / 4)] |= std::uint32_t{{bytes[b]}} << (8 * (b % 4));
}}
template <class Port>
void get(const Port& port, std::uint8_t* bytes, long count) {{
  const std::uint64_t value = port;
  std::memcpy(bytes, &value, static_cast<std::size_t>(count));
}}
template <std::size_t Words>
void get(const VlWide<Words>& port, std::uint8_t* bytes, long count) {{
  for (long b = 0; b < count; ++b) bytes[b] = static_cast<std::uint8_t>(port[static_cast<std::size_t>(b / 4)] >> (8 * (b % 4)));
}}

struct Random {{
  std::uint64_t state;
  bool chance(double p) {{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<double>(state >> 11) * 0x1p-53 < p;
  }}
}};

std::vector<std::uint8_t> read_all(const char* name) {{
  std::vector<std::uint8_t> bytes;
  std::FILE* file = std::fopen(name, "rb");
  if (!file) return bytes;
  std::uint8_t block[65536];
  for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + n);
  std::fclose(file);
  return bytes;
}}

}}  // namespace

int main(int argc, char** argv) {{
  if (argc < 4) {{
    std::fprintf(stderr, "usage: %s INPUTS OUTPUTS REPORT [--images N] [--stall-in P] [--stall-out P] [--seed S]\n", argv[0]);
    return 2;
  }}
  long frames = -1, seed = 1;
  double stall_in = 0, stall_out = 0;
  for (int a = 4; a + 1 < argc; a += 2) {{
    const std::string flag = argv[a];
    const double value = std::atof(argv[a + 1]);
    if (flag == "--images") frames = static_cast<long>(value);
    else if (flag == "--stall-in") stall_in = value;
    else if (flag == "--stall-out") stall_out = value;
    else if (flag == "--seed") seed = static_cast<long>(value);
    else return std::fprintf(stderr, "unknown flag %s\n", argv[a]), 2;
  }}
  const std::vector<std::uint8_t> inputs = read_all(argv[1]);
  const long given = static_cast<long>(inputs.size()) / (in_bytes * in_beats);
  if (frames < 0 || frames > given) frames = given;
  if (frames == 0) return std::fprintf(stderr, "%s holds no whole frame\n", argv[1]), 2;

  VerilatedContext context;
  V{top} top(&context);
  Random random{{0x9e3779b97f4a7c15u ^ static_cast<std::uint64_t>(seed) * 0x2545f4914f6cdd1du}};
  std::vector<std::uint8_t> outputs, beat(out_bytes), waiting_beat;
  std::vector<long> first_in, last_out;
  long sent = 0, received = 0, clocks = 0, quiet = 0, protocol_errors = 0;
  bool offering = false, waiting = false;

  const auto edge = [&] {{
    top.aclk = 1;
    top.eval();
    top.aclk = 0;
    top.eval();
  }};
  top.aclk = 0;
  top.aresetn = 0;
  top.s_axis_tvalid = 0;
  top.m_axis_tready = 0;
  top.eval();
  for (int n = 0; n < 4; ++n) edge();
  top.aresetn = 1;

  while (received < frames * out_beats && quiet < patience) {{
    if (!offering && sent < frames * in_beats && !random.chance(stall_in)) {{
      offering = true;
      put(top.s_axis_tdata, inputs.data() + sent * in_bytes, in_bytes);
      top.s_axis_tlast = sent % in_beats == in_beats - 1;
    }}
    top.s_axis_tvalid = offering;
    top.m_axis_tready = !random.chance(stall_out);
    top.eval();

    const bool in = top.s_axis_tvalid && top.s_axis_tready;
    const bool out = top.m_axis_tvalid && top.m_axis_tready;
    if (top.m_axis_tvalid) get(top.m_axis_tdata, beat.data(), out_bytes);
    if (waiting && (!top.m_axis_tvalid || beat != waiting_beat)) ++protocol_errors;
    waiting = top.m_axis_tvalid && !out;
    if (waiting) waiting_beat = beat;
    if (in) {{
      if (sent % in_beats == 0) first_in.push_back(clocks);
      ++sent;
      offering = false;
    }}
    if (out) {{
      const bool last = received % out_beats == out_beats - 1;
      if (static_cast<bool>(top.m_axis_tlast) != last) ++protocol_errors;
      outputs.insert(outputs.end(), beat.begin(), beat.end());
      ++received;
      if (last) last_out.push_back(clocks);
    }}
    quiet = in || out ? 0 : quiet + 1;
    edge();
    ++clocks;
  }}
  if (top.frame_error) ++protocol_errors;
  top.final();

  long interval = 0;
  for (std::size_t n = 1; n < last_out.size(); ++n) interval = std::max(interval, last_out[n] - last_out[n - 1]);
  const long latency = last_out.empty() ? -1 : last_out[0] - first_in[0];
  std::FILE* file = std::fopen(argv[2], "wb");
  if (!file || std::fwrite(outputs.data(), 1, outputs.size(), file) != outputs.size() || std::fclose(file) != 0) return 4;
  file = std::fopen(argv[3], "w");
  if (!file) return 4;
  std::fprintf(file, "{{\"frames\": %ld, \"clocks\": %ld, \"latency_clocks\": %ld, \"interval_clocks\": %ld, \"protocol_errors\": %ld}}\n",
               static_cast<long>(last_out.size()), clocks, latency, interval, protocol_errors);
  if (std::fclose(file) != 0) return 4;
  if (received < frames * out_beats) return std::fprintf(stderr, "stuck: %ld of %ld frames after %ld clocks\n", static_cast<long>(last_out.size()), frames, clocks), 3;
  return protocol_errors == 0 ? 0 : 1;
}}
)BENCH";

}  // namespace

std::string verilator_bench(const Design& design) {
  using namespace fmt::literals;
  return fmt::format(text, "top"_a = design.name, "in_bytes"_a = input_beat_bytes(design),
                     "out_bytes"_a = output_beat_bytes(design),
                     "in_beats"_a = design.stages.front().input_pixels(),
                     "out_beats"_a = design.stages.back().windows,
                     "patience"_a = 100 * (design.interval + design.latency) + 100000);
}

}  // namespace gw
