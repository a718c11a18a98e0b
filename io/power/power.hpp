// Power over time, from a trace: what dies and the package drew in each of a number of equal windows.
//
// Energies of dies are those of the trace (/dies), in full; where they went in time:
//   matrix and vector units   over the die's operations on them, by their time
//   SRAM                      over all operations of the die, by their bytes
//   links and routers         over the time bins of the die's links, by how busy they were
//   DRAM                      over the die's transfers, by their bytes
//   static                    over the whole run
// What has no operations or bins to go by is spread over the whole run. Invariant: the energies of all windows add up to that of
// the trace.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace hecaton::io {

struct Peak {
  double watts = 0;
  std::uint64_t window = 0;
};

struct DiePower {
  double mean_W = 0;
  Peak peak;
};

struct Power {
  std::uint64_t end_ps = 0;
  std::uint64_t window_ps = 0;    // the last window is what is left
  std::vector<double> package_W;  // by window
  std::vector<DiePower> dies;

  double mean_W = 0;  // of the package
  Peak peak() const;
  // Of dies the one that peaks highest. Precondition: there are dies.
  std::uint32_t highest_die() const;
};

inline constexpr std::uint32_t most_windows = 65536;

// The trace may be any file: throws InputError, also for one without energies or operations.
Power read_power(const std::filesystem::path& trace, std::uint32_t windows);

}  // namespace hecaton::io
