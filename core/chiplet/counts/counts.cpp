#include "core/chiplet/counts/counts.hpp"

#include <algorithm>
#include <vector>

#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/schedules/exchange_totals.hpp"

namespace hecaton::chiplet {

namespace {

// What adding `times` times `once` would give must fit, counter by counter.
void check_sums(const DieCounters& total, const DieCounters& once, std::uint64_t times) {
  for_each_field<DieCounters>([&](const auto& each) {
    if (each.combine == Combine::sum)
      static_cast<void>(Checked{total.*each.member} + Checked{times} * (once.*each.member));
  });
}

// alike_roots() of a die, looked up once per group, schedule and operation.
class RootBook {
 public:
  const std::vector<AlikeRoots>& of(const Op& op, const Places& places, std::uint32_t roots) {
    for (const Page& page : pages_)
      if (page.ring == op.ring && page.schedule == op.schedule && page.code == op.code &&
          page.lanes == has_lanes(op) && page.roots == roots)
        return page.alike;
    pages_.push_back({op.ring, op.schedule, op.code, has_lanes(op), roots, alike_roots(op, places, roots)});
    return pages_.back().alike;
  }

 private:
  struct Page {
    Ring ring;
    Schedule schedule;
    OpCode code;
    bool lanes;
    std::uint32_t roots;
    std::vector<AlikeRoots> alike;
  };
  std::vector<Page> pages_;  // a handful
};

class Walk {
 public:
  Walk(const GroupPlaces& groups, const DieTimings& timings, std::span<const DramShare> shares)
      : groups_(groups), timings_(timings), shares_(shares) {}

  ProgramCounts run(const Program& program) {
    for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t roots) {
      if (roots > 0 && !has_members(op)) return add(op, times, 0);
      if (roots == 0) return add(op, times, static_cast<std::uint32_t>(op.value));
      for (const AlikeRoots& each : roots_.of(op, places(op), roots))
        add(op, (Checked{times / roots} * each.number).value(), each.root);
    });
    return total_;
  }

 private:
  Places places(const Op& op) const {
    const auto group = static_cast<std::size_t>(op.ring);
    return {groups_.rings[group], groups_.lines[group], &groups_.rings};
  }

  // Whether there is anybody to exchange with, so that the root counts.
  bool has_members(const Op& op) const {
    const auto group = static_cast<std::size_t>(op.ring);
    return groups_.rings[group].size > 1 || groups_.lines[group].size > 1;
  }

  void add(const Op& op, std::uint64_t times, std::uint32_t root) {
    once_ = {};
    once_.rows = 1;
    if (is_collective(op.code)) {
      collective(op, root);
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

  void collective(const Op& op, std::uint32_t root) {
    const ExchangeTotals all = exchange_totals(op, places(op), root, timings_.vector);
    count_send(once_.counters, all.sent_bytes.value());
    count_receive(once_.counters, all.received_bytes.value());
    count_reduction(once_.counters, all.added_bytes.value());
    once_.counters.vector_ps = all.added_ps.value();
    once_.ring_messages = all.messages.value();
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
  RootBook roots_;
  ProgramCounts once_;  // of the operation at hand
  ProgramCounts total_;
};

}  // namespace

ProgramCounts count_program(const Program& program, const GroupPlaces& groups, const DieTimings& timings,
                            std::span<const DramShare> shares) {
  return Walk(groups, timings, shares).run(program);
}

SentCounts count_sent(const Program& program, Ring group, const Places& places, const DieTimings& timings) {
  Checked messages, bytes;
  RootBook book;
  const auto add = [&](const Op& op, std::uint64_t times, std::uint32_t root) {
    const ExchangeTotals once = exchange_totals(op, places, root, timings.vector);
    messages += once.messages * times;
    bytes += once.sent_bytes * times;
  };
  for_each_operation(program, [&](const Op& op, std::uint64_t times, std::uint32_t roots) {
    if (!is_collective(op.code) || op.ring != group) return;
    if (roots == 0) return add(op, times, static_cast<std::uint32_t>(op.value));
    for (const AlikeRoots& each : book.of(op, places, roots))
      add(op, (Checked{times / roots} * each.number).value(), each.root);
  });
  return {messages.value(), bytes.value()};
}

}  // namespace hecaton::chiplet
