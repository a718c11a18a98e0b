// Why links did not transmit: each link's time by cause, in the order of the rows of /links.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

// Picoseconds of each link; the four add up to the time that was simulated.
struct LinkStalls {
  std::vector<std::uint64_t> sending;
  std::vector<std::uint64_t> credit;   // a message that has one of its virtual channels waits for a credit
  std::vector<std::uint64_t> rival;    // a message waits because another one has what it needs
  std::vector<std::uint64_t> nothing;  // nothing was there to be sent
};

// Nothing if the trace does not tell it. Throws hdf5::Error.
std::optional<LinkStalls> read_link_stalls(const hdf5::Handle& file, std::uint64_t links);

}  // namespace hecaton::io
