// A study: refused in words, or points that are as many as they may be.
#include "io/study/study.hpp"

#include <cstdlib>

#include "io/files/input_error.hpp"
#include "tests/fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("study.toml");
  try {
    const hecaton::io::Study study = hecaton::io::read_study(file.with({data, size}));
    if (study.points.empty() || study.points.size() > hecaton::io::most_points) std::abort();
    for (const hecaton::io::StudyPoint& point : study.points)
      if (point.size() != study.keys.size()) std::abort();
  } catch (const hecaton::io::InputError&) {
  }
  return 0;
}
