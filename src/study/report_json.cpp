// Resources in reports.

#include "study/report_json.h"

namespace gw {

nlohmann::ordered_json json_of(const Utilisation& u) {
  return {{"lut", u.lut},
          {"lut_logic", u.logic_lut},
          {"lut_memory", u.lut_memory},
          {"lut_shift", u.shift_lut},
          {"ff", u.ff},
          {"dsp", u.dsp},
          {"bram36", u.bram()},
          {"uram", u.uram},
          {"carry8", u.carry8}};
}

nlohmann::ordered_json json_of(const Cost& c) {
  return {{"lut", c.lut}, {"ff", c.ff}, {"dsp", c.dsp}, {"bram36", c.bram36}};
}

nlohmann::ordered_json shares_json(const Utilisation& u, const Part& part) {
  const auto share = [](double used, double available) {
    return available > 0 ? nlohmann::ordered_json(used / available) : nlohmann::ordered_json();
  };
  return {{"lut", share(static_cast<double>(u.lut), static_cast<double>(part.lut))},
          {"ff", share(static_cast<double>(u.ff), static_cast<double>(part.ff))},
          {"dsp", share(static_cast<double>(u.dsp), static_cast<double>(part.dsp_count))},
          {"bram36", share(u.bram(), part.bram36())}};
}

}  // namespace gw
