// gatewright cmvm: one constant matrix as shared shift-adds, proven, to be compared with other tools'.
#include <memory>

#include <CLI/CLI.hpp>

#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
#include "cli/command.h"
#include "study/solve_matrix.h"

namespace gw::cli {

namespace {

struct CmvmOptions {
  MatrixOptions matrix;
  std::string file, part = "xcu250-figd2104-2L-e", folder;
  int input_bits = 8;
  double clock_ns = 5;
  bool is_signed = false, json = false;
};

Status run_cmvm(CmvmOptions options, Session& session) {
  const auto part = find_part(options.part);
  if (!part) return part.errors();
  options.matrix.matrix = options.file;
  options.matrix.input = {options.input_bits, options.input_bits, options.is_signed};
  const auto solution = solve_matrix(options.matrix, *part, session.progress());
  if (!solution) return solution.errors();
  if (solution->stopped) return Done{};
  if (!options.folder.empty()) {
    const Design design = matrix_design(*solution, *part, options.clock_ns, "cmvm");
    Files files = verilog(design);
    files.emplace_back("bench.cpp", verilator_bench(design));
    if (auto written = write_files(options.folder, files); !written) return written;
  }
  session.print(options.json ? print_json(*solution) : print_text(*solution));
  return Done{};
}

}  // namespace

Run declare_cmvm(CLI::App& app) {
  auto options = std::make_shared<CmvmOptions>();
  app.add_option("matrix", options->file, "Whole numbers, (inputs, outputs), as .npy: y = x * M")
      ->required()
      ->type_name("M.npy");
  app.add_option("--input-bits", options->input_bits, "Bits of each input")->check(CLI::Range(1, 32));
  app.add_flag("--signed", options->is_signed, "The inputs are signed");
  auto* limit = app.add_option("--depth-limit", options->matrix.depth_limit,
                               "Adders on a path from input to output, at most (as it comes: any number)")
                    ->check(CLI::Range(0, 1000));
  app.add_option("--extra-depth", options->matrix.extra_depth,
                 "The same, counted from the least number that the matrix takes")
      ->check(CLI::Range(0, 1000))
      ->excludes(limit);
  auto* budget = app.add_option("--time-budget", options->matrix.seconds,
                                "Search for so many seconds (as it comes: by --effort)")
                     ->check(CLI::Range(0.001, 1e6));
  app.add_option("--effort", options->matrix.effort,
                 "How long to search; the same effort gives the same answer on every machine. 0: the first "
                 "answer")
      ->check(CLI::Range(0.0, 1e6))
      ->excludes(budget);
  app.add_option("--seed", options->matrix.seed, "Of the search and of the vectors that it is tried on");
  app.add_option("--part", options->part, "Estimate look-up tables for this part")->type_name("NAME");
  auto* folder = app.add_option("--verilog", options->folder,
                                "Write the matrix there as Verilog: module cmvm, a product a clock")
                     ->type_name("FOLDER");
  app.add_option("--clock-ns", options->clock_ns, "Clock period that its registers are placed for")
      ->check(CLI::Range(0.5, 1000.0))
      ->needs(folder);
  app.add_flag("--json", options->json, "Print the answer as JSON");
  return [options](Session& session) { return run_cmvm(*options, session); };
}

}  // namespace gw::cli
