// The pipeline as a whole: its order, what can be seen of it, and that a broken promise is found.

#include "graph/attributes.h"
#include "passes/equivalence.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

constexpr const char* network =
    "x: input 2 float\n"
    "w: constant 2x1 float [1, 0.5]\n"
    "d1: dense(x, w)\n"
    "s: constant 1 float [2]\n"
    "t: constant 1 float [0.25]\n"
    "n1: batch_norm(d1, s, t)\n"
    "r1: relu(n1)\n"
    "r2: relu(r1)\n"
    "output r2\n";

Config eight_bits() {
  Config config;
  config.precision.model = {
      {"default", std::nullopt}, {"weight", Quantizer{{8, 4, true}}}, {"bias", Quantizer{{8, 4, true}}}};
  config.precision.by_kind["input"]["result"] = Quantizer{{8, 4, true}};
  return config;
}

TEST(Pipeline, SaysWhatItDoes) {
  std::vector<std::string> names;
  for (const Pass& pass : pipeline()) {
    names.emplace_back(pass.name);
    EXPECT_FALSE(pass.doc.empty());
    EXPECT_EQ(pass.keeps_bits, names.size() > 3) << "what keeps bits stands behind assign_types";
  }
  EXPECT_EQ(names, (std::vector<std::string>{
                       "fold_constants", "fold_batch_norm", "assign_types", "merge_duplicates",
                       "merge_shapes", "pad_into_window", "join_affine", "merge_clips", "drop_identities",
                       "quantize_before_pool", "fuse_quantizers", "narrow_to_request"}));
}

TEST(Pipeline, CanBeWatchedAndStopped) {
  const Graph graph = parse_graph(network).value();
  std::vector<std::string> seen;
  CompileOptions options;
  options.observer = [&](const Pass& pass, const Graph& before, const Graph& after) {
    seen.push_back(fmt::format("{} {}-{}", pass.name, before.nodes().size(), after.nodes().size()));
  };
  options.stop_after = fold_batch_norm.name;
  const Graph folded = compile(graph, eight_bits(), options).value();
  EXPECT_FALSE(folded.is_typed());
  EXPECT_EQ(seen, (std::vector<std::string>{"fold_constants 8-8", "fold_batch_norm 8-6"}));
  seen.clear();
  options.stop_after = {};
  EXPECT_EQ(compile(graph, eight_bits(), options)->nodes().size(), 6u);
  EXPECT_EQ(seen.size(), 3u);
  seen.clear();
  options.simplify = true;
  EXPECT_EQ(compile(graph, eight_bits(), options)->nodes().size(), 5u);
  EXPECT_EQ(seen.size(), pipeline().size());
}

Result<Graph> run_badly(Graph graph, const Config&) {
  return rewrite(std::move(graph), [](const Sight& sight, NodeId id) -> std::optional<Replacement> {
    const auto* cast = sight.get<Quantize>(id);
    if (!cast || cast->out.rounding == Rounding::Rnd) return std::nullopt;
    Quantize other = *cast;
    other.out.rounding = Rounding::Rnd;
    if (other.out.to.width == 5) other.out.to.width = 6;
    return Replacement{{{sight[id].name, other, sight[id].inputs}}, fresh(0)};
  });
}

TEST(Pipeline, ABrokenPromiseIsFound) {
  const Pass bad{"bad", "", run_badly, true};
  EXPECT_EQ(
      testing::after(bad, "x: input 1 ap_fixed<8,4>\nc1: quantize(x) {out: ap_fixed<6,4>}\noutput c1\n"),
      "net.txt: node 'c1': error: is changed by the pass bad: sample 1, element 0 was 31 and is -32 (raw); this is "
      "a defect of Gatewright [pass-changed-bits]");
  EXPECT_EQ(
      testing::after(bad, "x: input 1 ap_fixed<8,4>\nc1: quantize(x) {out: ap_fixed<5,4>}\noutput c1\n"),
      "net.txt: node 'c1': error: is changed by the pass bad from 1 ap_fixed<5,4> to 1 ap_fixed<6,4>; this is a "
      "defect of Gatewright [pass-changed-type]");
}

TEST(FoldConstants, WhatOnlyMovesAndWhatComputes) {
  EXPECT_EQ(testing::after(fold_constants,
                           "x: input 2 float\n"
                           "c: constant 1x2x2 float [1, 2, 3, 4]\n"
                           "p: permute(c) {axes: [0, 2, 1]}\n"
                           "w: reshape(p) {shape: [2, 2]}\n"
                           "q: quantize(w) {out: ap_fixed<3,3,AP_TRN,AP_SAT>}\n"
                           "d1: dense(x, w)\n"
                           "d2: dense(d1, q)\n"
                           "output d2\n"),
            "x: input 2 float\n"
            "w: constant 2x2 float [1, 3, 2, 4]\n"
            "q: constant 2x2 ap_fixed<3,3> [1, 3, 2, 3] {overflows: 1}\n"
            "d1: dense(x, w) -> 2 float\n"
            "d2: dense(d1, q) -> 2 float\n"
            "output d2\n");
}

TEST(FoldConstants, OtherLayersOfConstantsAreErrors) {
  EXPECT_EQ(
      testing::after(fold_constants,
                     "x: input 2 float\n"
                     "c: constant 2 float [1, 2]\n"
                     "s1: softmax(c)\n"
                     "r1: relu(x)\n"
                     "output r1\n"
                     "output s1\n"),
      "net.txt: node 's1': error: has only constant inputs, so that its answer never depends on the network's "
      "input [only-constants]");
}

}  // namespace
}  // namespace gw
