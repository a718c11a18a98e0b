#include "core/chiplet/program/counts.hpp"

#include <algorithm>

#include "core/chiplet/program/counters.hpp"

namespace hecaton::chiplet {

namespace {

// What adding `times` times `once` would give must fit, counter by counter.
void check_sums(const DieCounters& total, const DieCounters& once, std::uint64_t times) {
  for_each_field<DieCounters>([&](const auto& each) {
    if (each.combine == Combine::sum)
      static_cast<void>(Checked{total.*each.member} + Checked{times} * (once.*each.member));
  });
}

// Chunks of a payload over a ring, except one.
struct ChunksBut {
  std::uint64_t bytes = 0;
  std::uint64_t large = 0;  // chunks of one unit more than the small ones
  std::uint64_t small = 0;

  ChunksBut(const Op& op, std::uint32_t size, std::uint32_t excluded) {
    large = op.units % size;
    small = size - large;
    bytes = op.units * op.unit_bytes - chunk_bytes(op, size, excluded);
    --(excluded < large ? large : small);
  }
  std::uint64_t messages(const Op& op, std::uint32_t size) const {
    return large + (op.units / size > 0 ? small : 0);
  }
};

class Walk {
 public:
  Walk(const GroupPlaces& groups, const DieTimings& timings, std::span<const DramShare> shares)
      : groups_(groups), timings_(timings), shares_(shares) {}

  ProgramCounts run(const Program& program) {
    for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t roots) {
      if (roots == 0) return add(op, times, static_cast<std::uint32_t>(op.value));
      for (std::uint32_t root = 0; root < roots; ++root) add(op, times / roots, root);
    });
    return total_;
  }

 private:
  void add(const Op& op, std::uint64_t times, std::uint32_t root) {
    once_ = {};
    once_.rows = 1;
    const bool is_plain = op.schedule == Schedule::ring && op.code != OpCode::all_to_all && !is_cut(op);
    if (is_collective(op.code) && !is_plain) {
      step_by_step(op, root);
    } else if (is_collective(op.code)) {
      collective(op);
    } else if (op.code == OpCode::matmul) {
      count_matmul(once_.counters, timings_.matrix, shape_of(op));
      once_.counters.matrix_ps = static_cast<std::uint64_t>(matmul_time(timings_.matrix, shape_of(op)).ps);
    } else if (op.code == OpCode::vector) {
      count_vector(once_.counters, op.bytes);
      once_.counters.vector_ps = static_cast<std::uint64_t>(timings_.vector.time_of(op.bytes).ps);
    } else if (op.code != OpCode::dram_wait) {
      transfer(op);
    }
    check_sums(total_.counters, once_.counters, times);
    add_times(total_.counters, once_.counters, times);
    add_checked(total_.rows, Checked{times} * once_.rows);
    add_checked(total_.ring_messages, Checked{times} * once_.ring_messages);
    add_checked(total_.dram_bursts, Checked{times} * once_.dram_bursts);
    add_checked(total_.dram_messages, Checked{times} * once_.dram_messages);
  }

  void step_by_step(const Op& op, std::uint32_t root) {
    const auto group = static_cast<std::size_t>(op.ring);
    const Places places{groups_.rings[group], groups_.lines[group]};
    const std::uint32_t steps = exchange_steps(op, places);
    for (std::uint32_t step = 0; step < steps; ++step) {
      const Exchange now = chiplet::exchange(op, places, root, step);
      if (now.send_bytes > 0) {
        count_send(once_.counters, now.send_bytes);
        ++once_.ring_messages;
      }
      if (now.receive_bytes == 0) continue;
      count_receive(once_.counters, now.receive_bytes);
      if (!now.reduces) continue;
      count_reduction(once_.counters, now.receive_bytes);
      add_checked(once_.counters.vector_ps,
                  static_cast<std::uint64_t>(timings_.vector.time_of(now.receive_bytes).ps));
    }
  }

  // An all-gather sends all chunks but the next die's and receives all but its own; a reduce-scatter sends
  // all but its own and receives all but the previous die's (ring_steps.hpp).
  void collective(const Op& op) {
    const RingPlace& place = groups_.rings[static_cast<std::size_t>(op.ring)];
    const std::uint32_t p = place.size;
    if (p <= 1) return;
    const std::uint32_t own = place.position;
    if (op.code != OpCode::reduce_scatter) {
      exchange(op, p, ChunksBut(op, p, (own + 1) % p), ChunksBut(op, p, own), false);
    }
    if (op.code != OpCode::all_gather) {
      exchange(op, p, ChunksBut(op, p, own), ChunksBut(op, p, (own + p - 1) % p), true);
    }
  }

  void exchange(const Op& op, std::uint32_t p, const ChunksBut& sent, const ChunksBut& received,
                bool reduces) {
    count_send(once_.counters, sent.bytes);
    count_receive(once_.counters, received.bytes);
    once_.ring_messages += sent.messages(op, p);
    if (!reduces) return;
    count_reduction(once_.counters, received.bytes);
    const std::uint64_t small_bytes = op.units / p * op.unit_bytes;
    const SimDuration small = timings_.vector.time_of(small_bytes);
    const SimDuration large = timings_.vector.time_of(small_bytes + op.unit_bytes);
    add_checked(once_.counters.vector_ps, Checked{received.large} * static_cast<std::uint64_t>(large.ps) +
                                              Checked{received.small} * static_cast<std::uint64_t>(small.ps));
  }

  void transfer(const Op& op) {
    const bool reads = op.code == OpCode::dram_read;
    (reads ? count_dram_read : count_dram_write)(once_.counters, op.bytes);
    if (op.bytes == 0) return;
    split_bytes(op.bytes, shares_, [&](std::size_t, std::uint64_t bytes) {
      const std::uint64_t bursts = (bytes + timings_.burst_bytes - 1) / timings_.burst_bytes;
      once_.dram_bursts += bursts;
      once_.dram_messages += bursts + (reads ? (bytes > 0 ? 1 : 0) : bursts);
    });
  }

  const GroupPlaces& groups_;
  const DieTimings& timings_;
  std::span<const DramShare> shares_;
  ProgramCounts once_;  // of the operation at hand
  ProgramCounts total_;
};

}  // namespace

ProgramCounts count_program(const Program& program, const GroupPlaces& groups, const DieTimings& timings,
                            std::span<const DramShare> shares) {
  return Walk(groups, timings, shares).run(program);
}

}  // namespace hecaton::chiplet
