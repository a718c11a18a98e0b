// The links of a trace that were transmitting for longest, also of a run that has not ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hecaton::io {

struct LinkEnd {
  std::int32_t row = 0;  // of a die, or of the die that an IO die is attached to
  std::int32_t column = 0;
  bool is_io = false;
};
struct BusyLink {
  LinkEnd from, to;
  double share = 0;  // of the time that was simulated
};

// The busiest first, at most `most`; of equal ones those of lower rows. None for a file that is no readable trace: it may
// be replaced while it is read.
std::vector<BusyLink> busiest_links(const std::filesystem::path& trace, std::size_t most);

// "die (0,1) to die (0,2)", "IO die at (0,1) to die (0,1)"
std::string describe(const BusyLink& link);

}  // namespace hecaton::io
