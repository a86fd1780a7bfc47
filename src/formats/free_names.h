#pragma once

#include <map>
#include <set>
#include <string>

namespace gw {

/// Names that are taken, and how many times each was wanted: a file of many nodes of one name costs no
/// search.
class FreeNames {
 public:
  /// Takes the name; false if it was taken before.
  bool take(const std::string& name) { return taken_.insert(name).second; }
  /// Takes `wanted`, or that with the first number behind it that is free.
  std::string take_free(const std::string& wanted) {
    if (take(wanted)) return wanted;
    for (int& number = numbers_[wanted];;) {
      std::string name = wanted + "_" + std::to_string(++number);
      if (take(name)) return name;
    }
  }

 private:
  std::set<std::string> taken_;
  std::map<std::string, int> numbers_;
};

}  // namespace gw
