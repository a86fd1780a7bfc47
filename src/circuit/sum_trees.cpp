// From sums of many terms to adders with two operands.
//
// The order in which terms meet decides what the adders cost: bits below an operand's shift pass by the carry
// chain, so operands that are shifted alike belong together while they are narrow, and a far shifted one is
// cheap to add to anything. The cheapest adder is taken first; whether the rest still fits under the depth
// limit is Kraft's inequality, sum of 2^depth <= 2^limit, which a merge of unequal depths makes tighter.
// Operands of one shift, width and depth are alike, so what is searched is pairs of kinds, not of operands.

#include "circuit/sum_trees.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "support/check.h"

namespace gw {

namespace {

using Form = std::vector<Int128>;  // coefficients of the inputs

struct Operand {
  int node = 0, shift = 0;
  bool negative = false;
};

class TreeBuilder {
 public:
  TreeBuilder(const SharedSums& sums, const ConstantMatrix& matrix, int depth_limit)
      : sums_(sums), matrix_(matrix), depth_limit_(depth_limit) {
    graph_.inputs = matrix.rows;
    graph_.input_ranges = matrix.inputs;
    for (int r = 0; r < matrix.rows; ++r) {
      Form form(static_cast<size_t>(matrix.rows), 0);
      form[static_cast<size_t>(r)] = 1;
      forms_.push_back(std::move(form));
      depths_.push_back(matrix.input_depth(r));
    }
  }

  AdderGraph run() {
    for (int c = 0; c < matrix_.columns; ++c) {
      const Operand y = operand_of(matrix_.rows + c);
      graph_.outputs.push_back({y.node, y.shift, y.negative});
    }
    return std::move(graph_);
  }

 private:
  // What stands for a signal; a shared sum is built when it is first asked for.
  Operand operand_of(int signal) {
    if (signal < matrix_.rows) return {signal, 0, false};
    const auto known = built_.find(signal);
    if (known != built_.end()) return known->second;
    std::vector<Operand> operands;
    for (const Term& term : sums_.terms(signal)) {
      Operand operand = operand_of(term.signal);
      operand.shift += term.shift;
      operand.negative = operand.negative != term.negative;
      operands.push_back(operand);
    }
    // The order of the terms is an accident of the search.
    std::sort(operands.begin(), operands.end(), [](const Operand& a, const Operand& b) {
      return std::tie(a.node, a.shift) < std::tie(b.node, b.shift);
    });
    const int limit = depth_limit_ < 0 ? -1 : sums_.is_output(signal) ? depth_limit_ : sums_.depth(signal);
    const Operand result = operands.empty() ? Operand{-1, 0, false} : tree(operands, limit);
    built_.emplace(signal, result);
    return result;
  }

  struct Kind {
    int shift, top, depth;
    auto operator<=>(const Kind&) const = default;
  };

  Kind kind_of(const Operand& operand) const {
    return {operand.shift, type_of(graph_.range(operand.node)).width + operand.shift,
            depths_[static_cast<size_t>(operand.node)]};
  }

  Operand tree(const std::vector<Operand>& operands, int limit) {
    std::map<Kind, std::vector<Operand>> kinds;  // the last one of a kind is taken first
    Int128 leaves = 0;
    const auto weight = [](int depth) { return Int128{1} << std::min(depth, 100); };
    for (auto operand = operands.rbegin(); operand != operands.rend(); ++operand) {
      const Kind kind = kind_of(*operand);
      kinds[kind].push_back(*operand);
      leaves += weight(kind.depth);
    }
    const size_t first_own = forms_.size();
    for (size_t left = operands.size(); left > 1; --left) {
      using Choice = std::tuple<int, int, int>;  // bits, top and depth: less is better
      const Kind *first = nullptr, *second = nullptr;
      Choice best{};
      // Shifts rise along the kinds, so the later one of two decides how many bits pass by; its own bits are
      // the least that the adder has. Of equally good pairs the one whose kinds come first is taken.
      for (auto b = kinds.begin(); b != kinds.end(); ++b) {
        const Kind& y = b->first;
        if (first && y.top - y.shift > std::get<0>(best)) continue;
        for (auto a = kinds.begin();; ++a) {
          const Kind& x = a->first;
          if (a == b && a->second.size() < 2) break;
          const int top = std::max(x.top, y.top), depth = std::max(x.depth, y.depth) + 1;
          const Choice choice{std::max(1, top - y.shift), top, depth};
          const bool is_better = !first || choice < best || (choice == best && x < *first);
          if (is_better &&
              (limit < 0 || leaves - weight(x.depth) - weight(y.depth) + weight(depth) <= weight(limit))) {
            best = choice;
            first = &x;
            second = &y;
          }
          if (a == b) break;
        }
      }
      GW_CHECK(first != nullptr);
      const Kind kind_a = *first, kind_b = *second;
      const Operand a = taken(kinds, kind_a), b = taken(kinds, kind_b);
      const Operand sum = join(a, b);
      // What only this tree has read is not asked for again.
      for (const Operand& read : {a, b}) {
        if (static_cast<size_t>(read.node) >= first_own) Form().swap(forms_[static_cast<size_t>(read.node)]);
      }
      const Kind kind = kind_of(sum);
      leaves += weight(kind.depth) - weight(kind_a.depth) - weight(kind_b.depth);
      kinds[kind].push_back(sum);
    }
    return kinds.begin()->second.front();
  }

  static Operand taken(std::map<Kind, std::vector<Operand>>& kinds, const Kind& kind) {
    const auto place = kinds.find(kind);
    const Operand operand = place->second.back();
    place->second.pop_back();
    if (place->second.empty()) kinds.erase(place);
    return operand;
  }

  Operand join(Operand a, Operand b) {
    if (a.negative && !b.negative) std::swap(a, b);
    const int shift = std::min(a.shift, b.shift);
    Adder adder;
    adder.a = a.node;
    adder.b = b.node;
    adder.shift_a = a.shift - shift;
    adder.shift_b = b.shift - shift;
    adder.subtract = a.negative != b.negative;
    const Form &form_a = forms_[static_cast<size_t>(a.node)], &form_b = forms_[static_cast<size_t>(b.node)];
    Form form(form_a.size());
    for (size_t r = 0; r < form.size(); ++r) {
      const Int128 part = form_b[r] * (Int128{1} << adder.shift_b);
      form[r] = form_a[r] * (Int128{1} << adder.shift_a) + (adder.subtract ? -part : part);
      const Interval& x = matrix_.inputs[r];
      adder.range.lo += form[r] * (form[r] < 0 ? x.hi : x.lo);
      adder.range.hi += form[r] * (form[r] < 0 ? x.lo : x.hi);
    }
    adder.depth = 1 + std::max(depths_[static_cast<size_t>(a.node)], depths_[static_cast<size_t>(b.node)]);
    const int node = graph_.inputs + static_cast<int>(graph_.adders.size());
    forms_.push_back(std::move(form));
    depths_.push_back(adder.depth);
    graph_.adders.push_back(adder);
    return {node, shift, a.negative};
  }

  const SharedSums& sums_;
  const ConstantMatrix& matrix_;
  int depth_limit_;
  AdderGraph graph_;
  std::vector<Form> forms_;  // of every node that may still be read
  std::vector<int> depths_;  // of every node
  std::map<int, Operand> built_;
};

}  // namespace

AdderGraph adder_graph(const SharedSums& sums, const ConstantMatrix& matrix, int depth_limit) {
  return TreeBuilder(sums, matrix, depth_limit).run();
}

}  // namespace gw
