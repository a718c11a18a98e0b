// Synthetic traffic: who sends to whom, and when.
//
// Patterns as the field defines them (Dally and Towles, Principles and Practices of Interconnection Networks,
// section 3.2) on a mesh of rows x columns, x = column, y = row, node number y * columns + x. Injection is
// Bernoulli: each cycle a die makes a packet with probability rate / packet length. The gaps are drawn from
// an exact integer table of the geometric distribution, so no floating point decides a time.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/ids.hpp"
#include "net/config.hpp"

namespace hecaton::net {

class Traffic {
 public:
  // Throws std::invalid_argument if the pattern does not exist on this mesh (transpose off a square, bit
  // patterns off a power of two).
  Traffic(const TrafficConfig& config, std::uint32_t rows, std::uint32_t columns);

  // The cycle of the packet after one in cycle `cycle` (-1: before the first); `draw` counts this die's
  // packets. Negative if the die never sends again.
  std::int64_t next_cycle(NodeId die, std::int64_t cycle, std::uint64_t draw) const;
  NodeId destination(NodeId die, std::uint64_t draw) const;

  std::int64_t measure_from() const { return static_cast<std::int64_t>(config_.warmup_cycles); }
  std::int64_t measure_until() const {
    return measure_from() + static_cast<std::int64_t>(config_.measure_cycles);
  }
  std::int64_t inject_until() const {
    return measure_until() + static_cast<std::int64_t>(config_.drain_cycles);
  }
  std::uint32_t packet_flits() const { return config_.packet_flits; }

 private:
  std::uint32_t mapped(std::uint32_t x, std::uint32_t y) const;

  TrafficConfig config_;
  std::uint32_t rows_;
  std::uint32_t columns_;
  std::vector<std::uint64_t>
      survival_;  // survival_[k]: 2^64 times the probability of no packet in k+1 trials
  std::vector<std::uint32_t> permutation_;  // pattern "permutation"
};

}  // namespace hecaton::net
