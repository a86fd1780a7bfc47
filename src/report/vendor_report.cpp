// What vendors' reports tell, for programs and for people. People are shown what programs are told: the table
// is made of the JSON, as all tables of reports are.

#include "report/vendor_report.h"

#include <fmt/format.h>

#include "report/report_rows.h"
#include "report/table.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json json_of(const std::optional<ClockRange>& range) {
  if (!range) return {};
  const auto one = [](std::optional<std::int64_t> value) { return value ? Json(*value) : Json(); };
  return {{"min", one(range->least)}, {"max", one(range->most)}};
}

Json json_of(const std::optional<Utilisation>& counts) {
  if (!counts) return {};
  return {{"lut", counts->lut},
          {"ff", counts->ff},
          {"dsp", counts->dsp},
          {"bram", counts->bram()},
          {"uram", counts->uram}};
}

// "62,025 (3.6 %)", the share where the part's count is known.
TableCell use(const Json& report, const std::string& resource) {
  const Json& used = report.at("used");
  if (used.is_null()) return cell("");
  const double count = used.at(resource);
  std::string text = count == static_cast<double>(static_cast<long long>(count))
                         ? grouped(static_cast<long long>(count))
                         : fmt::format("{:.1f}", count);
  const Json& available = report.at("available");
  const double there = available.is_null() ? 0.0 : available.at(resource).get<double>();
  if (there > 0) text += fmt::format(" ({:.1f} %)", 100 * count / there);
  return {text, fmt::format("{}", count)};
}

std::string clocks(const Json& range) {
  if (range.is_null()) return "";
  const auto one = [&](const char* end) {
    return range.at(end).is_null() ? std::string("?") : grouped(range.at(end));
  };
  return range.at("min") == range.at("max") ? one("max") : one("min") + "-" + one("max");
}

}  // namespace

Json vendor_json(const NamedReports& reports) {
  Json all = Json::array();
  for (const auto& [name, report] : reports) {
    Json entry{{"report", name},
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

DocumentTable vendor_table(const Json& reports) {
  std::vector<Column> columns{text_column("report", "report"), text_column("tool", "tool"),
                              real_column("clock ns", "clock_ns", 2),
                              real_column("reached ns", "reached_ns", 3), real_column("MHz", "fmax_mhz", 1)};
  for (const auto& [head, resource] :
       {std::pair{"LUT", "lut"}, std::pair{"FF", "ff"}, std::pair{"DSP", "dsp"}, std::pair{"BRAM", "bram"},
        std::pair{"URAM", "uram"}}) {
    columns.push_back(
        {head, [resource = std::string(resource)](const Json& row) { return use(row, resource); }});
  }
  for (const auto& [head, key] :
       {std::pair{"latency", "latency_clocks"}, std::pair{"interval", "interval_clocks"}})
    columns.push_back(
        {head, [key = std::string(key)](const Json& row) { return cell(clocks(row.at(key))); }});
  columns.push_back({"W", [](const Json& row) {
                       return row.contains("power_w") ? real_at(row.at("power_w"), "total", 2) : cell("");
                     }});
  return table_of("vendor", "What the vendor's tools report; latency and interval in clocks", reports,
                  columns);
}

std::vector<std::string> cosim_sentences(const Json& reports) {
  std::vector<std::string> sentences;
  for (const Json& report : reports) {
    if (!report.contains("cosim")) continue;
    for (const Json& ran : report.at("cosim")) {
      sentences.push_back(fmt::format(
          "{}: {} simulation {}, latency {}, interval {} clocks", report.at("report").get<std::string>(),
          ran.at("rtl").get<std::string>(), ran.at("passed").get<bool>() ? "passed" : "FAILED",
          clocks(ran.at("latency_clocks")), clocks(ran.at("interval_clocks"))));
    }
  }
  return sentences;
}

std::string vendor_text(const NamedReports& reports) {
  const Json json = vendor_json(reports);
  std::string text = print_text(vendor_table(json));
  for (const std::string& sentence : cosim_sentences(json)) text += sentence + "\n";
  return text;
}

}  // namespace gw
