// QKeras's notation for quantizers: a Python call. Each quantizer has a row of parameters in QKeras's order;
// an argument finds its parameter by position or by name, and a parameter of ours or one that must stay off
// is told apart by the row.

#include "train/quantizer_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "support/call_text.h"

namespace gw::train {

namespace {

struct Parameter {
  const char* name;
  const char* off = nullptr;  ///< the only value that is understood; none: any
};

struct Form {
  const char* name;
  QuantizerKind kind;
  std::vector<Parameter> parameters;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all{
      {"quantized_bits",
       QuantizerKind::Bits,
       {{"bits"},
        {"integer"},
        {"symmetric"},
        {"keep_negative"},
        {"alpha"},
        {"use_stochastic_rounding", "0"},
        {"per_channel"},
        {"learned_bits"}}},
      {"quantized_relu",
       QuantizerKind::Relu,
       {{"bits"},
        {"integer"},
        {"use_sigmoid", "0"},
        {"negative_slope", "0"},
        {"use_stochastic_rounding", "0"},
        {"relu_upper_bound", "none"},
        {"is_quantized_clip", "1"},
        {"alpha"},
        {"learned_bits"}}},
      {"binary", QuantizerKind::Binary, {{"use_01"}, {"alpha"}, {"use_stochastic_rounding", "0"}}},
      {"ternary", QuantizerKind::Ternary, {{"alpha"}, {"threshold"}, {"use_stochastic_rounding", "0"}}},
      {"quantized_po2",
       QuantizerKind::Po2,
       {{"bits"}, {"max_value"}, {"use_stochastic_rounding", "0"}, {"quadratic_approximation", "0"}}},
      {"quantized_tanh",
       QuantizerKind::Tanh,
       {{"bits"}, {"use_stochastic_rounding", "0"}, {"symmetric"}, {"use_real_tanh"}}},
      {"quantized_sigmoid",
       QuantizerKind::Sigmoid,
       {{"bits"}, {"symmetric", "0"}, {"use_real_sigmoid"}, {"use_stochastic_rounding", "0"}}},
  };
  return all;
}

/// Python's words as numbers, quotes taken off: "True" and "1.0" are "1".
std::string plain(std::string value) {
  if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  if (value == "True") return "1";
  if (value == "False") return "0";
  if (value == "None") return "none";
  double number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == value.data() + value.size())
    return number == 0 ? "0" : fmt::format("{}", number);
  return value;
}

std::optional<double> number_of(const std::string& value) {
  double number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

using Arguments = std::map<std::string, std::string>;

// In the order of LearnedBits, from its second on.
constexpr std::array granularities{"tensor", "channel", "weight"};

/// The arguments by the names of their parameters, or nothing and why.
std::optional<Arguments> arguments_of(const Form& form, const CallText& call, std::string& why) {
  Arguments found;
  size_t position = 0;
  for (const CallText::Argument& argument : call.arguments) {
    if (argument.key.empty() && position >= form.parameters.size()) {
      why = fmt::format("{} takes at most {} arguments", form.name, form.parameters.size());
      return std::nullopt;
    }
    const std::string name = argument.key.empty() ? form.parameters[position++].name : argument.key;
    const auto parameter = std::find_if(form.parameters.begin(), form.parameters.end(),
                                        [&](const Parameter& p) { return name == p.name; });
    if (parameter == form.parameters.end()) {
      std::vector<const char*> names;
      for (const Parameter& p : form.parameters)
        if (!p.off) names.push_back(p.name);
      why = fmt::format("{} has no '{}'; it has {}", form.name, name, fmt::join(names, ", "));
      return std::nullopt;
    }
    const std::string value = plain(argument.value);
    if (parameter->off && value != parameter->off) {
      why = fmt::format("{}={} is not understood; leave it out", name, value);
      return std::nullopt;
    }
    if (!found.emplace(name, value).second) {
      why = fmt::format("'{}' stands there twice", name);
      return std::nullopt;
    }
  }
  return found;
}

/// Fills a spec from arguments; the first thing that is wrong stays in `why`.
class Filler {
 public:
  Filler(const Arguments& arguments, std::string& why) : arguments_(arguments), why_(why) {}

  void integer(const char* name, int& to, int least, int most) {
    const auto found = value(name);
    if (!found) return;
    const auto number = number_of(*found);
    if (number && *number == std::trunc(*number) && *number >= least && *number <= most)
      to = static_cast<int>(*number);
    else
      fail(fmt::format("{} must be a whole number from {} to {}", name, least, most));
  }
  void flag(const char* name, bool& to) {
    const auto found = value(name);
    if (!found) return;
    if (*found == "0" || *found == "1")
      to = *found == "1";
    else
      fail(fmt::format("{} must be 0 or 1", name));
  }
  std::optional<double> positive(const char* name) {
    const auto found = value(name);
    if (!found || *found == "none") return std::nullopt;
    const auto number = number_of(*found);
    if (!number || *number <= 0) fail(fmt::format("{} must be a number above 0", name));
    return number;
  }
  void alpha(QuantizerSpec& spec) {
    const auto found = value("alpha");
    if (!found || *found == "none") return;
    if (*found == "auto_po2" && spec.kind == QuantizerKind::Bits) {
      spec.scale = ScaleRule::AutoPo2;
      spec.symmetric = true;  // as QKeras forces it
    } else if (*found == "learned_po2" &&
               (spec.kind == QuantizerKind::Bits || spec.kind == QuantizerKind::Relu)) {
      spec.scale = ScaleRule::Learned;
    } else if (*found == "auto") {
      fail(
          "alpha=auto gives scales that take a multiplier; alpha=auto_po2 and alpha=learned_po2 give powers of two");
    } else {
      int exponent = 0;
      const auto number = number_of(*found);
      if (number && *number > 0 && std::frexp(*number, &exponent) == 0.5)
        spec.exponent = exponent - 1;
      else
        fail(fmt::format("alpha={} is no power of two{}", *found,
                         spec.kind == QuantizerKind::Bits   ? ", auto_po2 or learned_po2"
                         : spec.kind == QuantizerKind::Relu ? " or learned_po2"
                                                            : ""));
    }
  }
  void learned_bits(QuantizerSpec& spec) {
    const auto found = value("learned_bits");
    if (!found) return;
    const auto name = std::find(granularities.begin(), granularities.end(), *found);
    if (name == granularities.end()) return fail("learned_bits must be tensor, channel or weight");
    for (const char* settled : {"alpha", "per_channel", "symmetric"})
      if (value(settled)) return fail(fmt::format("learned_bits settles {}: leave it out", settled));
    spec.learned_bits = static_cast<LearnedBits>(name - granularities.begin() + 1);
    spec.scale = ScaleRule::Learned;
  }
  void fail(std::string reason) {
    if (why_.empty()) why_ = std::move(reason);
  }

 private:
  std::optional<std::string> value(const char* name) const {
    const auto found = arguments_.find(name);
    return found == arguments_.end() ? std::nullopt : std::optional(found->second);
  }

  const Arguments& arguments_;
  std::string& why_;
};

}  // namespace

int QuantizerSpec::least_exponent() const {
  return -(1 << (bits - 1 - (max_value && *max_value <= 1 ? 0 : 1)));
}

int QuantizerSpec::greatest_exponent() const {
  const int most = -least_exponent() - 1;
  return max_value ? std::min(most, static_cast<int>(std::lrint(std::log2(*max_value)))) : most;
}

std::optional<QuantizerSpec> read_quantizer(std::string_view text, std::string& why) {
  why.clear();
  const auto call = parse_call(text);
  if (!call) {
    why = "it is not written as name(argument, key=argument)";
    return std::nullopt;
  }
  const auto form =
      std::find_if(forms().begin(), forms().end(), [&](const Form& f) { return call->name == f.name; });
  if (form == forms().end()) {
    std::vector<const char*> names;
    for (const Form& f : forms()) names.push_back(f.name);
    why = fmt::format("it is none of {}", fmt::join(names, ", "));
    return std::nullopt;
  }
  const auto arguments = arguments_of(*form, *call, why);
  if (!arguments) return std::nullopt;

  QuantizerSpec spec;
  spec.kind = form->kind;
  Filler fill(*arguments, why);
  const bool po2 = spec.kind == QuantizerKind::Po2;
  if (po2) spec.bits = 4;
  fill.flag("use_real_tanh", spec.is_real);
  fill.flag("use_real_sigmoid", spec.is_real);
  fill.integer("bits", spec.bits, po2 || spec.kind == QuantizerKind::Tanh ? 2 : 1,
               po2 ? 6 : most_quantizer_bits);
  fill.integer("integer", spec.integer, -32, 32);
  fill.flag("symmetric", spec.symmetric);
  fill.flag("keep_negative", spec.keep_negative);
  bool use_01 = false;
  fill.flag("use_01", use_01);
  if (use_01) spec.keep_negative = false;
  fill.alpha(spec);
  fill.flag("per_channel", spec.per_channel);
  fill.learned_bits(spec);
  if (const auto threshold = fill.positive("threshold")) spec.threshold = *threshold;
  spec.max_value = fill.positive("max_value");
  if (spec.per_channel && spec.scale != ScaleRule::Learned)
    fill.fail("per_channel=1 goes with alpha=learned_po2; auto_po2 has a scale for each channel in any case");
  if (spec.scale != ScaleRule::Fixed && !spec.is_grid()) fill.fail("one bit has no scale to find");
  if (spec.scale == ScaleRule::AutoPo2 && !spec.keep_negative)
    fill.fail("alpha=auto_po2 goes with keep_negative=1");
  if (po2 && arguments->count("bits") == 0) fill.fail("bits must be said, from 2 to 6");
  if (!why.empty()) return std::nullopt;
  return spec;
}

std::string print_quantizer(const QuantizerSpec& spec) {
  std::vector<std::string> list;
  const QuantizerSpec usual;
  const bool grid = spec.kind == QuantizerKind::Bits || spec.kind == QuantizerKind::Relu;
  if (grid) list = {std::to_string(spec.bits), std::to_string(spec.integer)};
  if (spec.kind == QuantizerKind::Po2) list = {std::to_string(spec.bits)};
  if (spec.kind == QuantizerKind::Bits && spec.scale != ScaleRule::AutoPo2 && spec.symmetric)
    list.emplace_back("symmetric=1");
  if (spec.kind == QuantizerKind::Bits && !spec.keep_negative) list.emplace_back("keep_negative=0");
  if (spec.kind == QuantizerKind::Binary && !spec.keep_negative) list.emplace_back("use_01=1");
  if (spec.scale == ScaleRule::AutoPo2) list.emplace_back("alpha=auto_po2");
  if (spec.learns_bits())
    list.push_back(fmt::format("learned_bits={}", granularities[static_cast<size_t>(spec.learned_bits) - 1]));
  else if (spec.scale == ScaleRule::Learned)
    list.emplace_back("alpha=learned_po2");
  if (spec.scale == ScaleRule::Fixed && spec.kind != QuantizerKind::Po2)
    list.push_back(fmt::format("alpha={}", std::ldexp(1.0, spec.exponent)));
  if (spec.per_channel) list.emplace_back("per_channel=1");
  if (spec.kind == QuantizerKind::Ternary && spec.threshold != usual.threshold)
    list.push_back(fmt::format("threshold={}", spec.threshold));
  if (spec.max_value) list.push_back(fmt::format("max_value={}", *spec.max_value));
  const auto form =
      std::find_if(forms().begin(), forms().end(), [&](const Form& f) { return spec.kind == f.kind; });
  return list.empty() ? std::string(form->name) : fmt::format("{}({})", form->name, fmt::join(list, ","));
}

}  // namespace gw::train
