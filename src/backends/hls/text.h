#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "num/fixed.h"
#include "num/interval.h"

/// Pieces of C++ text that several parts of a generated project need.
namespace gw::hls {

/// Lines of C++, indented by the braces that are open.
class Code {
 public:
  void line() { text_ += "\n"; }
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += std::string(static_cast<size_t>(4 * depth_), ' ') +
             fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  /// A line that ends in a brace, and that brace's end.
  template <class... Args>
  void open(fmt::format_string<Args...> format, Args&&... args) {
    line("{} {{", fmt::format(format, std::forward<Args>(args)...));
    ++depth_;
  }
  void close(std::string_view after = "") {
    --depth_;
    line("}}{}", after);
  }
  /// "#pragma HLS ...", which stands at the margin.
  template <class... Args>
  void pragma(fmt::format_string<Args...> format, Args&&... args) {
    text_ += "#pragma HLS " + fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  void add(std::string_view lines) { text_ += lines; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  int depth_ = 0;
};

/// A type as it can be declared: at least one bit wide.
FixedType declarable(const FixedType& type);
/// The declarable type of an interval, and its name: "ap_fixed<16,6>".
FixedType exact_type(const Interval& range);
std::string cpp(const FixedType& type);
std::string cpp(const Quantizer& q);

/// raw * 2^-fraction as an initialiser of a number of type `type`, which holds it: a decimal where a double
/// is exact.
std::string number(std::int64_t raw, int fraction, const FixedType& type);
/// The same as an expression of that type.
std::string constant(std::int64_t raw, int fraction, const FixedType& type);

/// Names that C++ takes and that are not taken: letters, digits and single underscores, no keyword.
class Names {
 public:
  Names();
  /// A name near to `wanted` for which neither it nor any name made of it by one of `endings` is taken; takes
  /// them all. An ending "_window#" stands for _window0, _window1 and so on.
  std::string take(std::string_view wanted, std::span<const std::string_view> endings = {});

 private:
  bool is_free(const std::string& name) const;

  std::set<std::string, std::less<>> taken_;  ///< numbered ones also as "window#"
};

}  // namespace gw::hls
