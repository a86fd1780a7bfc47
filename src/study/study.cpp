// A study, network after network, and what is found wrong before work starts.

#include "study/study.h"

#include <set>

#include "report/document.h"
#include "report/figure.h"
#include "report/report_document.h"
#include "study/stopwatch.h"
#include "study/study_network.h"
#include "study/study_page.h"
#include "support/messages.h"
#include "tools/tool.h"

namespace gw {

namespace {

// Says which network each step is about.
class Titled : public Progress {
 public:
  Titled(Progress& inner, std::string title) : inner_(inner), title_(std::move(title)) {}
  void begin(std::string_view stage, std::int64_t total) override {
    inner_.begin(fmt::format("{}: {}", title_, stage), total);
  }
  void update(std::int64_t done, std::string_view note) override { inner_.update(done, note); }
  void end(std::string_view summary) override { inner_.end(summary); }
  bool stop_requested() const override { return inner_.stop_requested(); }

 private:
  Progress& inner_;
  std::string title_;
};

StudyData data_of(const Split& data) {
  return {.name = data.test.name,
          .training = data.train.count(),
          .validation = data.validation.count(),
          .test = data.test.count(),
          .height = data.test.height,
          .width = data.test.width,
          .channels = data.test.channels,
          .classes = data.test.classes};
}

// Each has a folder of its name.
Status check_names(const std::vector<StudyNetwork>& networks) {
  std::set<std::string> names;
  for (const StudyNetwork& row : networks) {
    if (!names.insert(row.network.name).second)
      return diagnose(messages::study_same_name, {row.network.file}, row.network.name);
  }
  return Done{};
}

}  // namespace

Result<Study> run_study(const std::vector<StudyNetwork>& networks, const Split& data,
                        const StudyOptions& options, Progress& progress) {
  Study study;
  study.options = options;
  study.data = data_of(data);
  Stopwatch watch;
  if (auto unique = check_names(networks); !unique) return unique.errors();
  if (auto tools = require_tools({"verilator", "make", "g++", "yosys", "berkeley-abc"}); !tools)
    return tools.errors();
  if (auto tools = require_drawing_tools(); !tools) return tools.errors();
  const auto part = find_part(options.part);
  if (!part) return part.errors();
  study.part = *part;

  std::vector<StudiedNetwork> studied;
  Diagnostics differences;
  for (const StudyNetwork& network : networks) {
    Titled titled(progress, network.network.name);
    auto found = study_network(network, data, *part, options, titled);
    if (!found) return found.errors();
    differences.insert(differences.end(), found->differences.begin(), found->differences.end());
    study.networks.push_back(found->report);
    studied.push_back(*std::move(found));
  }
  study.seconds = watch.lap();
  if (auto written = write_study_page(study, studied, data); !written) return written.errors();
  const auto document = report_document(print_json(study), "report.json");
  if (!document) return document.errors();
  if (auto written = write_file(options.folder / "report.txt", print_text(*document)); !written)
    return written.errors();
  if (!differences.empty()) return differences;
  return study;
}

}  // namespace gw
