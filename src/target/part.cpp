// Parts as rows of data.
//
// Problem: the compiler must know how much a part holds, how wide its multipliers and memories are and
// roughly how fast it is, and a new part must not touch any code. Approach: one row a part, built from one
// row a family (what the fabric can do) and the counts of the device. The counts are the vendors' (data sheet
// named in each row). The delays are not: vendors publish few of them. Where the open timing databases have
// measured figures they are used (7 series: LUT 0.12-0.64 ns by pin, iCE40: icestorm, ECP5: trellis, as
// shipped in Yosys' cell models); those of UltraScale+ scale the 7-series figures to the data sheet's block
// limits (DS923). A route is the larger half of most paths and is a rule of thumb everywhere. All of them
// lean to the slow side, so that a clock target is met rather than missed by a little.

#include "target/part.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "support/messages.h"

namespace gw {
namespace {

// What all parts of one family share; the counts are filled in below.
constexpr Part ultrascale_plus{
    .series = "UltraScale+",
    .family = "xcup",
    .dsp = {.wide = 27, .narrow = 18, .accumulator = 48, .pre_adder = true},
    .bram = {.count = 0, .kilobits = 36, .max_width = 72},
    .uram = {.count = 0, .kilobits = 288, .max_width = 72},
    .lut_inputs = 6,
    .carry_bits = 8,
    .lut_memory_bits = 64,
    .lut_shift_bits = 32,
    .delays = {.lut = 0.12,
               .carry_bit = 0.010,
               .carry_entry = 0.20,
               .route = 0.40,
               .dsp = 2.2,
               .dsp_registered = 1.4,
               .ram = 1.2,
               .clock_to_q = 0.10,
               .setup = 0.06},
};

// The generation before: the same fabric and blocks in a larger process, so slower.
constexpr Part ultrascale{
    .series = "UltraScale",
    .family = "xcu",
    .dsp = {.wide = 27, .narrow = 18, .accumulator = 48, .pre_adder = true},
    .bram = {.count = 0, .kilobits = 36, .max_width = 72},
    .lut_inputs = 6,
    .carry_bits = 8,
    .lut_memory_bits = 64,
    .lut_shift_bits = 32,
    .delays = {.lut = 0.16,
               .carry_bit = 0.014,
               .carry_entry = 0.28,
               .route = 0.55,
               .dsp = 2.9,
               .dsp_registered = 1.7,
               .ram = 1.6,
               .clock_to_q = 0.14,
               .setup = 0.08},
};

constexpr Part series_7{
    .series = "7 series",
    .family = "xc7",
    .dsp = {.wide = 25, .narrow = 18, .accumulator = 48, .pre_adder = true},
    .bram = {.count = 0, .kilobits = 36, .max_width = 72},
    .lut_inputs = 6,
    .carry_bits = 4,
    .lut_memory_bits = 64,
    .lut_shift_bits = 32,
    .delays = {.lut = 0.25,
               .carry_bit = 0.029,
               .carry_entry = 0.60,
               .route = 0.80,
               .dsp = 4.0,
               .dsp_registered = 2.6,
               .ram = 2.6,
               .clock_to_q = 0.52,
               .setup = 0.10},
};

constexpr Part ice40{
    .series = "iCE40",
    .family = "ice40",
    .bram = {.count = 0, .kilobits = 4, .max_width = 16},
    .lut_inputs = 4,
    .ff_behind_lut = true,
    .carry_bits = 1,
    .delays = {.lut = 0.45,
               .carry_bit = 0.126,
               .carry_entry = 0.65,
               .route = 1.0,
               .ram = 2.2,
               .clock_to_q = 0.54,
               .setup = 0.47},
};

constexpr Part ecp5{
    .series = "ECP5",
    .family = "ecp5",
    .dsp = {.wide = 18, .narrow = 18, .accumulator = 54, .pre_adder = true},
    .bram = {.count = 0, .kilobits = 18, .max_width = 36},
    .lut_inputs = 4,
    .carry_bits = 2,
    .lut_memory_bits = 16,
    .delays = {.lut = 0.38,
               .carry_bit = 0.036,
               .carry_entry = 0.90,
               .route = 0.90,
               .dsp = 5.2,
               .dsp_registered = 3.0,
               .ram = 5.6,
               .clock_to_q = 0.53,
               .setup = 0.20},
};

struct Counts {
  std::int64_t lut, ff, dsp;
  int bram, uram;
};

constexpr Part row(Part part, std::string_view name, std::string_view series, std::string_view source,
                   Counts counts, std::string_view device = {}, std::string_view package = {}) {
  part.name = name;
  part.device = device;
  part.package = package;
  part.series = series;
  part.source = source;
  part.lut = counts.lut;
  part.ff = counts.ff;
  part.dsp_count = counts.dsp;
  part.bram.count = counts.bram;
  part.uram.count = counts.uram;
  if (counts.uram == 0) part.uram = {};
  return part;
}

// The same fabric at a lower core voltage: every step slower by about the same factor.
constexpr Part low_power() {
  Part part = ice40;
  for (double* delay : {&part.delays.lut, &part.delays.carry_bit, &part.delays.carry_entry,
                        &part.delays.route, &part.delays.ram, &part.delays.clock_to_q, &part.delays.setup})
    *delay *= 1.5;
  return part;
}

// The UP5K is the slow, low-power fabric of the family and the only one with multipliers and large memories.
constexpr Part ultra_plus_5k() {
  Part part = ice40;
  part.dsp = {.wide = 16, .narrow = 16, .accumulator = 32};
  part.uram = {.count = 4, .kilobits = 256, .max_width = 16};
  part.delays = {.lut = 1.25,
                 .carry_bit = 0.278,
                 .carry_entry = 1.8,
                 .route = 1.8,
                 .dsp = 9.0,
                 .dsp_registered = 7.0,
                 .ram = 4.5,
                 .clock_to_q = 1.4,
                 .setup = 1.2};
  return part;
}

constexpr std::array parts{
    row(ultrascale_plus, "xcu250-figd2104-2L-e", "Alveo U250", "DS962",
        {.lut = 1'728'000, .ff = 3'456'000, .dsp = 12'288, .bram = 2'688, .uram = 1'280}),
    row(ultrascale_plus, "xcu200-fsgd2104-2-e", "Alveo U200", "DS962",
        {.lut = 1'182'240, .ff = 2'364'480, .dsp = 6'840, .bram = 2'160, .uram = 960}),
    row(ultrascale_plus, "xcu280-fsvh2892-2L-e", "Alveo U280", "DS963",
        {.lut = 1'303'680, .ff = 2'607'360, .dsp = 9'024, .bram = 2'016, .uram = 960}),
    row(ultrascale_plus, "xcu55c-fsvh2892-2L-e", "Alveo U55C", "DS978",
        {.lut = 1'303'680, .ff = 2'607'360, .dsp = 9'024, .bram = 2'016, .uram = 960}),
    row(ultrascale_plus, "xcu50-fsvh2104-2-e", "Alveo U50", "DS965",
        {.lut = 871'680, .ff = 1'743'360, .dsp = 5'952, .bram = 1'344, .uram = 640}),
    row(ultrascale_plus, "xcvu13p-flga2577-2-e", "Virtex UltraScale+", "DS890",
        {.lut = 1'728'000, .ff = 3'456'000, .dsp = 12'288, .bram = 2'688, .uram = 1'280}),
    row(ultrascale_plus, "xcvu9p-flga2104-2L-e", "Virtex UltraScale+", "DS890",
        {.lut = 1'182'240, .ff = 2'364'480, .dsp = 6'840, .bram = 2'160, .uram = 960}),
    row(ultrascale_plus, "xcvu9p-flgb2104-2-i", "Virtex UltraScale+, AWS F1", "DS890",
        {.lut = 1'182'240, .ff = 2'364'480, .dsp = 6'840, .bram = 2'160, .uram = 960}),
    row(ultrascale, "xcku115-flvb2104-2-e", "Kintex UltraScale", "DS890",
        {.lut = 663'360, .ff = 1'326'720, .dsp = 5'520, .bram = 2'160, .uram = 0}),
    row(ultrascale_plus, "xczu9eg-ffvb1156-2-e", "Zynq UltraScale+, ZCU102", "DS891",
        {.lut = 274'080, .ff = 548'160, .dsp = 2'520, .bram = 912, .uram = 0}),
    row(ultrascale_plus, "xczu7ev-ffvc1156-2-e", "Zynq UltraScale+", "DS891",
        {.lut = 230'400, .ff = 460'800, .dsp = 1'728, .bram = 312, .uram = 96}),
    row(ultrascale_plus, "xck26-sfvc784-2LV-c", "Kria K26, KV260", "DS987",
        {.lut = 117'120, .ff = 234'240, .dsp = 1'248, .bram = 144, .uram = 64}),
    row(ultrascale_plus, "xczu3eg-sbva484-1-e", "Zynq UltraScale+, Ultra96", "DS891",
        {.lut = 70'560, .ff = 141'120, .dsp = 360, .bram = 216, .uram = 0}),
    row(series_7, "xc7k325tffg900-2", "Kintex-7", "DS180",
        {.lut = 203'800, .ff = 407'600, .dsp = 840, .bram = 445, .uram = 0}),
    row(series_7, "xc7z020clg400-1", "Zynq-7000", "DS190",
        {.lut = 53'200, .ff = 106'400, .dsp = 220, .bram = 140, .uram = 0}),
    row(series_7, "xc7z010clg400-1", "Zynq-7000", "DS190",
        {.lut = 17'600, .ff = 35'200, .dsp = 80, .bram = 60, .uram = 0}),
    row(series_7, "xc7a100tcsg324-1", "Artix-7", "DS180",
        {.lut = 63'400, .ff = 126'800, .dsp = 240, .bram = 135, .uram = 0}),
    row(series_7, "xc7a35tcpg236-1", "Artix-7", "DS180",
        {.lut = 20'800, .ff = 41'600, .dsp = 90, .bram = 50, .uram = 0}),
    row(ecp5, "lfe5u-85f-6bg381c", "ECP5", "FPGA-DS-02012",
        {.lut = 83'640, .ff = 83'640, .dsp = 156, .bram = 208, .uram = 0}),
    row(ecp5, "lfe5u-45f-6bg381c", "ECP5", "FPGA-DS-02012",
        {.lut = 43'848, .ff = 43'848, .dsp = 72, .bram = 108, .uram = 0}),
    row(ecp5, "lfe5u-25f-6bg381c", "ECP5", "FPGA-DS-02012",
        {.lut = 24'288, .ff = 24'288, .dsp = 28, .bram = 56, .uram = 0}),
    row(ice40, "ice40hx8k-ct256", "iCE40 HX", "FPGA-DS-02029",
        {.lut = 7'680, .ff = 7'680, .dsp = 0, .bram = 32, .uram = 0}, "hx8k", "ct256"),
    row(ice40, "ice40hx4k-tq144", "iCE40 HX", "FPGA-DS-02029",
        {.lut = 3'520, .ff = 3'520, .dsp = 0, .bram = 20, .uram = 0}, "hx4k", "tq144"),
    row(ice40, "ice40hx1k-tq144", "iCE40 HX", "FPGA-DS-02029",
        {.lut = 1'280, .ff = 1'280, .dsp = 0, .bram = 16, .uram = 0}, "hx1k", "tq144"),
    row(low_power(), "ice40lp8k-cm81", "iCE40 LP", "FPGA-DS-02029",
        {.lut = 7'680, .ff = 7'680, .dsp = 0, .bram = 32, .uram = 0}, "lp8k", "cm81"),
    row(low_power(), "ice40lp4k-cm81", "iCE40 LP", "FPGA-DS-02029",
        {.lut = 3'520, .ff = 3'520, .dsp = 0, .bram = 20, .uram = 0}, "lp4k", "cm81"),
    row(low_power(), "ice40lp1k-cm81", "iCE40 LP", "FPGA-DS-02029",
        {.lut = 1'280, .ff = 1'280, .dsp = 0, .bram = 16, .uram = 0}, "lp1k", "cm81"),
    row(ultra_plus_5k(), "ice40up5k-sg48", "iCE40 UltraPlus", "FPGA-DS-02008",
        {.lut = 5'280, .ff = 5'280, .dsp = 8, .bram = 30, .uram = 4}, "up5k", "sg48"),
};

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

// The three names that resemble `name` most; asked with a prefix ("xcvu13p") a plain edit distance prefers
// short names, so parts that begin with what was typed come first.
std::string suggestions(const std::string& name) {
  std::vector<std::string> candidates;
  for (const Part& part : parts) candidates.emplace_back(part.name);
  std::stable_partition(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
    return !name.empty() && lower_case(candidate).starts_with(name);
  });
  std::string out;
  for (int chosen = 0; chosen < 3; ++chosen) {
    const bool extends = !name.empty() && lower_case(candidates.front()).starts_with(name);
    const std::string best = extends ? candidates.front() : nearest(name, candidates);
    std::erase(candidates, best);
    out += (chosen == 0 ? "" : ", ") + best;
  }
  return out;
}

}  // namespace

bool DspBlock::multiplies(int a_width, int b_width) const {
  return std::max(a_width, b_width) <= wide && std::min(a_width, b_width) <= narrow;
}

Part without_multipliers(Part part) {
  part.dsp_count = 0;
  part.dsp = {};
  part.delays.dsp = part.delays.dsp_registered = 0;
  return part;
}

Part without_block_memory(Part part) {
  part.bram.count = part.uram.count = 0;
  part.delays.ram = 0;
  return part;
}

std::span<const Part> all_parts() { return parts; }

Result<Part> find_part(std::string_view name) {
  const std::string wanted = lower_case(name);
  for (const Part& part : parts) {
    if (lower_case(part.name) == wanted) return part;
  }
  return diagnose(messages::unknown_part, {}, std::string(name), suggestions(wanted));
}

}  // namespace gw
