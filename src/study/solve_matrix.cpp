// One constant matrix, from its file to a proven circuit: what anyone can put beside another tool's answer.

#include "study/solve_matrix.h"

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "circuit/adder_cells.h"
#include "circuit/pipeline.h"
#include "circuit/shared_sums.h"
#include "data/npy.h"
#include "schedule/timeline.h"
#include "support/check.h"
#include "support/messages.h"

namespace gw {

namespace {

Result<ConstantMatrix> read_matrix(const MatrixOptions& options) {
  const std::string file = options.matrix.string();
  const auto array = load_npy(options.matrix);
  if (!array) return array.errors();
  if (array->shape.size() != 2 || array->values.empty())
    return diagnose(messages::matrix_shape, {file}, shape_text(array->shape));
  ConstantMatrix matrix;
  matrix.rows = static_cast<int>(array->shape[0]);
  matrix.columns = static_cast<int>(array->shape[1]);
  matrix.inputs.assign(static_cast<size_t>(matrix.rows), interval_of(options.input));
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond it not every whole number is a double
  for (size_t i = 0; i < array->values.size(); ++i) {
    const double value = array->values[i];
    if (!(std::abs(value) <= exact) || value != std::floor(value)) {
      const auto columns = static_cast<size_t>(matrix.columns);
      return diagnose(messages::matrix_value, {file, 0, fmt::format("[{}, {}]", i / columns, i % columns)},
                      fmt::format("{}", value));
    }
    matrix.weights.push_back(static_cast<std::int64_t>(value));
  }
  for (int c = 0; c < matrix.columns; ++c) {
    Interval range;
    for (int r = 0; r < matrix.rows; ++r)
      range = range + matrix.inputs[static_cast<size_t>(r)] * interval_of(matrix.weight(r, c), 0);
    if (const int width = type_of(range).width; width > max_width)
      return diagnose(messages::matrix_too_wide, {file, 0, fmt::format("column {}", c)}, width, max_width);
  }
  return matrix;
}

// Vectors that reach the ends of an output's range, then random ones.
std::vector<std::int64_t> check_vector(const MatrixSolution& solution, std::int64_t n, Random& random) {
  const ConstantMatrix& matrix = solution.matrix;
  const FixedType& type = solution.options.input;
  std::vector<std::int64_t> x;
  for (int r = 0; r < matrix.rows; ++r) {
    if (n < 2 * matrix.columns) {
      const bool high = (matrix.weight(r, static_cast<int>(n / 2)) > 0) == (n % 2 == 0);
      x.push_back(high ? type.highest() : type.lowest());
    } else {
      x.push_back(random.between(type.lowest(), type.highest()));
    }
  }
  return x;
}

void prove(MatrixSolution& solution) {
  const ConstantMatrix& matrix = solution.matrix;
  GW_CHECK(computes(solution.graph, matrix));
  Random random(solution.options.seed);
  const std::int64_t checks = 2 * std::int64_t{matrix.columns} + solution.options.checks;
  for (; solution.checked < checks; ++solution.checked) {
    const std::vector<std::int64_t> x = check_vector(solution, solution.checked, random);
    const std::vector<std::int64_t> y = evaluate(solution.circuit, x);
    for (int c = 0; c < matrix.columns; ++c) {
      std::int64_t want = 0;
      for (int r = 0; r < matrix.rows; ++r) want += matrix.weight(r, c) * x[static_cast<size_t>(r)];
      GW_CHECK(y[static_cast<size_t>(c)] == want);
    }
  }
}

// Of the sums of one column.
Interval range_of(const MatrixSolution& solution, const AdderGraph::Output& out) {
  if (out.node < 0) return {};
  const Interval range = solution.graph.range(out.node) * interval_of(std::int64_t{1} << out.shift, 0);
  return out.negative ? Interval{} - range : range;
}

Circuit circuit_of(const MatrixSolution& solution) {
  const ConstantMatrix& matrix = solution.matrix;
  Circuit circuit;
  std::vector<WireId> x;
  const FixedType& type = solution.options.input;
  for (int r = 0; r < matrix.rows; ++r) x.push_back(circuit.input(r, type.width, type.is_signed));
  const std::vector<int> bits(static_cast<size_t>(matrix.columns), max_width);
  std::vector<WireId> y = adder_cells(circuit, solution.graph, x, bits);
  for (size_t c = 0; c < y.size(); ++c) {
    const AdderGraph::Output& out = solution.graph.outputs[c];
    if (out.node < 0) continue;
    const FixedType exact = type_of(range_of(solution, out));
    y[c] = circuit.slice(y[c], 0, std::max(1, exact.width), exact.is_signed);
  }
  circuit.set_outputs(std::move(y));
  return without_dead_cells(circuit);
}

}  // namespace

Result<MatrixSolution> solve_matrix(const MatrixOptions& options, const Part& part, Progress& progress) {
  auto matrix = read_matrix(options);
  if (!matrix) return matrix.errors();
  MatrixSolution solution;
  solution.options = options;
  solution.matrix = std::move(*matrix);
  solution.least_depth = SharedSums::least_depth(solution.matrix);
  AdderSearch search{.extra_depth = options.extra_depth,
                     .effort = options.effort,
                     .seconds = options.seconds,
                     .seed = options.seed};
  if (options.depth_limit >= 0) {
    search.extra_depth = options.depth_limit - solution.least_depth;
    if (search.extra_depth < 0)
      return diagnose(messages::depth_too_small, {"", 0, "--depth-limit"}, options.depth_limit,
                      solution.least_depth);
  }
  constexpr int steps = 100;
  progress.begin("search", steps);
  search.progress = [&](double done, long adders) {
    progress.update(static_cast<std::int64_t>(done * steps), fmt::format("{} adders", adders));
    return !progress.stop_requested();
  };
  const auto start = std::chrono::steady_clock::now();
  solution.graph = search_adders(solution.matrix, search);
  solution.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  progress.end(fmt::format("{} adders in {:.3f} s", solution.graph.adders.size(), solution.seconds));
  solution.stopped = progress.stop_requested();
  solution.circuit = circuit_of(solution);
  solution.cost = cost(solution.circuit, part);
  prove(solution);
  return solution;
}

Design matrix_design(const MatrixSolution& solution, const Part& part, double clock_ns,
                     const std::string& name) {
  const int rows = solution.matrix.rows, columns = solution.matrix.columns;
  Interval all;
  for (const AdderGraph::Output& out : solution.graph.outputs) all = unite(all, range_of(solution, out));
  FixedType y = type_of(all);
  y.width = std::max(1, y.width);
  Pipelined made = pipelined(solution.circuit, part.delays, clock_ns);

  StageDesign stage;
  stage.name = name;
  stage.module = name + "_matrix";
  stage.style = "adders";
  InputStream x;
  x.source = -1;
  x.window.channels = rows;
  x.type = solution.options.input;
  x.fifo_depth = 0;
  stage.streams = {x};
  stage.output = {{columns}, y};
  stage.circuit = std::move(made.circuit);
  stage.positions = stage.busy_clocks = 1;
  stage.slowest_ns = made.slowest_ns;

  Design design;
  design.name = name;
  design.ports = Ports::Plain;
  design.inputs = {{"", {{rows}, x.type}, rows}};
  design.outputs = {{"", stage.output, columns}};
  design.stages = {std::move(stage)};
  design.clock_ns = clock_ns;
  design.interval = 1;
  design.latency = latency_of(design);
  return design;
}

std::string print_text(const MatrixSolution& solution) {
  return fmt::format(
      "{} inputs, {} outputs\n"
      "Adders    {}\n"
      "Bit cost  {}\n"
      "LUT est.  {:.0f}\n"
      "Depth     {} (least: {})\n"
      "Seconds   {:.4f}\n"
      "Proven by its coefficients, and tried on {} vectors: 0 differing values\n",
      solution.matrix.rows, solution.matrix.columns, solution.graph.adders.size(), solution.graph.bits(),
      solution.cost.lut, solution.graph.depth(), solution.least_depth, solution.seconds, solution.checked);
}

std::string print_json(const MatrixSolution& solution) {
  nlohmann::ordered_json json;
  json["format"] = "gatewright-cmvm-1";
  json["matrix"] = solution.options.matrix.string();
  json["rows"] = solution.matrix.rows;
  json["columns"] = solution.matrix.columns;
  json["input_bits"] = solution.options.input.width;
  json["signed"] = solution.options.input.is_signed;
  json["adders"] = solution.graph.adders.size();
  json["bit_cost"] = solution.graph.bits();
  json["lut"] = std::llround(solution.cost.lut);
  json["depth"] = solution.graph.depth();
  json["least_depth"] = solution.least_depth;
  json["seconds"] = solution.seconds;
  json["seed"] = solution.options.seed;
  json["checked_vectors"] = solution.checked;
  json["differing_values"] = 0;
  return json.dump(2) + "\n";
}

}  // namespace gw
