// gatewright data: a data set is fetched once, checked and kept, and can be looked at.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "data/picture.h"
#include "report/table.h"
#include "study/train_data.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

struct DatasetOptions {
  std::string name;
  std::string from;
  std::string cache;
  std::string output = "examples.png";
};

void add_cache(CLI::App& app, DatasetOptions& options) {
  app.add_option("--cache", options.cache,
                 "Keep data sets in this folder (as it comes: $XDG_CACHE_HOME/gatewright, or else "
                 "~/.cache/gatewright)")
      ->type_name("FOLDER");
}

Result<fs::path> cache_of(const DatasetOptions& options, const Session& session) {
  if (!options.cache.empty()) return fs::path(options.cache);
  return session.cache_folder();
}

Status fetch(const DatasetOptions& options, Session& session) {
  if (!is_known_data(options.name))
    return diagnose(messages::unknown_value, {.item = "dataset"}, options.name,
                    nearest(options.name, known_data()));
  const FileSet& set = files_of_data(options.name);
  const auto cache = cache_of(options, session);
  if (!cache) return cache.errors();
  const auto fetched = fetch_files(set, *cache, options.from, session.progress());
  if (!fetched) return fetched.errors();
  for (const auto& note : fetched->notes) session.report(note);
  for (const auto& file : fetched->files) {
    session.print(fmt::format("{}  SHA-256 checked, from {}\n",
                              (gw::cache_folder(set, *cache) / file.name).string(), file.source));
  }
  return Done{};
}

// How many samples each part has, and of each class.
std::string counts_text(const Split& split) {
  const Dataset& of = split.train;
  std::vector<std::string> header{"", "samples"};
  for (int c = 0; c < of.classes; ++c) header.push_back(fmt::format("class {}", c));
  TextTable table(header);
  for (const auto& [name, part] :
       {std::pair{"train", &split.train}, std::pair{"validation", &split.validation},
        std::pair{"test", &split.test}}) {
    std::vector<std::string> row{name, grouped(part->count())};
    for (int c = 0; c < of.classes; ++c)
      row.push_back(grouped(std::count(part->labels.begin(), part->labels.end(), c)));
    table.add(row);
  }
  return fmt::format("{}: samples of {} x {} x {} {}\n\n{}", of.name, of.height, of.width, of.channels,
                     of.is_real() ? "real numbers" : "bytes", table.print());
}

Status show(const DatasetOptions& options, Session& session) {
  const auto cache = cache_of(options, session);
  if (!cache) return cache.errors();
  const auto split = whole_data(options.name, *cache);
  if (!split) return split.errors();
  session.print(counts_text(*split));
  if (!has_pictures(*split)) return Done{};
  const Picture picture = draw_examples(*split);
  if (auto written = write_file(options.output, to_png(picture)); !written) return written;
  session.print(
      fmt::format("\n{}: examples, {} x {} pixels\n", options.output, picture.width(), picture.height()));
  return Done{};
}

}  // namespace

Run declare_data_fetch(CLI::App& app) {
  auto options = std::make_shared<DatasetOptions>();
  app.add_option("dataset", options->name, fmt::format("Which data set: {}", fmt::join(known_data(), ", ")))
      ->required();
  add_cache(app, *options);
  app.add_option("--from", options->from, "Take the files from this folder and ask no mirror")
      ->type_name("FOLDER");
  return [options](Session& session) { return fetch(*options, session); };
}

Run declare_data_show(CLI::App& app) {
  auto options = std::make_shared<DatasetOptions>();
  app.add_option("data", options->name, "What to look at (docs/data.md)")->required()->type_name("DATA");
  add_cache(app, *options);
  app.add_option("-o,--output", options->output,
                 "Write the picture there, as PNG, if the samples are pictures")
      ->type_name("FILE");
  return [options](Session& session) { return show(*options, session); };
}

}  // namespace gw::cli
