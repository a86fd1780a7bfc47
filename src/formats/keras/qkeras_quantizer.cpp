// The quantizers of QKeras (github.com/google/qkeras, qkeras/quantizers.py, version 0.9, and its port to
// Keras 3): how they are described. What they compute of weights is in qkeras_weights.cpp, of streams in
// qkeras.cpp.

#include "formats/keras/qkeras_quantizer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "support/call_text.h"

namespace gw {

namespace {

using Json = nlohmann::json;

/// The kinds that are understood with their fields, in the order of their arguments.
const std::map<std::string, std::vector<std::string>>& known_fields() {
  static const std::map<std::string, std::vector<std::string>> kinds = {
      {"quantized_bits",
       {"bits", "integer", "symmetric", "keep_negative", "alpha", "use_stochastic_rounding", "scale_axis",
        "qnoise_factor", "var_name", "use_ste", "use_variables", "elements_per_scale", "min_po2_exponent",
        "max_po2_exponent", "post_training_scale"}},
      {"quantized_relu",
       {"bits", "integer", "use_sigmoid", "negative_slope", "use_stochastic_rounding", "relu_upper_bound",
        "is_quantized_clip", "qnoise_factor", "var_name", "use_ste", "use_variables"}},
      {"quantized_tanh", {"bits", "use_stochastic_rounding", "symmetric", "use_real_tanh"}},
      {"quantized_sigmoid", {"bits", "symmetric", "use_real_sigmoid", "use_stochastic_rounding"}},
      {"binary", {"use_01", "alpha", "use_stochastic_rounding"}},
      {"ternary", {"alpha", "threshold", "use_stochastic_rounding", "number_of_unrolls"}},
      {"stochastic_binary", {"alpha", "temperature", "use_real_sigmoid"}},
      {"stochastic_ternary", {"alpha", "threshold", "temperature", "use_real_sigmoid", "number_of_unrolls"}},
      {"quantized_po2",
       {"bits", "max_value", "use_stochastic_rounding", "quadratic_approximation", "log2_rounding",
        "qnoise_factor", "var_name", "use_ste", "use_variables"}},
      {"quantized_relu_po2",
       {"bits", "max_value", "negative_slope", "use_stochastic_rounding", "quadratic_approximation",
        "log2_rounding", "qnoise_factor", "var_name", "use_ste", "use_variables"}},
  };
  return kinds;
}

/// Those that are known and refused, with the reason.
const std::map<std::string, std::string>& refused_kinds() {
  static const std::map<std::string, std::string> kinds = {
      {"bernoulli", "its answers are random"},
      {"quantized_ulaw", "its logarithm is no fixed-point arithmetic"},
      {"quantized_hswish", "there is no such activation here"},
      {"quantized_linear", "it is not computed here; quantized_bits is"},
  };
  return kinds;
}

/// The value of an argument of a call, or nothing if it is none that Python has.
std::optional<Json> value_of(const std::string& text) {
  if (text.front() == '\'' || text.front() == '"') return Json(text.substr(1, text.size() - 2));
  if (text == "True" || text == "False") return Json(text == "True");
  if (text == "None") return Json();
  Json value = Json::parse(text, nullptr, false);
  return value.is_number() ? std::optional(std::move(value)) : std::nullopt;
}

std::string without_package(const std::string& name) { return name.substr(name.rfind('>') + 1); }

}  // namespace

namespace {

/// What nearly every file says and nobody misses.
bool is_usual(const std::string& key, const Json& value) {
  static const std::set<std::string> mostly_on{"qnoise_factor", "keep_negative"};
  static const std::set<std::string> mostly_off{
      "symmetric", "use_sigmoid",   "negative_slope",   "use_stochastic_rounding",
      "use_01",    "use_real_tanh", "use_real_sigmoid", "quadratic_approximation"};
  return (mostly_on.contains(key) && (value == 1 || value == true)) ||
         (mostly_off.contains(key) && (value == 0 || value == false));
}

}  // namespace

std::string QkerasQuantizer::text() const {
  std::vector<std::string> parts;
  for (const auto& [key, value] : fields.items()) {
    if (value.is_null() || is_usual(key, value)) continue;
    parts.push_back(key + "=" + value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 40));
  }
  return fmt::format("{}({})", kind, fmt::join(parts, ", "));
}

std::vector<std::string> qkeras_quantizer_kinds() {
  std::vector<std::string> kinds;
  for (const auto& [kind, fields] : known_fields()) kinds.push_back(kind);
  return kinds;
}

bool is_qkeras_quantizer(const Json& said) {
  std::string name;
  if (said.is_string()) name = said.get<std::string>();
  if (said.is_object() && said.contains("class_name") && said["class_name"].is_string())
    name = said["class_name"];
  name = without_package(name.substr(0, name.find('(')));
  return known_fields().contains(name) || refused_kinds().contains(name);
}

