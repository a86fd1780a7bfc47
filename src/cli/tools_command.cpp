// gatewright tools: the external programs, and which of them are there.
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "report/table.h"
#include "tools/tool.h"
#include "tools/vendor_tool.h"

namespace gw::cli {

namespace {

// One program, as it is told.
struct Row {
  std::string program, version, path, purpose, from;
};

std::vector<Row> rows(const Installations& installations) {
  std::vector<Row> rows;
  for (const Tool& tool : all_tools()) {
    ToolState state = tool_state(tool);
    rows.push_back({std::string(tool.program), std::move(state.version), std::move(state.path),
                    std::string(tool.purpose), "apt-get install " + std::string(tool.package)});
  }
  for (const VendorTool& tool : all_vendor_tools()) {
    Row row{std::string(tool.program), "", find_vendor_tool(tool, installations), std::string(tool.purpose),
            std::string(tool.product)};
    // One that does not answer is told without a version here, and refused where it is needed.
    if (!row.path.empty()) {
      if (auto version = vendor_tool_version(tool, row.path)) row.version = std::move(*version);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Status list_tools(bool json, Session& session) {
  const std::vector<Row> found = rows(session.installations());
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Row& row : found) {
      list.push_back({{"program", row.program},
                      {"path", row.path},
                      {"version", row.version},
                      {"purpose", row.purpose},
                      {"from", row.from}});
    }
    session.print(list.dump(2) + "\n");
    return Done{};
  }
  std::string text;
  for (const Row& row : found) {
    text += fmt::format("{:<14} {:<9} {}\n{:<24} needed to {}\n", row.program,
                        row.path.empty() ? "-" : row.version,
                        row.path.empty() ? "not found: " + row.from : row.path, "", row.purpose);
  }
  session.print(text);
  return Done{};
}

}  // namespace

Run declare_tools(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "The same for programs");
  return [json](Session& session) { return list_tools(*json, session); };
}

}  // namespace gw::cli
