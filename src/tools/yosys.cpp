// Synthesis with Yosys, for counting.
//
// Problem: what does a module occupy in the part, in the terms of vendors' reports, and is its netlist
// trustworthy? Approach: Yosys' own flow for the family, stopped in four places.
//
//  - Its `alumacc` merges chains of additions into $macc cells and maps them to compressor trees in LUTs,
//  which are up
//    to three times larger than carry chains on an FPGA: `maccmap -unmap` turns them back into adders. With
//    that, an adder a +- (b << s) costs exactly max(wa, wb + s) - s LUT.
//  - Its `map_dsp` puts every product into a DSP block, constant ones too. Products with a constant are taken
//  aside
//    under another name meanwhile and end in LUTs.
//  - It packs registers, accumulator and pre-adder only into the DSP48E1 of the 7 series. The DSP48E2 of
//  UltraScale
//    has them all, so products of up to 25x18 bits are mapped as a DSP48E1 there (an honest count of
//    registers: a multiplier with three ranks of them costs 0 FF instead of 96), wider ones as a DSP48E2.
//  - Wide multiplexers stay out (-nowidelut): MUXF7 and MUXF8 are free in a slice and hide LUTs in a count.
//
// The netlist itself is not used further, and must not be: this Yosys drops the clock enable of the shift
// registers (SRL16E, SRLC32E) that it makes. The count is right all the same.
//
// Modules are synthesised one by one: the time grows faster than the design, and an unchanged
// module comes out of the cache.

#include "tools/yosys.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "support/messages.h"
#include "support/process.h"
#include "support/threads.h"
#include "tools/workshop.h"
#include "tools/yosys_log.h"

namespace gw {
namespace {

constexpr std::array<std::string_view, 5> families{"xcup", "xcu", "xc7", "ecp5", "ice40"};

// The widest signed product that the DSP48E1 takes in one block.
constexpr int packed_wide = 25, packed_narrow = 18;

// Read by Yosys' techmap. A parameter _TECHMAP_CONSTMSK_A_ has a one for each constant bit of A.
std::string products_map() {
  return fmt::format(R"((* techmap_celltype = "$mul" *)
module gw_products (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;

  localparam constant = &_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_;
  localparam a_bits = A_WIDTH + !A_SIGNED;
  localparam b_bits = B_WIDTH + !B_SIGNED;
  localparam fits = (a_bits <= {0} && b_bits <= {1}) || (a_bits <= {1} && b_bits <= {0});
  wire _TECHMAP_FAIL_ = !constant && fits;

  generate
    if (constant)
      \$__constant_product #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH),
                             .Y_WIDTH(Y_WIDTH)) _TECHMAP_REPLACE_ (.A(A), .B(B), .Y(Y));
    else
      \$__wide_product #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH),
                         .Y_WIDTH(Y_WIDTH)) _TECHMAP_REPLACE_ (.A(A), .B(B), .Y(Y));
  endgenerate
endmodule
)",
                     packed_wide, packed_narrow);
}

std::string families_text() {
  std::string text;
  for (const auto family : families) text += (text.empty() ? "" : ", ") + std::string(family);
  return text;
}

// Cell types and counts out of `stat -json`.
std::optional<std::map<std::string, std::int64_t>> parse_cells(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("design")) return {};
  const auto& design = json["design"];
  if (!design.is_object() || !design.contains("num_cells_by_type")) return {};
  std::map<std::string, std::int64_t> counts;
  for (const auto& [type, count] : design["num_cells_by_type"].items()) {
    if (!count.is_number_integer()) return {};
    counts[type] = count.get<std::int64_t>();
  }
  return counts;
}

Place module_place(const SynthesisJob& job) { return {{}, 0, "module '" + job.top + "'"}; }

Result<Utilisation> synthesise_with(const std::string& version, const SynthesisJob& job, const Part& part,
                                    const SynthesisOptions& options) {
  if (std::find(families.begin(), families.end(), part.family) == families.end()) {
    return diagnose(messages::synthesis_unserved, module_place(job), std::string(part.name),
                    std::string(part.family), families_text());
  }
  const std::string script = synthesis_script(job, part, options);
  const std::string key = content_key({"yosys", version, script, products_map()}, job.files);
  const fs::path result = options.cache_folder / (key + ".cells.json");
  const auto cached = [&]() -> std::optional<std::map<std::string, std::int64_t>> {
    const auto text = read_file(result);
    return text ? parse_cells(*text) : std::nullopt;
  };
  const auto answer = [&](const std::map<std::string, std::int64_t>& counts,
                          double seconds) -> Result<Utilisation> {
    auto used = count_cells(job.top, counts);
    if (used) {
      used->seconds = seconds;
      used->cached = seconds == 0;
    }
    return used;
  };
  std::optional<std::map<std::string, std::int64_t>> counts = cached();
  if (counts) return answer(*counts, 0);

  auto workshop = Workshop::enter(options.cache_folder, job.top + "-" + key.substr(0, 12), [&] {
    counts = cached();
    return counts.has_value();
  });
  if (!workshop) return workshop.errors();
  if (!workshop->needed()) return answer(*counts, 0);

  const fs::path& folder = workshop->folder();
  if (auto status = write_files(folder, job.files); !status) return status.errors();
  if (auto status = write_files(folder, {{"products.map", products_map()}, {"synthesis.ys", script}});
      !status) {
    return status.errors();
  }
  const fs::path log_path = folder / "yosys.log";
  const auto ran = run_process({"yosys", "-Q", "-s", "synthesis.ys"}, {.folder = folder, .log = log_path});
  if (!ran) return ran.errors();
  const auto log = read_file(log_path);
  if (!log) return log.errors();
  Place place = module_place(job);
  place.file = log_path.string();
  if (ran->exit_code != 0) {
    return diagnose(messages::tool_failed, place, "yosys", ran->exit_code, last_lines(*log, 5));
  }
  if (auto trusted = judge_yosys_log(place, *log); !trusted) return trusted.errors();
  const auto stat = read_file(folder / "stat.json");
  counts = stat ? parse_cells(*stat) : std::nullopt;
  if (!counts) {
    return diagnose(messages::tool_output, place, "yosys",
                    stat ? "stat.json is not what it writes" : "no stat.json");
  }
  auto used = answer(*counts, ran->seconds);
  if (!used) return used;
  if (auto status = write_file(result, *stat); !status) return status.errors();
  workshop->remove();
  return used;
}

}  // namespace

