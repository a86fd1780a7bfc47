// Reading graphs as text. A line stands for itself: it is read from left to right, the first thing that does
// not fit is told with what stands there and what should, and the next line goes on. A node whose line failed
// is put into the builder as failed, so that what depends on it stays silent.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "graph/attributes.h"
#include "graph/text.h"
#include "graph/text_line.h"
#include "support/messages.h"
#include "support/overload.h"

namespace gw {

namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "28x28x1".
std::optional<Shape> shape_in(std::string_view text) {
  Shape shape;
  while (true) {
    const auto cross = text.find('x');
    const auto extent = number_in<int>(text.substr(0, cross));
    if (!extent) return std::nullopt;
    shape.push_back(*extent);
    if (cross == text.npos) return shape;
    text.remove_prefix(cross + 1);
  }
}

/// The raw value that a decimal, or a raw value with its exponent, stands for, if the type has it.
std::optional<std::int64_t> raw_in(std::string_view text, const FixedType& type) {
  const Quantizer exact{type, Rounding::Trn, Overflow::Wrap};
  if (const auto p = text.find('p'); p != text.npos) {
    const auto raw = number_in<std::int64_t>(text.substr(0, p));
    const auto exponent = number_in<int>(text.substr(p + 1));
    if (!raw || exponent != -type.fraction() || *raw < type.lowest() || *raw > type.highest())
      return std::nullopt;
    return raw;
  }
  const auto value = number_in<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  const std::int64_t raw = quantize(exact, *value);
  return to_double(raw, type.fraction()) == *value ? std::optional(raw) : std::nullopt;
}

/// Elements of a shape, or nothing if a tensor has no such shape.
std::optional<std::int64_t> count_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const int extent : shape) {
    if (extent < 1 || count > max_elements / extent) return std::nullopt;
    count *= extent;
  }
  return count;
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file), builder_(file) {}

  Result<Graph> read(std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      ++number_;
      builder_.at_line(number_);
      TextLine line(text.substr(0, end));
      if (!line.at_end()) read_line(line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    builder_.at_line(0);
    return builder_.build();
  }

 private:
  Place place(std::string item) const { return {file_, number_, std::move(item)}; }

  void add(Diagnostic error) { errors_.push_back(std::move(error)); }
  /// What stands at the cursor is not what should.
  void refuse(const TextLine& line, std::string wanted) {
    add(diagnose(messages::text_syntax, place(item_), line.shown(), std::move(wanted)));
  }
  bool expect(TextLine& line, std::string_view token) {
    if (line.take(token)) return true;
    refuse(line, fmt::format("'{}'", token));
    return false;
  }
  bool expect_end(const TextLine& line) {
    if (line.at_end()) return true;
    refuse(line, "the end of the line");
    return false;
  }

  void read_line(TextLine& line) {
    item_.clear();
    const auto name = line.name();
    if (!name) {
      refuse(line, "the name of a node or 'output'");
    } else if (line.take(":")) {
      item_ = place_of(*name);
      const auto id = read_node(line, *name);
      ids_.try_emplace(*name, id ? *id : builder_.failed(*name, std::exchange(errors_, {})));
      return;
    } else if (*name == "output") {
      const auto output = find(line);
      if (output && expect_end(line)) return builder_.output(*output);
    } else {
      refuse(line, "':'");
    }
    // Nothing that others read is missing, but the line's trouble has to be kept.
    const NodeId nothing = builder_.failed("", std::exchange(errors_, {}));
    if (name == "output") builder_.output(nothing);
  }

  std::optional<NodeId> read_node(TextLine& line, const std::string& name) {
    const auto kind = line.name();
    if (kind == "input") return read_input(line, name);
    if (kind == "constant") return read_constant(line, name);
    auto layer = kind ? make_layer(*kind) : std::nullopt;
    if (!layer) {
      std::vector<std::string> kinds = layer_kinds();
      kinds.insert(kinds.begin(), {"input", "constant"});
      if (kind) {
        add(diagnose(messages::unknown_value, place(item_), *kind, nearest(*kind, kinds)));
      } else {
        refuse(line, "the kind of a node");
      }
      return std::nullopt;
    }
    return read_layer(line, name, std::move(*layer));
  }

  std::optional<Shape> read_shape(TextLine& line) {
    const TextLine before = line;
    auto shape = shape_in(line.word());
    if (!shape) refuse(before, "a shape like 28x28x1");
    return shape;
  }

  /// A type, or "float" as no type.
  bool read_type(TextLine& line, std::optional<Quantizer>& type) {
    const TextLine before = line;
    const std::string_view word = line.type();
    if (word == "float") return true;
    type = parse_quantizer(word);
    if (!type) refuse(before, "a type like ap_fixed<16,6>, or float");
    return type.has_value();
  }

  std::optional<NodeId> read_input(TextLine& line, const std::string& name) {
    std::optional<Quantizer> type;
    auto shape = read_shape(line);
    if (!shape || !read_type(line, type) || !expect_end(line)) return std::nullopt;
    return builder_.input(name, std::move(*shape), type);
  }

  std::optional<NodeId> read_constant(TextLine& line, const std::string& name) {
    std::optional<Quantizer> type;
    const auto shape = read_shape(line);
    if (!shape || !read_type(line, type) || !expect(line, "[")) return std::nullopt;
    const auto values = read_list(line, ']');
    std::int64_t overflows = 0;
    if (!values) return std::nullopt;
    if (line.take("{")) {
      if (!expect(line, "overflows") || !expect(line, ":")) return std::nullopt;
      const TextLine before = line;
      const auto said = number_in<std::int64_t>(line.name().value_or(""));
      if (!said || *said < 0) {
        refuse(before, "a number of values");
        return std::nullopt;
      }
      overflows = *said;
      if (!expect(line, "}")) return std::nullopt;
    }
    if (!expect_end(line)) return std::nullopt;

    const auto count = count_of(*shape);
    if (!count || (type && type->to.width > max_width)) return builder_.constant(name, {*shape, 1, {}}, type);
    if (*count != static_cast<std::int64_t>(values->size())) {
      add(diagnose(messages::text_count, place(item_), static_cast<std::int64_t>(values->size()),
                   to_string(*shape), *count));
      return std::nullopt;
    }
    return type ? fixed_constant(name, *shape, type->to, *values, overflows)
                : real_constant(name, *shape, *values);
  }

  std::optional<NodeId> real_constant(const std::string& name, const Shape& shape,
                                      const std::vector<std::string>& texts) {
    FloatTensor values{shape, 1, {}};
    for (const std::string& text : texts) {
      const auto value = number_in<float>(text);
      if (!value) {
        add(diagnose(messages::text_value, place(item_), text, "float"));
        return std::nullopt;
      }
      values.values.push_back(*value);
    }
    return builder_.constant(name, std::move(values));
  }

  std::optional<NodeId> fixed_constant(const std::string& name, const Shape& shape, const FixedType& type,
                                       const std::vector<std::string>& texts, std::int64_t overflows) {
    Tensor fixed(shape, type);
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto raw = raw_in(texts[i], type);
      if (!raw) {
        add(diagnose(messages::text_value, place(item_), texts[i], to_string(type)));
        return std::nullopt;
      }
      fixed.set(static_cast<std::int64_t>(i), *raw);
    }
    FloatTensor values = dequantize(fixed);
    return builder_.constant_of(name, {std::move(values), std::move(fixed), overflows});
  }

  std::optional<NodeId> read_layer(TextLine& line, const std::string& name, Layer layer) {
    if (!expect(line, "(")) return std::nullopt;
    std::vector<NodeId> inputs;
    bool is_whole = true;
    do {
      const auto input = find(line);
      is_whole = is_whole && input;
      if (input) inputs.push_back(*input);
    } while (line.take(","));
    if (!is_whole || !expect(line, ")")) return std::nullopt;
    if (line.take("{") && !read_attributes(line, layer)) return std::nullopt;
    std::string said;
    if (line.take("->")) {
      std::optional<Quantizer> type;
      const auto shape = read_shape(line);
      if (!shape || !read_type(line, type)) return std::nullopt;
      said = to_string(TensorType{*shape, type ? std::optional(type->to) : std::nullopt});
    }
    if (!expect_end(line)) return std::nullopt;
    const NodeId id = builder_.layer(name, std::move(layer), std::move(inputs));
    const TensorType& type = builder_.type(id);
    if (said.empty() || type.shape.empty() || to_string(type) == said) return id;
    add(diagnose(messages::text_type, place(item_), to_string(type), said));
    return builder_.failed("", std::exchange(errors_, {}));
  }

  /// "name: value, ...}" behind the brace. All attributes that are wrong are told.
  bool read_attributes(TextLine& line, Layer& layer) {
    const size_t before = errors_.size();
    const std::vector<Attribute> known = attributes(layer);
    std::vector<std::string> names, seen;
    for (const Attribute& attribute : known) names.push_back(attribute.name);
    do {
      const auto name = line.name();
      if (!name) {
        refuse(line, "the name of an attribute");
        return false;
      }
      if (!expect(line, ":")) return false;
      const std::string_view value = line.value();
      const auto attribute = std::find(names.begin(), names.end(), *name);
      if (attribute == names.end()) {
        add(diagnose(messages::unknown_key, place(item_), *name, nearest(*name, names)));
      } else if (std::find(seen.begin(), seen.end(), *name) != seen.end()) {
        add(diagnose(messages::key_twice, place(item_), *name));
      } else {
        read_value(value, known[static_cast<size_t>(attribute - names.begin())]);
      }
      seen.push_back(*name);
    } while (line.take(","));
    return expect(line, "}") && errors_.size() == before;
  }

  void read_value(std::string_view text, const Attribute& attribute) {
    const auto store = [&](auto* to, const auto& value, const char* wanted) {
      if (value) {
        *to = *value;
      } else {
        add(diagnose(messages::wrong_kind, place(fmt::format("{}, {}", item_, attribute.name)), wanted,
                     std::string(text)));
      }
    };
    const auto truth = text == "true"    ? std::optional(true)
                       : text == "false" ? std::optional(false)
                                         : std::nullopt;
    std::visit(
        Overload{
            [&](int* number) { store(number, number_in<int>(text), "a whole number"); },
            [&](bool* flag) { store(flag, truth, "true or false"); },
            [&](double* number) { store(number, number_in<double>(text), "a number"); },
            [&](std::vector<int>* list) {
              store(list, list_in<int>(text, number_in<int>), "a list of whole numbers");
            },
            [&](const ChoiceRef& choice) {
              if (choice.choose(text)) return;
              const std::vector<std::string> choices(choice.names.begin(), choice.names.end());
              add(diagnose(messages::unknown_value, place(fmt::format("{}, {}", item_, attribute.name)),
                           std::string(text), nearest(text, choices)));
            },
            [&](Quantizer* type) { store(type, parse_quantizer(text), "a type like ap_fixed<16,6>"); },
            [&](std::optional<Quantizer>* type) {
              if (text == "none") return type->reset();
              store(type, parse_quantizer(text), "a type like ap_fixed<16,6>, or none");
            },
            [&](std::vector<Quantizer>* list) {
              const auto element = [](std::string_view type) {
                return type == "0" ? Quantizer() : parse_quantizer(type);
              };
              store(list, list_in<Quantizer>(text, element), "a list of types");
            },
        },
        attribute.value);
  }

  template <class T, class Read>
  std::optional<std::vector<T>> list_in(std::string_view text, const Read& read) {
    TextLine line(text);
    if (!line.take("[")) return std::nullopt;
    std::vector<T> list;
    if (line.take("]")) return line.at_end() ? std::optional(list) : std::nullopt;
    do {
      const auto element = read(line.value());
      if (!element) return std::nullopt;
      list.push_back(*element);
    } while (line.take(","));
    return line.take("]") && line.at_end() ? std::optional(list) : std::nullopt;
  }

  /// The words behind an opening bracket, and that bracket's end.
  std::optional<std::vector<std::string>> read_list(TextLine& line, char end) {
    std::vector<std::string> words;
    const std::string close(1, end);
    if (line.take(close)) return words;
    do {
      words.emplace_back(line.value());
    } while (line.take(","));
    return expect(line, close) ? std::optional(std::move(words)) : std::nullopt;
  }

  /// The node whose name stands at the cursor, among those of the lines before.
  std::optional<NodeId> find(TextLine& line) {
    const TextLine before = line;
    const auto name = line.name();
    if (!name) {
      refuse(before, "the name of a node");
      return std::nullopt;
    }
    if (const auto found = ids_.find(*name); found != ids_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [known, unused] : ids_) names.push_back(known);
    add(diagnose(messages::node_not_before, place(item_), *name, nearest(*name, names)));
    return std::nullopt;
  }

  const std::string& file_;
  GraphBuilder builder_;
  int number_ = 0;      // of the line
  std::string item_;    // what the line is about, for messages
  Diagnostics errors_;  // of the line, until the builder has them
  std::map<std::string, NodeId> ids_;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text, const std::string& file) { return Reader(file).read(text); }

bool is_graph_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    TextLine line(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.at_end()) continue;
    if (!line.name() || !line.take(":")) return false;
    const auto kind = line.name();
    return kind && (kind == "input" || kind == "constant" || line.take("("));
  }
  return false;
}

}  // namespace gw
