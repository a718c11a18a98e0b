// Reads a search: a base deck, a space of values for some of its keys, what is to be small, and what is allowed. Everything
// it is given may be hostile.
//
//   [search]
//   deck = "base.toml"                    # and ranks, partition, trace, as in a study (study.hpp)
//   goals = ["step_s", "package_usd"]     # each as small as possible; names are the caller's matter
//   [space]                               # all combinations
//   package.topology = ["mesh", "bypass-ring"]
//   die.peak_TFLOPS = { from = 8, to = 64, factor = 2 }    # 8, 16, 32, 64
//   link.bandwidth_GBps = { from = 16, to = 64, step = 16 }
//   [list]                                # as in a study
//   [limits]                              # at most so much
//   substrate_mm2 = 14400
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/study/study.hpp"

namespace hecaton::io {

struct NamedGoal {
  std::string name;
  Location where;
};

struct NamedLimit {
  std::string name;
  double most = 0;
  Location where;
};

struct SearchText {
  Study study;
  std::vector<NamedGoal> goals;
  std::vector<NamedLimit> limits;
};

// Throws InputError.
SearchText read_search(const std::filesystem::path& path);

}  // namespace hecaton::io
