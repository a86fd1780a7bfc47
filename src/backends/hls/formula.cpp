// Formulas as C++.
//
// A backend has no arithmetic of its own to get wrong: sums, products and maxima of the fixed-point types are
// exact, every value that gets a name gets a type that holds its whole interval, and bits are lost only in
// casts, which stand where the formula has them. What is left is to write it as a person would. Matrices have
// a file of their own (hls_matrix.cpp). Everything else is cut into trees (hls_trees.h): a family of trees of
// one shape is a loop, and so is a long sum or maximum inside. All trees of a family are walked side by side;
// where they load different elements or hold different constants, the text reads an array at the loop's
// counter: an index that grows evenly is written out, another one stands in an array.
//
// An accumulator is just wide enough for its last value. Partial sums may leave that type and wrap; sums
// modulo 2^width come back.

#include "backends/hls/formula.h"

#include <algorithm>
#include <optional>

#include "backends/hls/matrix.h"
#include "backends/hls/text.h"
#include "backends/hls/trees.h"
#include "circuit/circuit.h"
#include "support/check.h"

namespace gw::hls {

namespace {

// An expression of C++ and the type that the rules of ap_fixed give it.
struct Value {
  std::string code;
  FixedType type;
};

// Types that a simulation can hold; intermediate results stay well below.
constexpr int widest_result = 100;
// Longer expressions are broken up.
constexpr size_t longest_expression = 90;

FixedType sum_type(const FixedType& a, const FixedType& b, bool is_signed) {
  const int integer = 1 + std::max(a.integer + (b.is_signed && !a.is_signed ? 1 : 0),
                                   b.integer + (a.is_signed && !b.is_signed ? 1 : 0));
  return {integer + std::max(a.fraction(), b.fraction()), integer, is_signed};
}

FixedType result_type(ExprKind kind, const FixedType& a, const FixedType& b) {
  const bool is_signed = a.is_signed || b.is_signed;
  if (kind == ExprKind::Multiply) return {a.width + b.width, a.integer + b.integer, is_signed};
  return sum_type(a, b, is_signed || kind == ExprKind::Subtract);
}

// Members of a family side by side, those of one member being the turns of an inner loop.
struct Lanes {
  std::vector<ExprId> ids;  ///< member by member
  int members = 1, turns = 1;
};

class Printer {
 public:
  Printer(const Stage& stage, const std::string& name, std::span<const std::string> elements,
          const std::string& output, const Turns& turns)
      : stage_(stage), formula_(stage.formula), name_(name), turns_(turns) {
    made_.asks_inside.resize(stage.windows.size());
    for (const Expr& expr : formula_.exprs()) {
      if (expr.kind == ExprKind::Inside) made_.asks_inside[static_cast<size_t>(expr.stream)] = true;
    }
    signature_ = fmt::format("inline void {}_formula(", name);
    for (size_t k = 0; k < stage.windows.size(); ++k) {
      const Window& w = stage.windows[k];
      signature_ += fmt::format("const {} window{}[{}], ", elements[k], k, w.elements());
      if (made_.asks_inside[k])
        signature_ += fmt::format("const ap_ufixed<1, 1> inside{}[{}], ", k, w.kernel_h * w.kernel_w);
    }
    signature_ += fmt::format("{} y[{}])", output, formula_.outputs().size());
  }

  FormulaFunction print() {
    code_.open("{}", signature_);
    code_.pragma("INLINE");
    if (const auto matrix = printable_matrix(stage_, turns_)) {
      print_matrix(*matrix, name_, turns_, code_, made_);
    } else {
      trees_.emplace(formula_);
      for (size_t f = 0; f < trees_->families().size(); ++f) family(static_cast<int>(f));
      for (const std::vector<int>& outputs : trees_->outputs()) output_family(outputs);
    }
    code_.close();
    made_.text = code_.text();
    return made_;
  }

 private:
  // Families --------------------------------------------------------------------------------------------

  void family(int number) {
    const std::vector<ExprId>& members = trees_->families()[static_cast<size_t>(number)].members;
    Lanes lanes{members, static_cast<int>(members.size()), 1};
    const std::string type = value_type(lanes);
    if (members.size() == 1) {
      const Value value = root_value(lanes);
      code_.line("const {} v{} = {};", type, number, value.code);
      return;
    }
    code_.line("{} v{}[{}];", type, number, members.size());
    code_.pragma("ARRAY_PARTITION variable=v{} complete", number);
    open_members(lanes);
    const Value value = root_value(lanes);
    code_.line("v{}[n] = {};", number, value.code);
    code_.close();
  }

