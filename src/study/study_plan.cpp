// What a study is of: a table of network files and of how each is built.
//
// The published study has three networks of one shape. Sixteen bits are built as they come, multipliers where
// the schedule wants them. Six bits are cheaper as shared adders in look-up tables than in multiplier blocks
// and block memory, so those networks may not use either; the rows say so, and the report repeats it.

#include "study/study_plan.h"

namespace gw {

namespace {

enum class Make { AsItComes, LookUpTables, FewestLookUpTables };

struct Row {
  const char* file;
  const char* label;
  const PublishedNetwork* published;
  Make make;
  const char* teacher = nullptr;
};
constexpr Row large[] = {
    {"mnist_16_16_24.yml", "plain, 16 bits", &published_plain, Make::AsItComes},
    {"mnist_16_16_24_pruned.yml", "half pruned, 16 bits", &published_pruned, Make::AsItComes},
    {"mnist_16_16_24_pruned_6bit.yml", "half pruned, 6 bits", &published_6bit, Make::LookUpTables},
};
constexpr Row small[] = {
    {"mnist_12_12_16.yml", "smaller, plain, 16 bits", nullptr, Make::AsItComes},
    {"mnist_12_12_16_pruned.yml", "smaller, half pruned, 16 bits", nullptr, Make::AsItComes},
    {"mnist_12_12_16_pruned_6bit.yml", "smaller, half pruned, 6 bits", nullptr, Make::LookUpTables},
};
constexpr Row own[] = {
    {"mnist_16_16_32_2bit.yml", "Gatewright's own, 2 and 4 bits", nullptr, Make::FewestLookUpTables,
     "mnist_32_64_128_teacher.yml"},
};

Result<StudyNetwork> read_row(const fs::path& folder, const Row& row) {
  auto made = study_of_file(folder / row.file);
  if (!made) return made;
  made->label = row.label;
  made->published = row.published;
  if (row.make != Make::AsItComes) {
    made->budget.dsp = 0;
    made->budget.bram36 = 0;
    made->build_options = "--budget dsp=0,bram=0";
  }
  if (row.make == Make::FewestLookUpTables) {
    made->clock_share = 0;
    made->build_options += " --clock-share 0";
  }
  if (row.teacher) {
    auto teacher = train::read_network(folder / row.teacher);
    if (!teacher) return teacher.errors();
    made->teacher = *std::move(teacher);
  }
  return made;
}

// All networks, or what is wrong with any of them.
template <class Items, class Read>
Result<std::vector<StudyNetwork>> each_of(const Items& items, const Read& read) {
  std::vector<StudyNetwork> networks;
  Diagnostics errors;
  for (const auto& item : items) {
    auto network = read(item);
    if (network) {
      networks.push_back(*std::move(network));
    } else {
      errors.insert(errors.end(), network.errors().begin(), network.errors().end());
    }
  }
  if (!errors.empty()) return errors;
  return networks;
}

}  // namespace

Result<std::vector<StudyNetwork>> published_study(const fs::path& networks_folder,
                                                  const StudyChoice& choice) {
  std::vector<Row> rows(std::begin(large), std::end(large));
  if (choice.smaller) rows.insert(rows.end(), std::begin(small), std::end(small));
  if (choice.own) rows.insert(rows.end(), std::begin(own), std::end(own));
  return each_of(rows, [&](const Row& row) { return read_row(networks_folder, row); });
}

Result<std::vector<StudyNetwork>> study_of_files(const std::vector<std::string>& files) {
  return each_of(files, [](const std::string& file) { return study_of_file(file); });
}

Result<StudyNetwork> study_of_file(const fs::path& file) {
  auto network = train::read_network(file);
  if (!network) return network.errors();
  std::string label = network->name;
  return StudyNetwork{.network = *std::move(network), .label = std::move(label)};
}

}  // namespace gw
