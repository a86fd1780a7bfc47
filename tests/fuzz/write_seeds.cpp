// Writes what fuzzing begins from, each into the folder of the reader that it is for.

#include <cstdio>

#include "fuzz/seeds.h"
#include "support/files.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  for (const auto& seed : gw::fuzz::seeds()) {
    const gw::fs::path folder = gw::fs::path(arguments[1]) / seed.reader;
    gw::fs::create_directories(folder);
    if (!gw::write_file(folder / seed.name, seed.bytes)) return 1;
  }
  return 0;
}