  void output_family(const std::vector<int>& outputs) {
    Lanes lanes{{}, static_cast<int>(outputs.size()), 1};
    for (const int o : outputs) lanes.ids.push_back(formula_.outputs()[static_cast<size_t>(o)]);
    if (outputs.size() > 1) open_members(lanes);
    const std::string place = place_text(std::vector<std::int64_t>(outputs.begin(), outputs.end()), lanes);
    code_.line("y[{}] = {};", place, value_of(lanes).code);
    if (outputs.size() > 1) code_.close();
  }

  void open_members(const Lanes& lanes) {
    code_.open("for (int n = 0; n < {}; n++)", lanes.members);
    code_.pragma("UNROLL");
  }

  // A type that holds what any of the lanes can be: where a cast made it, the cast's own.
  std::string value_type(const Lanes& lanes) const { return cpp(exact(lanes)); }

  FixedType exact(const Lanes& lanes) const {
    Interval all = formula_[lanes.ids.front()].range;
    for (const ExprId id : lanes.ids) all = unite(all, formula_[id].range);
    return exact_type(all);
  }

  // Expressions -----------------------------------------------------------------------------------------

  Value value_of(const Lanes& lanes) {
    if (trees_->is_root(lanes.ids.front())) return reference(lanes);
    return root_value(lanes);
  }

  Value root_value(const Lanes& lanes) {
    Value value = trees_->reduction(lanes.ids.front()) ? reduced(lanes) : plain(lanes);
    if (value.code.size() > longest_expression) return named(value, lanes);
    return value;
  }

  Value named(const Value& value, const Lanes& lanes) {
    const FixedType type = exact(lanes);
    const std::string name = fmt::format("t{}", next_name_++);
    code_.line("const {} {} = {};", cpp(type), name, value.code);
    return {name, type};
  }

  Lanes arguments(const Lanes& lanes, size_t n) const {
    Lanes of{{}, lanes.members, lanes.turns};
    for (const ExprId id : lanes.ids) of.ids.push_back(formula_[id].args[n]);
    return of;
  }

  Value reference(const Lanes& lanes) {
    const auto [family, _] = trees_->place(lanes.ids.front());
    const Lanes all{trees_->families()[static_cast<size_t>(family)].members, 1, 1};
    if (all.ids.size() == 1) return {fmt::format("v{}", family), exact(all)};
    std::vector<std::int64_t> places;
    for (const ExprId id : lanes.ids) places.push_back(trees_->place(id).second);
    return {fmt::format("v{}[{}]", family, place_text(places, lanes)), exact(all)};
  }

  Value plain(const Lanes& lanes) {
    const Expr& first = formula_[lanes.ids.front()];
    switch (first.kind) {
      case ExprKind::Load:
      case ExprKind::Inside:
        return element(lanes, first);
      case ExprKind::Constant:
        return constant_of(lanes);
      case ExprKind::Add:
      case ExprKind::Sum:
      case ExprKind::Subtract:
      case ExprKind::Multiply:
        return arithmetic(lanes, first);
      case ExprKind::Maximum:
      case ExprKind::Minimum: {
        const FixedType type = exact(lanes);
        const Value a = value_of(arguments(lanes, 0)), b = value_of(arguments(lanes, 1));
        return {fmt::format("gw::{}<{}>({}, {})", first.kind == ExprKind::Maximum ? "maximum" : "minimum",
                            cpp(type), a.code, b.code),
                type};
      }
      case ExprKind::Select: {
        const std::string type = value_type(lanes);
        const Value condition = value_of(arguments(lanes, 0));
        const Value then = value_of(arguments(lanes, 1)), otherwise = value_of(arguments(lanes, 2));
        return {
            fmt::format("({0} != 0 ? {1}({2}) : {1}({3}))", condition.code, type, then.code, otherwise.code),
            exact(lanes)};
      }
      case ExprKind::Table:
        return entry(lanes, first);
      case ExprKind::Cast: {
        const Value value = value_of(arguments(lanes, 0));
        return {fmt::format("{}({})", cpp(first.quantizer), bare(value.code)),
                declarable(first.quantizer.to)};
      }
    }
    defect(__FILE__, __LINE__, "no such expression");
  }

  // Without parentheses around the whole.
  static std::string bare(const std::string& code) {
    if (!code.starts_with('(')) return code;
    int depth = 0;
    for (size_t at = 0; at < code.size(); ++at) {
      depth += code[at] == '(' ? 1 : code[at] == ')' ? -1 : 0;
      if (depth == 0) return at + 1 == code.size() ? code.substr(1, at - 1) : code;
    }
    return code;
  }

