// Synthetic traffic: who sends to whom, and when.
//
// Patterns as the field defines them (Dally and Towles, Principles and Practices of Interconnection Networks,
// section 3.2): functions of a die's number, or of its column x and its row y, whatever links there are; the
// number is y * columns + x. Injection is Bernoulli: each cycle a die makes a packet with probability rate /
// packet length. The gaps are drawn from an exact integer table of the geometric distribution, so no floating
// point decides a time.
// Bursty: after each packet a burst ends with probability 1 / its mean number of packets, and a pause of
// geometric length follows, as long on average as brings the mean rate to what the deck asks for. That is
// Markov's on-off process seen at its packets, and needs no state beside the number of the packet.
// Pattern "trace": packets come at the times of a file, to the picosecond, and are of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/random.hpp"
#include "core/engine/base/time.hpp"
#include "net/traffic/config.hpp"

namespace hecaton::net {

// Saturation shows in latencies that grow from part to part of the measuring window.
inline constexpr std::size_t measured_parts = 4;

class Traffic {
 public:
  // Throws std::invalid_argument if the pattern does not exist on this mesh (transpose off a square, bit
  // patterns off a power of two). `replay`: the packets of pattern "trace", in any order, between dies of the
  // mesh.
  Traffic(const TrafficConfig& config, std::uint32_t rows, std::uint32_t columns,
          std::vector<ReplayPacket> replay = {});

  // The cycle of the packet after one in cycle `cycle` (-1: before the first); `draw` counts this die's
  // packets. Negative if the die never sends again. Not for pattern "trace".
  std::int64_t next_cycle(NodeId die, std::int64_t cycle, std::uint64_t draw) const;
  // When the die makes its packet number `draw`, the one before having come in cycle `cycle`; never if it
  // makes none any more. `cycle_time`: how long a cycle is.
  SimTime next_time(NodeId die, std::int64_t cycle, std::uint64_t draw, SimDuration cycle_time) const;
  NodeId destination(NodeId die, std::uint64_t draw) const;
  std::uint32_t bytes(NodeId die, std::uint64_t draw, std::uint32_t flit_bytes) const;
  // Of one die, in the whole run, on average. Not for pattern "trace".
  std::uint64_t expected_packets() const {
    return static_cast<std::uint64_t>(config_.injection_rate / config_.packet_flits *
                                      static_cast<double>(inject_until()));
  }
  bool replays() const { return config_.pattern == TrafficPattern::trace; }
  // Of one die, by time; those of one time in the order of the file.
  std::span<const ReplayPacket> replay_of(NodeId die) const;

  std::int64_t measure_from() const { return static_cast<std::int64_t>(config_.warmup_cycles); }
  std::int64_t measure_until() const {
    return measure_from() + static_cast<std::int64_t>(config_.measure_cycles);
  }
  bool measures(std::int64_t cycle) const { return cycle >= measure_from() && cycle < measure_until(); }
  // Precondition: measures(cycle).
  std::size_t part_of(std::int64_t cycle) const {
    const auto since = static_cast<std::uint64_t>(cycle - measure_from());
    return static_cast<std::size_t>(since * measured_parts / config_.measure_cycles);
  }
  std::int64_t inject_until() const {
    return measure_until() + static_cast<std::int64_t>(config_.drain_cycles);
  }

 private:
  // Dies as the patterns see them.
  struct Grid {
    std::uint32_t rows, columns;

    std::uint32_t dies() const { return rows * columns; }
    std::uint32_t x(std::uint32_t die) const { return die % columns; }
    std::uint32_t y(std::uint32_t die) const { return die / columns; }
    std::uint32_t at(std::uint32_t x, std::uint32_t y) const { return y * columns + x; }
  };

  std::int64_t geometric(const std::vector<std::uint64_t>& survival, RandomStream stream, NodeId die,
                         std::uint64_t draw) const;
  std::uint32_t mapped(std::uint32_t die) const;

  TrafficConfig config_;
  Grid grid_;
  // [k]: 2^64 times the probability of no packet in k+1 trials; empty: there is one in every trial.
  std::vector<std::uint64_t> survival_;
  std::vector<std::uint64_t> pause_;  // the same of the end of a pause
  std::uint64_t burst_ends_ = 0;      // 2^64 times the probability that a packet is the last of its burst
  std::vector<std::uint32_t> permutation_;  // pattern "permutation"
  std::vector<ReplayPacket> replay_;        // by source, then by time
  std::vector<std::size_t> replay_from_;    // by die, where its packets begin; one more at the end
};

}  // namespace hecaton::net
