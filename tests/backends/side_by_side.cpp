// Many designs in one simulation.

#include "backends/side_by_side.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "backends/beats.h"
#include "backends/verilator_bench.h"
#include "backends/verilog/plain.h"
#include "backends/verilog/verilog.h"
#include "tools/verilator.h"

namespace gw::testing {

namespace {

std::string pins_of(const Design& design, const std::string& prefix, bool is_instance) {
  std::string pins;
  const auto pin = [&](const char* towards, const char* net, int width, const std::string& name) {
    pins += is_instance ? fmt::format(", .{1}({0}{1})", prefix, name)
                        : fmt::format(",\n    {} {} [{}:0] {}{}", towards, net, width - 1, prefix, name);
  };
  const auto stream = [&](const StreamPort& port, const char* towards, const char* back) {
    const std::string name = axis_name(port, towards == std::string_view("input"));
    pin(towards, "wire", 8 * port.bytes(), name + "_tdata");
    pin(towards, "wire", 1, name + "_tvalid");
    pin(back, "wire", 1, name + "_tready");
    pin(towards, "wire", 1, name + "_tlast");
  };
  if (design.ports == Ports::Plain) {
    pin("input", "wire", 1, "in_valid");
    for (const StreamPort& port : design.inputs) pin("input", "wire", port.bits(), plain_name(port, true));
    pin("output", "wire", 1, "out_valid");
    for (const StreamPort& port : design.outputs) pin("output", "wire", port.bits(), plain_name(port, false));
    return pins;
  }
  for (const StreamPort& port : design.inputs) stream(port, "input", "output");
  for (const StreamPort& port : design.outputs) stream(port, "output", "input");
  pin("output", "wire", 1, "frame_error");
  return pins;
}

Files side_by_side(const std::vector<Design>& designs) {
  std::string ports, instances;
  Files modules;
  for (size_t k = 0; k < designs.size(); ++k) {
    const std::string prefix = fmt::format("d{}_", k);
    ports += pins_of(designs[k], prefix, false);
    instances += fmt::format("  {0} {1}design (.aclk(aclk), .aresetn(aresetn){2});\n", designs[k].name,
                             prefix, pins_of(designs[k], prefix, true));
    for (auto& file : verilog(designs[k])) {
      const auto named = [&](const auto& other) { return other.first == file.first; };
      if (std::none_of(modules.begin(), modules.end(), named)) modules.push_back(std::move(file));
    }
  }
  Files files{{"all.v", "module all (\n    input wire aclk,\n    input wire aresetn" + ports + "\n);\n" +
                            instances + "endmodule\n"}};
  files.insert(files.end(), modules.begin(), modules.end());
  return files;
}

}  // namespace

void expect_same_bits(const std::vector<Candidate>& candidates) {
  const fs::path folder =
      fs::temp_directory_path() / ("gatewright_side_by_side_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::vector<Design> designs;
  for (size_t k = 0; k < candidates.size(); ++k) {
    designs.push_back(candidates[k].design);
    designs[k].name = fmt::format("design{}", k);
  }
  const Files files = side_by_side(designs);
  const auto clean = lint(files, "all", folder);
  ASSERT_TRUE(clean) << to_string(clean.errors().front());
  const auto bench = build_bench({"all", files, verilator_bench("all", designs)}, folder);
  ASSERT_TRUE(bench) << to_string(bench.errors().front());

  const BenchRun plain{.inputs = folder / "in", .outputs = folder / "out", .report = folder / "report"};
  const auto numbered = [&](const fs::path& name, size_t k) {
    return designs.size() == 1 ? name : fs::path(name.string() + "." + std::to_string(k));
  };
  for (size_t k = 0; k < designs.size(); ++k)
    ASSERT_TRUE(write_file(numbered(plain.inputs, k), pack_ports(candidates[k].inputs, designs[k].inputs)));
  struct Pauses {
    double in, out;
  };
  for (const Pauses& pauses : {Pauses{0, 0}, Pauses{0.2, 0.7}, Pauses{0.7, 0.2}, Pauses{0.98, 0}}) {
    BenchRun options = plain;
    options.stall_in = pauses.in;
    options.stall_out = pauses.out;
    const auto ran = run_bench(*bench, options);
    ASSERT_TRUE(ran);
    EXPECT_EQ(ran->exit_code, 0) << ran->output;
    for (size_t k = 0; k < designs.size(); ++k) {
      SCOPED_TRACE(
          fmt::format("design {}: {}; pauses {} and {}", k, candidates[k].what, pauses.in, pauses.out));
      const auto report = nlohmann::json::parse(*read_file(numbered(plain.report, k)));
      const int frames = candidates[k].inputs.front().batch();
      ASSERT_EQ(report["frames"], frames);
      EXPECT_EQ(report["protocol_errors"], 0);
      const auto answers = unpack_ports(*read_file(numbered(plain.outputs, k)), designs[k].outputs, frames);
      for (size_t o = 0; o < answers.size(); ++o) {
        std::int64_t differing = 0;
        for (std::int64_t i = 0; i < answers[o].batch() * answers[o].size(); ++i)
          differing += answers[o].at(i) != candidates[k].wanted[o].at(i);
        EXPECT_EQ(differing, 0) << "of " << answers[o].batch() * answers[o].size() << " values of output "
                                << o;
      }
      if (pauses.in == 0 && pauses.out == 0) {
        EXPECT_EQ(report["latency_clocks"], designs[k].latency);
        // Frames that come faster than the interval may bunch between FIFOs; together they are not late.
        const std::int64_t last = report["clocks"].get<std::int64_t>() - 1;
        EXPECT_LE(last - designs[k].latency, (frames - 1) * designs[k].interval);
      }
    }
  }
  fs::remove_all(folder);
}

}  // namespace gw::testing
