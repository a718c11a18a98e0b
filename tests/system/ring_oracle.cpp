#include "tests/system/ring_oracle.hpp"

#include <algorithm>
#include <limits>

namespace hecaton::test {

RingShape naive_ring(std::uint32_t p) {
  RingShape ring;
  for (std::uint32_t i = 0; i < p; ++i) {
    ring.order.push_back(i);
    ring.edges.push_back({i + 1 < p ? 1 : std::int64_t{p} - 1, false});
  }
  return ring;
}

RingShape bypass_ring(std::uint32_t p) {
  RingShape ring;
  for (std::uint32_t i = 0; i < p; i += 2) ring.order.push_back(i);
  for (std::uint32_t i = p / 2; i > 0; --i) ring.order.push_back(2 * i - 1);
  for (std::uint32_t i = 0; i < p; ++i) {
    const std::int64_t from = ring.order[i];
    const std::int64_t to = ring.order[(i + 1) % p];
    const std::int64_t links = from < to ? to - from : from - to;
    ring.edges.push_back({links, links == 2});
  }
  return ring;
}

RingShape neighbour_ring(std::uint32_t p) {
  RingShape ring;
  for (std::uint32_t i = 0; i < p; ++i) ring.order.push_back(i);
  ring.edges.assign(p, {1, false});
  return ring;
}

namespace {

std::int64_t flits_of(const Delays& d, std::int64_t bytes) {
  return (bytes + d.flit_bytes - 1) / d.flit_bytes;
}

}  // namespace

std::int64_t edge_time(const Delays& d, const Edge& edge, std::int64_t bytes) {
  const std::int64_t routers = edge.passes_a_die ? 3 : 3 * edge.links;
  return d.overhead + (6 + routers + flits_of(d, bytes) - 1) * d.cycle + edge.links * d.link;
}

std::int64_t reduction_time(const Delays& d, std::int64_t bytes) {
  if (d.vector_bytes_per_second == 0) return 0;
  return (bytes * 1'000'000'000'000 + d.vector_bytes_per_second - 1) / d.vector_bytes_per_second;
}

// Step by step: what a die received in one step, with its own part added where there is a sum, it sends in
// the next, as soon as it is there and the interface is free.
RingRun run_ring(const Delays& d, const RingShape& ring, Collective what, std::int64_t bytes) {
  const auto p = static_cast<std::int64_t>(ring.order.size());
  const std::int64_t half = p - 1;
  const std::int64_t steps = what == Collective::all_reduce ? 2 * half : half;
  const auto chunk = [&](std::int64_t index) {
    const std::int64_t i = ((index % p) + p) % p;
    return bytes / p + (i < bytes % p ? 1 : 0);
  };
  const auto reduces = [&](std::int64_t step) {
    return what == Collective::reduce_scatter || (what == Collective::all_reduce && step < half);
  };
  // The chunk that position i sends in a step: its own first if it gathers, its predecessor's if it sums up.
  const auto sent = [&](std::int64_t i, std::int64_t step) {
    if (reduces(step)) return chunk(i - 1 - step);
    return chunk(i - (what == Collective::all_reduce ? step - half : step));
  };
  const auto size = static_cast<std::size_t>(p);
  RingRun run{std::vector<std::int64_t>(size, 0), std::vector<std::int64_t>(size, 0)};
  std::vector<std::int64_t>& ready = run.finished;  // what the next step sends is there
  std::vector<std::int64_t> interface_free(size, 0);
  for (std::int64_t step = 0; step < steps; ++step) {
    std::vector<std::int64_t> arrived(size, 0);
    for (std::int64_t i = 0; i < p; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::int64_t size_of_chunk = sent(i, step);
      if (size_of_chunk == 0) continue;
      const std::int64_t first_flit = std::max(ready[at] + d.overhead, interface_free[at]);
      interface_free[at] = first_flit + flits_of(d, size_of_chunk) * d.cycle;
      run.sent_bytes[at] += size_of_chunk;
      arrived[static_cast<std::size_t>((i + 1) % p)] =
          first_flit - d.overhead + edge_time(d, ring.edges[at], size_of_chunk);
    }
    for (std::int64_t i = 0; i < p; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::int64_t received = sent((i + p - 1) % p, step);
      ready[at] = std::max(ready[at], arrived[at]);
      if (reduces(step)) ready[at] += reduction_time(d, received);
    }
  }
  return run;
}

std::int64_t closed_form(const Delays& d, const RingShape& ring, Collective what, std::int64_t bytes) {
  const auto p = static_cast<std::int64_t>(ring.order.size());
  if (p == 1) return 0;
  std::int64_t all = 0;
  std::int64_t fastest = std::numeric_limits<std::int64_t>::max();
  std::int64_t fastest_two = fastest;
  for (std::size_t i = 0; i < ring.edges.size(); ++i) {
    const std::int64_t time = edge_time(d, ring.edges[i], bytes / p);
    const std::int64_t next = edge_time(d, ring.edges[(i + 1) % ring.edges.size()], bytes / p);
    all += time;
    fastest = std::min(fastest, time);
    fastest_two = std::min(fastest_two, time + next);
  }
  const std::int64_t reductions = (p - 1) * reduction_time(d, bytes / p);
  if (what == Collective::all_gather) return all - fastest;
  if (what == Collective::reduce_scatter) return all - fastest + reductions;
  return 2 * all - fastest_two + reductions;
}

}  // namespace hecaton::test
