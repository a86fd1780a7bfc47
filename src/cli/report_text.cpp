// What vendors' reports tell, as a table for people and as JSON for programs.
#include "cli/report_text.h"

#include <fmt/format.h>

#include "report/table.h"

namespace gw::cli {

namespace {

// "62,025 (3.6 %)", the share where the part's count is known.
std::string use(double used, double available) {
  std::string text = used == static_cast<double>(static_cast<long long>(used))
                         ? grouped(static_cast<long long>(used))
                         : fmt::format("{:.1f}", used);
  if (available > 0) text += fmt::format(" ({:.1f} %)", 100 * used / available);
  return text;
}

std::string clocks(const std::optional<ClockRange>& range) {
  if (!range) return "";
  const auto one = [](std::optional<std::int64_t> value) {
    return value ? grouped(*value) : std::string("?");
  };
  return range->least == range->most ? one(range->most) : one(range->least) + "-" + one(range->most);
}

std::string number(std::optional<double> value, const char* form) {
  return value ? fmt::format(fmt::runtime(form), *value) : "";
}

nlohmann::ordered_json json_of(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json json_of(const std::optional<ClockRange>& range) {
  if (!range) return {};
  const auto one = [](std::optional<std::int64_t> value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  return {{"min", one(range->least)}, {"max", one(range->most)}};
}

nlohmann::ordered_json json_of(const std::optional<Utilisation>& counts) {
  if (!counts) return {};
  return {{"lut", counts->lut},
          {"ff", counts->ff},
          {"dsp", counts->dsp},
          {"bram", counts->bram()},
          {"uram", counts->uram}};
}

}  // namespace

std::string report_table_text(const NamedReports& reports) {
  TextTable table({"report", "tool", "clock ns", "reached ns", "MHz", "LUT", "FF", "DSP", "BRAM", "URAM",
                   "latency", "interval", "W"});
  std::string told;
  for (const auto& [name, report] : reports) {
    std::vector<std::string> row{name, report.tool, number(report.target_ns, "{:.2f}"),
                                 number(report.reached_ns, "{:.3f}"), number(report.fmax_mhz(), "{:.1f}")};
    if (report.used) {
      const Utilisation& used = *report.used;
      const Utilisation there = report.available.value_or(Utilisation{});
      for (const auto& [count, of] :
           {std::pair<double, double>{static_cast<double>(used.lut), static_cast<double>(there.lut)},
            {static_cast<double>(used.ff), static_cast<double>(there.ff)},
            {static_cast<double>(used.dsp), static_cast<double>(there.dsp)},
            {used.bram(), there.bram()},
            {static_cast<double>(used.uram), static_cast<double>(there.uram)}})
        row.push_back(use(count, of));
    } else {
      row.resize(row.size() + 5);
    }
    row.insert(row.end(), {clocks(report.latency), clocks(report.interval),
                           report.power ? fmt::format("{:.2f}", report.power->total) : ""});
    table.add(std::move(row));
    for (const CosimReport& ran : report.cosim) {
      told += fmt::format("{}: {} simulation {}, latency {}, interval {} clocks\n", name, ran.language,
                          ran.passed ? "passed" : "FAILED", clocks(ran.latency), clocks(ran.interval));
    }
  }
  return table.print() + told;
}

nlohmann::ordered_json report_json(const NamedReports& reports) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& [name, report] : reports) {
    nlohmann::ordered_json entry{{"report", name},
                                 {"tool", report.tool},
                                 {"top", report.top},
                                 {"part", report.part},
                                 {"clock_ns", json_of(report.target_ns)},
                                 {"reached_ns", json_of(report.reached_ns)},
                                 {"fmax_mhz", json_of(report.fmax_mhz())},
                                 {"used", json_of(report.used)},
                                 {"available", json_of(report.available)},
                                 {"latency_clocks", json_of(report.latency)},
                                 {"interval_clocks", json_of(report.interval)}};
    if (report.slack) {
      entry["slack"] = {{"wns_ns", report.slack->setup_ns},
                        {"tns_ns", report.slack->setup_total_ns},
                        {"whs_ns", json_of(report.slack->hold_ns)},
                        {"ths_ns", json_of(report.slack->hold_total_ns)},
                        {"wpws_ns", json_of(report.slack->pulse_ns)},
                        {"tpws_ns", json_of(report.slack->pulse_total_ns)},
                        {"failing_endpoints", report.slack->failing_ends}};
    }
    if (report.power) {
      entry["power_w"] = {{"total", report.power->total},
                          {"dynamic", report.power->dynamic},
                          {"static", report.power->fixed}};
    }
    for (const CosimReport& ran : report.cosim) {
      entry["cosim"].push_back({{"rtl", ran.language},
                                {"passed", ran.passed},
                                {"latency_clocks", json_of(std::optional(ran.latency))},
                                {"interval_clocks", json_of(std::optional(ran.interval))}});
    }
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace gw::cli