std::optional<QkerasQuantizer> parse_qkeras_quantizer(const Json& said, std::string& why) {
  QkerasQuantizer quantizer;
  std::vector<std::pair<std::string, Json>> arguments;
  if (said.is_string()) {
    const auto call = parse_call(said.get<std::string>());
    bool is_good = call.has_value();
    for (size_t n = 0; is_good && n < call->arguments.size(); ++n) {
      auto value = value_of(call->arguments[n].value);
      is_good = value.has_value();
      if (is_good) arguments.emplace_back(call->arguments[n].key, *std::move(value));
    }
    if (!is_good) {
      why = "it is not written as name(argument, key=argument)";
      return std::nullopt;
    }
    quantizer.kind = call->name;
  } else if (said.is_object() && said.contains("class_name") && said["class_name"].is_string()) {
    quantizer.kind = without_package(said["class_name"].get<std::string>());
    if (const auto config = said.find("config"); config != said.end() && config->is_object()) {
      for (const auto& [key, value] : config->items()) arguments.emplace_back(key, value);
    }
  } else {
    why = "it has no class";
    return std::nullopt;
  }
  if (const auto refused = refused_kinds().find(quantizer.kind); refused != refused_kinds().end()) {
    why = refused->second;
    return std::nullopt;
  }
  const auto known = known_fields().find(quantizer.kind);
  if (known == known_fields().end()) {
    why = "there is no such class here";
    return std::nullopt;
  }
  size_t position = 0;
  for (auto& [key, value] : arguments) {
    if (key.empty()) {
      if (position >= known->second.size()) {
        why = "it has too many arguments";
        return std::nullopt;
      }
      key = known->second[position++];
    }
    const bool is_known = std::find(known->second.begin(), known->second.end(), key) != known->second.end();
    if (!is_known && !value.is_null() && key != "name") {
      why = fmt::format("it has no field '{}' here", key);
      return std::nullopt;
    }
    quantizer.fields[key] = std::move(value);
  }
  QkerasFields fields(quantizer);
  if (fields.number("qnoise_factor", 1) != 1) fields.refuse("qnoise_factor must be 1");
  for (const char* name : {"scale_axis", "elements_per_scale", "min_po2_exponent", "max_po2_exponent"}) {
    if (fields.has(name)) fields.refuse(fmt::format("{} is not understood", name));
  }
  why = fields.why();
  return why.empty() ? std::optional(std::move(quantizer)) : std::nullopt;
}

// Fields --------------------------------------------------------------------------------

const Json* QkerasFields::value(const char* name) const {
  const auto found = quantizer_.fields.find(name);
  return found == quantizer_.fields.end() || found->is_null() ? nullptr : &*found;
}

void QkerasFields::refuse(std::string text) {
  if (why_.empty()) why_ = std::move(text);
}

double QkerasFields::number(const char* name, double otherwise) {
  const Json* said = value(name);
  if (!said) return otherwise;
  if (said->is_boolean()) return said->get<bool>() ? 1 : 0;
  if (said->is_number() && std::isfinite(said->get<double>())) return said->get<double>();
  refuse(fmt::format("{} must be a number", name));
  return otherwise;
}

int QkerasFields::integer(const char* name, int otherwise, int least, int most) {
  const double said = number(name, otherwise);
  if (said >= least && said <= most && said == std::trunc(said)) return static_cast<int>(said);
  refuse(fmt::format("{} must be a whole number from {} to {}", name, least, most));
  return otherwise;
}

bool QkerasFields::flag(const char* name, bool otherwise) {
  return integer(name, otherwise ? 1 : 0, 0, 1) == 1;
}

std::string QkerasFields::automatic_alpha() {
  const Json* said = value("alpha");
  if (!said || !said->is_string()) return "";
  const std::string text = said->get<std::string>();
  if (text != "auto" && text != "auto_po2") refuse("alpha must be None, a number, 'auto' or 'auto_po2'");
  return text;
}

float QkerasFields::alpha() {
  if (!automatic_alpha().empty()) return 1;
  const auto alpha = static_cast<float>(number("alpha", 1));
  if (alpha == 0 || !std::isfinite(alpha)) refuse("alpha must not be 0");
  return alpha;
}

std::optional<Quantizer> quantized_bits_cast(QkerasFields& fields) {
  const int bits = fields.integer("bits", 8, 1, 40), integer = fields.integer("integer", 0, -64, 64);
  const bool keeps_negative = fields.flag("keep_negative", true);
  const bool is_symmetric = fields.flag("symmetric", false) || !fields.automatic_alpha().empty();
  if (bits == 1 && keeps_negative) return std::nullopt;
  return Quantizer{{bits, integer + (keeps_negative ? 1 : 0), keeps_negative},
                   Rounding::RndConv,
                   is_symmetric && keeps_negative ? Overflow::SatSym : Overflow::Sat};
}

}  // namespace gw
