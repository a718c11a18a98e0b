// A search: refused in words, or a space that is as large as it may be, goals, and limits that are numbers.
#include "io/study/search.hpp"

#include <cmath>
#include <cstdlib>

#include "io/files/input_error.hpp"
#include "tests/fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("search.toml");
  try {
    const hecaton::io::SearchText search = hecaton::io::read_search(file.with({data, size}));
    if (search.study.points.empty() || search.study.points.size() > hecaton::io::most_points) std::abort();
    if (search.goals.empty()) std::abort();
    for (const hecaton::io::NamedLimit& limit : search.limits)
      if (!std::isfinite(limit.most)) std::abort();
  } catch (const hecaton::io::InputError&) {
  }
  return 0;
}
