// gatewright data: a data set is fetched once, checked and kept, and can be looked at.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "data/mnist.h"
#include "data/picture.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

// What there is: one row a data set.
struct KnownSet {
  const FileSet& files;
  Result<Split> (*load)(const fs::path& cache);
};

const std::vector<KnownSet>& known_sets() {
  static const std::vector<KnownSet> sets{{mnist_files(), load_mnist}};
  return sets;
}

struct DataOptions {
  std::string name;
  std::string from;
  std::string cache;
  std::string output = "examples.png";
};

void add_common(CLI::App& app, DataOptions& options) {
  std::string names;
  for (const auto& set : known_sets()) names += (names.empty() ? "" : ", ") + set.files.name;
  app.add_option("dataset", options.name, "Which data set: " + names)->required();
  app.add_option("--cache", options.cache,
                 "Keep data sets in this folder (as it comes: $XDG_CACHE_HOME/gatewright, or else "
                 "~/.cache/gatewright)")
      ->type_name("FOLDER");
}

Result<KnownSet> find_set(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& set : known_sets()) {
    if (set.files.name == name) return set;
    names.push_back(set.files.name);
  }
  return diagnose(messages::unknown_value, {.item = "dataset"}, name, nearest(name, names));
}

Result<fs::path> cache_of(const DataOptions& options, const Session& session) {
  if (!options.cache.empty()) return fs::path(options.cache);
  return session.cache_folder();
}

Status fetch(const DataOptions& options, Session& session) {
  const auto set = find_set(options.name);
  if (!set) return set.errors();
  const auto cache = cache_of(options, session);
  if (!cache) return cache.errors();
  const auto fetched = fetch_files(set->files, *cache, options.from, session.progress());
  if (!fetched) return fetched.errors();
  for (const auto& note : fetched->notes) session.report(note);
  for (const auto& file : fetched->files) {
    session.print(fmt::format("{}  SHA-256 checked, from {}\n",
                              (gw::cache_folder(set->files, *cache) / file.name).string(), file.source));
  }
  return Done{};
}

Status show(const DataOptions& options, Session& session) {
  const auto set = find_set(options.name);
  if (!set) return set.errors();
  const auto cache = cache_of(options, session);
  if (!cache) return cache.errors();
  const auto split = set->load(*cache);
  if (!split) return split.errors();
  const Picture picture = draw_examples(*split);
  if (auto written = write_file(options.output, to_png(picture)); !written) return written;
  session.print(fmt::format("{}: examples of {}, {} x {} pixels\n", options.output, options.name,
                            picture.width(), picture.height()));
  return Done{};
}

}  // namespace

Run declare_data_fetch(CLI::App& app) {
  auto options = std::make_shared<DataOptions>();
  add_common(app, *options);
  app.add_option("--from", options->from, "Take the files from this folder and ask no mirror")
      ->type_name("FOLDER");
  return [options](Session& session) { return fetch(*options, session); };
}

Run declare_data_show(CLI::App& app) {
  auto options = std::make_shared<DataOptions>();
  add_common(app, *options);
  app.add_option("-o,--output", options->output, "Write the picture there, as PNG")->type_name("FILE");
  return [options](Session& session) { return show(*options, session); };
}

}  // namespace gw::cli
