// The network's delays as integers, derived once from the configuration.
//
// Words used throughout the network:
//   worm      what holds a virtual channel from head to tail: a packet (wormhole switching) or a whole message
//             (cut-through switching)
//   segment   the unit of switch arbitration and credits: a flit (wormhole) or a packet (cut-through)
//   run       consecutive segments of one worm, back to back, carried by one event
//
// S is the instant at which a segment wins switch allocation. Its first flit is latched by the next router at
// S + 2 cycles + link latency (switch traversal, the link, the latch), and by an interface at S + 3 cycles.
// A link slower than the others occupies its output for longer per flit. A segment of several flits that
// comes over one waits at its next router until its flits no longer come slower than they would leave.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/engine/base/time.hpp"
#include "core/engine/base/time_bins.hpp"
#include "net/package/config.hpp"

namespace hecaton::net {

struct Timing {
  SimDuration cycle{1000};
  SimDuration link{2000};
  SimDuration least_link{2000};  // of all links
  std::int64_t segment_flits = 1;
  SimDuration segment{1000};  // segment_flits cycles
  SimDuration routing_stage;  // between latch and first bid for a virtual channel: 0 or one cycle
  SimDuration channel_stage{
      1000};                     // from a bid for a virtual channel to one for the switch: 0 if speculative
  SimDuration credit_use{1000};  // from the arrival of a credit at a router to its use
  SimDuration overhead;          // from hand-over of a message to its first flit
  std::uint32_t buffer_segments = 8;
  std::uint32_t flit_bytes = 64;
  std::uint32_t packet_flits = 64;
  bool worm_is_message = false;

  // Precondition: bytes > 0.
  std::uint32_t flits_of(std::uint32_t bytes) const { return (bytes + flit_bytes - 1) / flit_bytes; }
  // A message is cut into packets, all of which but the last are full. So its flits and packets follow from its
  // bytes alone, whether each packet is a worm or all of them are one. Precondition: bytes > 0.
  std::uint32_t packet_bytes() const { return packet_flits * flit_bytes; }
  std::uint32_t packets_of(std::uint32_t bytes) const {
    return (bytes + packet_bytes() - 1) / packet_bytes();
  }
  std::uint32_t worms_of(std::uint32_t bytes) const { return worm_is_message ? 1 : packets_of(bytes); }

  SimDuration latch_ejection() const { return 3 * cycle; }
  SimDuration latch_injection() const { return 2 * cycle; }
  // From the last flit's departure to the use of its credit upstream, over a link of this latency.
  SimDuration credit_router(SimDuration latency) const { return latency + cycle + credit_use; }
  SimDuration credit_ejection() const { return 2 * cycle + credit_use; }
  SimDuration credit_injection() const { return 2 * cycle; }
  // Least time between a decision and its effect on a neighbouring router: a flit's, a credit's, or, with
  // bypasses in use, an announcement's.
  SimDuration lookahead(bool with_bypass) const {
    return with_bypass ? least_link : least_link + cycle + std::min(cycle, credit_use);
  }
};

// flit_bytes / bandwidth, rounded to the nearest picosecond (GB = 1e9 bytes).
inline SimDuration cycle_of(const LinkConfig& link) {
  return from_picoseconds(static_cast<double>(link.flit_bytes) * 1000.0 / link.bandwidth_GBps);
}

// A link as its two ends see it.
struct LinkTiming {
  SimDuration latency{2000};
  SimDuration flit{1000};  // a flit occupies it for so long: a cycle or more
};

inline LinkTiming link_timing(const LinkConfig& link, const LinkOverride& other) {
  LinkConfig own = link;
  if (other.bandwidth_GBps > 0.0) own.bandwidth_GBps = other.bandwidth_GBps;
  if (other.latency_ns >= 0.0) own.latency_ns = other.latency_ns;
  return {from_nanoseconds(own.latency_ns), cycle_of(own)};
}

// Precondition: a validated configuration (cut-through: buffer_flits holds a packet).
inline Timing make_timing(const NetworkConfig& config) {
  Timing timing;
  timing.cycle = cycle_of(config.link);
  timing.link = from_nanoseconds(config.link.latency_ns);
  timing.least_link = timing.link;
  for (const LinkOverride& other : config.link.overrides)
    timing.least_link = std::min(timing.least_link, link_timing(config.link, other).latency);
  timing.flit_bytes = config.link.flit_bytes;
  timing.packet_flits = config.interface.packet_bytes / config.link.flit_bytes;
  timing.worm_is_message = config.router.switching == Switching::cut_through;
  timing.segment_flits = timing.worm_is_message ? timing.packet_flits : 1;
  timing.segment = timing.cycle * timing.segment_flits;
  timing.buffer_segments = config.router.buffer_flits / static_cast<std::uint32_t>(timing.segment_flits);
  timing.routing_stage = config.router.pipeline == Pipeline::four_stage ? timing.cycle : SimDuration{};
  timing.channel_stage = config.router.pipeline == Pipeline::speculative ? SimDuration{} : timing.cycle;
  timing.credit_use = timing.cycle * config.router.credit_cycles;
  timing.overhead = from_nanoseconds(config.interface.message_overhead_ns);
  return timing;
}

// Bins of whole cycles, so that a flit of a network that keeps step with one clock lies in one. Where they are narrower,
// even a short run spends its time at the borders of bins.
inline constexpr std::int64_t least_bin_cycles = 16;
inline BinGrid make_bins(std::uint32_t count, const Timing& timing) {
  return {count, least_bin_cycles * timing.cycle};
}

}  // namespace hecaton::net