  Value element(const Lanes& lanes, const Expr& first) {
    std::vector<std::int64_t> places;
    const int channels = stage_.windows[static_cast<size_t>(first.stream)].channels;
    const bool is_load = first.kind == ExprKind::Load;
    for (const ExprId id : lanes.ids)
      places.push_back(is_load ? formula_[id].index : formula_[id].index / channels);
    const std::string place = place_text(places, lanes);
    if (!is_load) return {fmt::format("inside{}[{}]", first.stream, place), {1, 1, false}};
    return {fmt::format("window{}[{}]", first.stream, place),
            declarable(stage_.inputs[static_cast<size_t>(first.stream)])};
  }

  Value constant_of(const Lanes& lanes) {
    const Expr& first = formula_[lanes.ids.front()];
    const FixedType type = exact(lanes);
    const bool is_one = std::all_of(lanes.ids.begin(), lanes.ids.end(), [&](ExprId id) {
      return formula_[id].value == first.value && formula_[id].range.fraction == first.range.fraction;
    });
    if (is_one) return {constant(first.value, first.range.fraction, type), type};
    ConstantArray array{
        fmt::format("{}_constants{}", name_, constants_++), cpp(type), "Constants of the formula", {}, {}};
    for (const ExprId id : lanes.ids)
      array.values.push_back(number(formula_[id].value, formula_[id].range.fraction, type));
    return {array_at(std::move(array), lanes), type};
  }

  Value arithmetic(const Lanes& lanes, const Expr& first) {
    const char* sign = first.kind == ExprKind::Multiply ? "*" : first.kind == ExprKind::Subtract ? "-" : "+";
    const ExprKind kind = first.kind == ExprKind::Sum ? ExprKind::Add : first.kind;
    Value all = value_of(arguments(lanes, 0));
    for (size_t n = 1; n < first.args.size(); ++n) {
      Value next = value_of(arguments(lanes, n));
      if (result_type(kind, all.type, next.type).width > widest_result) {
        if (n == 1) all = named(all, arguments(lanes, 0));
        next = named(next, arguments(lanes, n));
      }
      all = {fmt::format("{} {} {}", all.code, sign, next.code), result_type(kind, all.type, next.type)};
    }
    return {"(" + all.code + ")", all.type};
  }

  Value entry(const Lanes& lanes, const Expr& first) {
    const Table& table = formula_.tables()[static_cast<size_t>(first.index)];
    const std::string name = fmt::format("{}_table{}", name_, first.index);
    if (!std::any_of(made_.arrays.begin(), made_.arrays.end(),
                     [&](const auto& a) { return a.name == name; })) {
      ConstantArray array{name,
                          cpp(table.type),
                          fmt::format("The table '{}'", table.name),
                          {static_cast<std::int64_t>(table.values.size())},
                          {}};
      for (const std::int64_t raw : table.values)
        array.values.push_back(number(raw, table.type.fraction(), declarable(table.type)));
      made_.arrays.push_back(std::move(array));
    }
    const Value index = value_of(arguments(lanes, 0));
    const int bits = bits_for(static_cast<std::int64_t>(table.values.size()) - 1);
    return {fmt::format("{}[gw::address<{}, {}>({})]", name, bits, table.index_fraction, bare(index.code)),
            declarable(table.type)};
  }

  // Reductions ------------------------------------------------------------------------------------------

