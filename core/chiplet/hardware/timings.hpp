// What a die's operations cost, resolved once from the configuration to integers; shared by the running die
// and by the static count of a program.
#pragma once

#include <cstdint>
#include <span>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/hardware/matrix_engine.hpp"
#include "core/chiplet/hardware/rate.hpp"
#include "core/engine/base/ids.hpp"

namespace hecaton::chiplet {

struct DieTimings {
  MatrixEngine matrix;
  Rate vector;                         // bytes per second through the vector unit
  std::uint32_t burst_bytes = 262144;  // largest DRAM transfer in one message
};

DieTimings resolve_timings(const DieConfig& die, const MemoryConfig& memory);

// How a die's DRAM bytes are spread over IO dies: in proportion to the weights.
struct DramShare {
  NodeId io;
  std::uint32_t weight = 1;
};

// Calls part(index, bytes) for every share in order. Parts differ from the exact proportion by less than a
// byte and sum to `bytes` (cumulative rounding). Shares must not be empty, nor all weights 0.
template <class F>
void split_bytes(std::uint64_t bytes, std::span<const DramShare> shares, F&& part) {
  std::uint64_t total_weight = 0;
  for (const DramShare& share : shares) total_weight += share.weight;
  std::uint64_t weight = 0;
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    weight += shares[i].weight;
    const auto upto = static_cast<std::uint64_t>(Wide{bytes} * weight / total_weight);
    part(i, upto - done);
    done = upto;
  }
}

}  // namespace hecaton::chiplet
