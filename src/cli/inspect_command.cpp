// gatewright inspect: what a model file holds, and everything in it that would not convert.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "formats/inspect.h"
#include "report/table.h"

namespace gw::cli {

namespace {

struct InspectOptions {
  std::string model;
  bool json = false;
};

std::string shape_text(const FilePort& port) { return fmt::format("{}", fmt::join(port.shape, "x")); }

std::string print_text(const InspectOptions& options, const FileInspection& found) {
  std::string out =
      fmt::format("{}: {}\n{} parameters\n", options.model, found.format, grouped(found.parameters));
  if (found.model) {
    for (const FilePort& port : found.model->inputs)
      out += fmt::format("input {} {}\n", port.name, shape_text(port));
    for (const FilePort& port : found.model->outputs)
      out += fmt::format("output {} {}\n", port.name, shape_text(port));
  }
  TextTable operators({"operator", "times", "understood"});
  for (const auto& row : found.operators)
    operators.add({row.name, std::to_string(row.count), row.is_understood ? "yes" : "no"});
  if (!found.operators.empty()) out += "\n" + operators.print();
  TextTable quantizers({"quantizer", "times"});
  for (const auto& row : found.quantizers) quantizers.add({row.text, std::to_string(row.count)});
  if (!found.quantizers.empty()) out += "\n" + quantizers.print();
  out += found.model ? "\nIt converts.\n"
                     : fmt::format("\nIt does not convert: {} {}.\n", found.problems.size(),
                                   found.problems.size() == 1 ? "reason" : "reasons");
  return out;
}

std::string print_json(const InspectOptions& options, const FileInspection& found) {
  using Json = nlohmann::ordered_json;
  Json json{{"format", "gatewright-inspect-1"},
            {"file", options.model},
            {"is", found.format},
            {"parameters", found.parameters},
            {"converts", found.model.has_value()}};
  const auto ports = [](const std::vector<FilePort>& from) {
    Json list = Json::array();
    for (const FilePort& port : from) list.push_back({{"name", port.name}, {"shape", port.shape}});
    return list;
  };
  json["inputs"] = found.model ? ports(found.model->inputs) : Json::array();
  json["outputs"] = found.model ? ports(found.model->outputs) : Json::array();
  json["operators"] = Json::array();
  for (const auto& row : found.operators)
    json["operators"].push_back(
        {{"name", row.name}, {"times", row.count}, {"understood", row.is_understood}});
  json["quantizers"] = Json::array();
  for (const auto& row : found.quantizers)
    json["quantizers"].push_back({{"quantizer", row.text}, {"times", row.count}});
  json["problems"] = Json::array();
  for (const Diagnostic& problem : found.problems) {
    json["problems"].push_back({{"id", problem.id},
                                {"file", problem.place.file},
                                {"item", problem.place.item},
                                {"text", problem.text}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status inspect(const InspectOptions& options, Session& session) {
  const auto found = inspect_file(options.model);
  if (!found) return found.errors();
  session.print(options.json ? print_json(options, *found) : print_text(options, *found));
  if (!found->problems.empty()) return found->problems;
  return Done{};
}

}  // namespace

Run declare_inspect(CLI::App& app) {
  auto options = std::make_shared<InspectOptions>();
  app.add_option("model", options->model, "The model file, of any kind that is read")
      ->type_name("FILE")
      ->required();
  app.add_flag("--json", options->json, "The same for programs");
  return [options](Session& session) { return inspect(*options, session); };
}

}  // namespace gw::cli
