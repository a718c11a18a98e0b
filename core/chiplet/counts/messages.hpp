// Every message that a program makes its die send, and every answer from DRAM, without running it. Messages between
// the same two nodes of the same size are told together.
//
// Invariant (tested): a simulated run of the same program sends exactly these.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <tuple>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/tags.hpp"
#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet {

// Adds up equal messages.
class MessageCounts {
 public:
  void add(NodeId from, NodeId to, std::uint64_t bytes, std::uint64_t times) {
    if (bytes > 0 && times > 0) counts_[{from.value, to.value, bytes}] += times;
  }
  // f(from, to, bytes, times)
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [key, times] : counts_)
      f(NodeId{std::get<0>(key)}, NodeId{std::get<1>(key)}, std::get<2>(key), times);
  }

 private:
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, std::uint64_t> counts_;
};

namespace detail {

inline void add_collective(MessageCounts& counts, NodeId die, const Op& op, const GroupPlaces& groups,
                           std::uint64_t times, std::uint32_t root) {
  const auto group = static_cast<std::size_t>(op.ring);
  const Places places{groups.rings[group], groups.lines[group], &groups.rings};
  const std::uint32_t steps = exchange_steps(op, places);
  for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
    for (std::uint32_t step = 0; step < steps; ++step) {
      const Exchange now = exchange(op, places, root, step, lane);
      counts.add(die, now.to, now.send_bytes, times);
    }
}

// A read asks each share once; every burst of a write is acknowledged.
inline void add_transfer(MessageCounts& counts, NodeId die, const Op& op, std::span<const DramShare> shares,
                         std::uint64_t burst, std::uint64_t times) {
  split_bytes(op.bytes, shares, [&](std::size_t i, std::uint64_t bytes) {
    if (bytes == 0) return;
    const NodeId io = shares[i].io;
    const std::uint64_t whole = bytes / burst, rest = bytes % burst;
    const bool reads = op.code == OpCode::dram_read;
    const NodeId from = reads ? io : die, to = reads ? die : io;
    counts.add(from, to, burst, whole * times);
    counts.add(from, to, rest, times);
    counts.add(to, from, control_bytes, reads ? times : (whole + (rest > 0 ? 1 : 0)) * times);
  });
}

}  // namespace detail

// `program` must be valid; `shares` may be empty if it moves nothing to or from DRAM.
inline void count_messages(MessageCounts& counts, NodeId die, const Program& program,
                           const GroupPlaces& groups, std::span<const DramShare> shares,
                           std::uint64_t burst_bytes) {
  for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t roots) {
    if (op.code == OpCode::dram_read || op.code == OpCode::dram_write)
      return detail::add_transfer(counts, die, op, shares, burst_bytes, times);
    if (!is_collective(op.code)) return;
    if (roots == 0)
      return detail::add_collective(counts, die, op, groups, times, static_cast<std::uint32_t>(op.value));
    for (std::uint32_t root = 0; root < roots; ++root)
      detail::add_collective(counts, die, op, groups, times / roots, root);
  });
}

}  // namespace hecaton::chiplet
