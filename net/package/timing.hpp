// The network's delays as integers, derived once from the configuration. All times are picoseconds.
//
// Words used in all rooms of net:
//   worm     what holds a virtual channel from head to tail: a packet (wormhole), a message (cut-through)
//   segment  the unit of switch arbitration and credits: a flit (wormhole), a packet (cut-through)
//   run      consecutive segments of one worm, back to back, carried by one event
// S is the instant at which a segment wins switch allocation. Its first flit is latched by the next router at
// S + 2 cycles + link (switch traversal, the link, the latch), by an interface at S + 3 cycles.
// A link slower than the others occupies its output for longer per flit. A segment of several flits that
// comes over one waits at its next router until its flits no longer come slower than they would leave.
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/package/config.hpp"

namespace hecaton::net {

struct Timing {
  std::int64_t cycle = 1000;
  std::int64_t link = 2000;
  std::int64_t least_link = 2000;  // of all links
  std::int64_t segment_flits = 1;
  std::int64_t segment = 1000;     // cycle * segment_flits
  std::int64_t routing_stage = 0;  // between latch and first bid for a virtual channel: 0 or one cycle
  // From a bid for a virtual channel to one for the switch: a cycle, 0 if speculative.
  std::int64_t channel_stage = 1000;
  std::int64_t credit_use = 1000;  // from the arrival of a credit at a router to its use
  std::int64_t overhead = 0;       // from hand-over of a message to its first flit
  std::uint32_t buffer_segments = 8;
  std::uint32_t flit_bytes = 64;
  std::uint32_t packet_flits = 64;
  bool worm_is_message = false;

  // Precondition: bytes > 0.
  std::uint32_t flits_of(std::uint32_t bytes) const { return (bytes + flit_bytes - 1) / flit_bytes; }

  std::int64_t latch_ejection() const { return 3 * cycle; }
  std::int64_t latch_injection() const { return 2 * cycle; }
  // From the last flit's departure to the use of its credit upstream, over a link of this latency.
  std::int64_t credit_router(std::int64_t latency) const { return latency + cycle + credit_use; }
  std::int64_t credit_ejection() const { return 2 * cycle + credit_use; }
  std::int64_t credit_injection() const { return 2 * cycle; }
  // Least time between a decision and its effect on a neighbouring router: a flit's, a credit's, or, with
  // bypasses in use, an announcement's.
  std::int64_t lookahead(bool with_bypass) const {
    return with_bypass ? least_link : least_link + cycle + std::min(cycle, credit_use);
  }
};

// cycle = flit_bytes / bandwidth, rounded to the nearest picosecond (GB = 1e9 bytes).
inline std::int64_t cycle_ps(const LinkConfig& link) {
  return static_cast<std::int64_t>(static_cast<double>(link.flit_bytes) * 1000.0 / link.bandwidth_GBps + 0.5);
}

// A link as its two ends see it.
struct LinkTiming {
  std::int64_t latency = 2000;
  std::int64_t flit = 1000;  // a flit occupies it for so long: a cycle or more
};

inline LinkTiming link_timing(const LinkConfig& link, const LinkOverride& other) {
  LinkConfig own = link;
  if (other.bandwidth_GBps > 0.0) own.bandwidth_GBps = other.bandwidth_GBps;
  if (other.latency_ns >= 0.0) own.latency_ns = other.latency_ns;
  return {static_cast<std::int64_t>(own.latency_ns * 1000.0 + 0.5), cycle_ps(own)};
}

// Precondition: a validated configuration (cut-through: buffer_flits holds a packet).
inline Timing make_timing(const NetworkConfig& config) {
  Timing timing;
  timing.cycle = cycle_ps(config.link);
  timing.link = static_cast<std::int64_t>(config.link.latency_ns * 1000.0 + 0.5);
  timing.least_link = timing.link;
  for (const LinkOverride& other : config.link.overrides)
    timing.least_link = std::min(timing.least_link, link_timing(config.link, other).latency);
  timing.flit_bytes = config.link.flit_bytes;
  timing.packet_flits = config.interface.packet_bytes / config.link.flit_bytes;
  timing.worm_is_message = config.router.switching == Switching::cut_through;
  timing.segment_flits = timing.worm_is_message ? timing.packet_flits : 1;
  timing.segment = timing.cycle * timing.segment_flits;
  timing.buffer_segments = config.router.buffer_flits / static_cast<std::uint32_t>(timing.segment_flits);
  timing.routing_stage = config.router.pipeline == Pipeline::four_stage ? timing.cycle : 0;
  timing.channel_stage = config.router.pipeline == Pipeline::speculative ? 0 : timing.cycle;
  timing.credit_use = timing.cycle * config.router.credit_cycles;
  timing.overhead = static_cast<std::int64_t>(config.interface.message_overhead_ns * 1000.0 + 0.5);
  return timing;
}

}  // namespace hecaton::net