namespace {

// The flow for families with look-up tables of four inputs, which have no products to be told apart.
std::string lattice_script(const std::string& sources, const SynthesisJob& job, const Part& part,
                           bool blocks) {
  const std::string memories = part.bram.count > 0 ? "" : " -nobram";
  const std::string flow =
      part.family == "ice40"
          ? fmt::format("synth_ice40 -top {}{}{}", job.top, blocks ? " -dsp" : "", memories)
          : fmt::format("synth_ecp5 -nowidelut -top {}{}{}", job.top, blocks ? "" : " -nodsp", memories);
  return "read_verilog -sv" + sources + "\n" + flow + " -run begin:map_ram\n" +
         "maccmap -unmap\nopt\nwreduce\nopt_clean\n" +
         (part.lut_memory_bits == 0 ? "setattr -unset ram_style t:$mem_v2 a:ram_style=distributed %i\n"
                                    : "") +
         flow + " -run map_ram:check\n" +
         // ECP5's registers get an inverter each where a reset is active low.
         (part.family == "ecp5" ? "opt_merge -share_all t:LUT4\nclean\n" : "") +
         "check -noinit\ntee -q -o stat.json stat -width -json\n";
}

}  // namespace

std::string synthesis_script(const SynthesisJob& job, const Part& part, const SynthesisOptions& options) {
  std::string sources;
  for (const auto& [name, text] : job.files) {
    if (name.ends_with(".v") || name.ends_with(".sv")) sources += " " + name;
  }
  const bool blocks = options.use_dsp && part.dsp_count > 0;
  if (part.family == "ecp5" || part.family == "ice40") return lattice_script(sources, job, part, blocks);
  const std::string common =
      fmt::format(" -noiopad -noclkbuf -nowidelut -top {}{}{}", job.top, blocks ? "" : " -nodsp",
                  part.bram.count > 0 ? "" : " -nobram");
  const std::string flow = fmt::format("synth_xilinx -family {}{}", part.family, common);

  std::string script = "read_verilog -sv" + sources + "\n";
  if (blocks) {
    script += flow + " -flatten -run begin:map_dsp\n";
    script += "techmap -map products.map t:$mul\n";
    script += "synth_xilinx -family xc7" + common + " -run map_dsp:coarse\n";
    script += "chtype -set $mul t:$__wide_product\n";
    script += flow + " -run map_dsp:coarse\n";
    script += "chtype -set $mul t:$__constant_product\n";
    script += flow + " -run coarse:map_memory\n";
  } else {
    script += flow + " -flatten -run begin:map_memory\n";
  }
  script += "maccmap -unmap\nopt\nwreduce\nopt_clean\n";
  if (options.fast) {
    script += flow + " -run map_memory:map_luts\n";
    script += "opt_expr -mux_undef -noclkinv\nabc -luts 2:2,3,6:5\nclean\n";
    script += "techmap -map +/xilinx/ff_map.v\nxilinx_srl -fixed -minlen 3\nclean\n";
  } else {
    script += flow + " -run map_memory:check\n";
  }
  return script + "check -noinit\ntee -q -o stat.json stat -width -json\n";
}

Result<Utilisation> synthesise(const SynthesisJob& job, const Part& part, const SynthesisOptions& options) {
  const auto version = yosys_version();
  if (!version) return version.errors();
  return synthesise_with(*version, job, part, options);
}

Result<std::vector<Utilisation>> synthesise_all(std::span<const SynthesisJob> jobs, const Part& part,
                                                const SynthesisOptions& options, int threads,
                                                Progress& progress) {
  const auto version = yosys_version();
  if (!version) return version.errors();

  // The largest first, so that the last one to end is a small one.
  const auto size_of = [&](size_t job) {
    size_t size = 0;
    for (const auto& [name, text] : jobs[job].files) size += text.size();
    return size;
  };
  std::vector<size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return size_of(a) > size_of(b); });

  std::mutex guard;
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(jobs.size());
  std::vector<std::optional<Result<Utilisation>>> results(jobs.size());
  progress.begin("synthesis", total);
  parallel_for(total, threads, [&](std::int64_t i) {
    if (progress.stop_requested()) return;
    const size_t job = order[static_cast<size_t>(i)];
    auto result = synthesise_with(*version, jobs[job], part, options);
    const std::lock_guard lock(guard);
    if (result) ++done;
    results[job] = std::move(result);
    progress.update(done, jobs[job].top);
  });
  progress.end(fmt::format("{} of {} modules", done, total));

  // An interrupt from the keyboard ends Yosys as well; its end is not a second thing to complain of.
  if (progress.stop_requested() && done < total) return diagnose(messages::stopped, {}, done, total);
  std::vector<Utilisation> used;
  Diagnostics errors;
  for (auto& result : results) {
    if (*result) {
      used.push_back(std::move(**result));
    } else {
      errors.insert(errors.end(), result->errors().begin(), result->errors().end());
    }
  }
  if (!errors.empty()) return errors;
  return used;
}

}  // namespace gw