  Value reduced(const Lanes& lanes) {
    const Reduction& first = *trees_->reduction(lanes.ids.front());
    const bool is_chain = first.kind == ExprKind::Cast;
    const FixedType type = is_chain ? declarable(first.quantizer.to) : exact(lanes);
    const std::string name = fmt::format("t{}", next_name_++);
    const auto picked = [&](size_t run, size_t term) {
      Lanes of{{}, lanes.members, lanes.turns};
      for (const ExprId id : lanes.ids) of.ids.push_back(trees_->reduction(id)->runs[run].terms[term]);
      return of;
    };
    const auto combined = [&](const Value& term) {
      switch (first.kind) {
        case ExprKind::Maximum:
        case ExprKind::Minimum:
          code_.line("{0} = gw::{1}<{2}>({0}, {3});", name,
                     first.kind == ExprKind::Maximum ? "maximum" : "minimum", cpp(type), term.code);
          break;
        default:
          code_.line("{} += {};", name, bare(term.code));
      }
    };
    // What it begins with.
    size_t done = 0;
    std::string start = "0";
    if (first.start >= 0) {
      Lanes of{{}, lanes.members, lanes.turns};
      for (const ExprId id : lanes.ids) of.ids.push_back(trees_->reduction(id)->start);
      start = value_of(of).code;
    } else if (first.kind != ExprKind::Sum) {
      start = value_of(picked(0, 0)).code;
      done = 1;
    }
    code_.line("{} {} = {};", is_chain ? cpp(first.quantizer) : cpp(type), name, bare(start));
    for (size_t run = 0; run < first.runs.size(); ++run) {
      const size_t count = first.runs[run].terms.size(), from = run == 0 ? done : 0;
      if (lanes.turns > 1 || count - from < 3) {
        for (size_t term = from; term < count; ++term) combined(value_of(picked(run, term)));
        continue;
      }
      Lanes turns{{}, lanes.members, static_cast<int>(count - from)};
      for (const ExprId id : lanes.ids) {
        const std::vector<ExprId>& terms = trees_->reduction(id)->runs[run].terms;
        turns.ids.insert(turns.ids.end(), terms.begin() + static_cast<std::ptrdiff_t>(from), terms.end());
      }
      code_.open("for (int i = 0; i < {}; i++)", turns.turns);
      code_.pragma("UNROLL");
      combined(value_of(turns));
      code_.close();
    }
    return {name, type};
  }

  // Places ----------------------------------------------------------------------------------------------

  // One number for each lane, as text: even steps are written out.
  std::string place_text(const std::vector<std::int64_t>& places, const Lanes& lanes) {
    const auto at = [&](int member, int turn) {
      return places[static_cast<size_t>(member) * static_cast<size_t>(lanes.turns) +
                    static_cast<size_t>(turn)];
    };
    const std::int64_t base = at(0, 0);
    const std::int64_t by_member = lanes.members > 1 ? at(1, 0) - base : 0;
    const std::int64_t by_turn = lanes.turns > 1 ? at(0, 1) - base : 0;
    bool is_even = true;
    for (int n = 0; n < lanes.members; ++n) {
      for (int i = 0; i < lanes.turns; ++i)
        is_even = is_even && at(n, i) == base + n * by_member + i * by_turn;
    }
    if (is_even) {
      std::string text;
      const auto add = [&](std::int64_t factor, const char* counter) {
        if (factor == 0) return;
        if (factor < 0) {
          text += text.empty() ? "-" : " - ";
        } else if (!text.empty()) {
          text += " + ";
        }
        const std::int64_t size = std::abs(factor);
        text += *counter == '\0' ? fmt::format("{}", size)
                : size == 1      ? std::string(counter)
                                 : fmt::format("{} * {}", size, counter);
      };
      if (by_member < 0 || by_turn < 0) add(base, "");
      add(by_member, "n");
      add(by_turn, "i");
      if (by_member >= 0 && by_turn >= 0) add(base, "");
      return text.empty() ? "0" : text;
    }
    ConstantArray array{
        fmt::format("{}_places{}", name_, places_++),
        *std::max_element(places.begin(), places.end()) < 65536 ? "unsigned short" : "unsigned",
        "Elements that the formula reads or writes",
        {},
        {}};
    for (const std::int64_t place : places) array.values.push_back(std::to_string(place));
    return array_at(std::move(array), lanes);
  }

  std::string array_at(ConstantArray array, const Lanes& lanes) {
    std::string text = array.name;
    if (lanes.members > 1) {
      array.extents.push_back(lanes.members);
      text += "[n]";
    }
    if (lanes.turns > 1) {
      array.extents.push_back(lanes.turns);
      text += "[i]";
    }
    made_.arrays.push_back(std::move(array));
    return text;
  }

  const Stage& stage_;
  const Formula& formula_;
  const std::string& name_;
  const Turns& turns_;
  std::optional<Trees> trees_;  ///< of what is no matrix
  std::string signature_;
  Code code_;
  FormulaFunction made_;
  int next_name_ = 0, constants_ = 0, places_ = 0;
};

}  // namespace

FormulaFunction formula_function(const Stage& stage, const std::string& name,
                                 std::span<const std::string> elements, const std::string& output,
                                 const Turns& turns) {
  GW_CHECK(stage.formula.widest() <= max_width);
  return Printer(stage, name, elements, output, turns).print();
}

bool takes_turns(const Stage& stage, const Turns& turns) {
  return turns.count() > 1 && printable_matrix(stage, turns);
}

}  // namespace gw::hls
