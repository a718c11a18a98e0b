// How many messages took how long, from when they were handed over to the network until their last flit arrived.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

// Bins that grow with the latency, sixteen to a doubling where whole picoseconds allow it; from the first to the last that has
// messages.
struct Latencies {
  std::vector<std::uint64_t> edges_ps;  // where each begins, and where the last ends
  std::vector<std::uint64_t> messages;  // in each
};

// Of the messages of a trace; nothing if it has none. Throws hdf5::Error.
std::optional<Latencies> read_latencies(const hdf5::Handle& file);

}  // namespace hecaton::io
