// When each die of a ring has finished a collective: arithmetic of the tests' own, which knows nothing of the
// simulator but its published delays. All times in picoseconds.
//
// A message of F flits over D routed links takes 6 + 3 D + (F - 1) cycles and D link latencies; over a bypass
// edge, which passes one die, 6 + 3 + (F - 1) cycles and two link latencies. An interface sends one flit per
// cycle, one message after the other.
#pragma once

#include <cstdint>
#include <vector>

namespace hecaton::test {

struct Edge {
  std::int64_t links = 1;
  bool passes_a_die = false;
};

// Rings over p places in a line: where the ring goes, and what its edges are; edge i leaves order[i].
struct RingShape {
  std::vector<std::uint32_t> order;
  std::vector<Edge> edges;
};
RingShape naive_ring(std::uint32_t p);      // 0, 1, ..., p-1 and all the way back
RingShape bypass_ring(std::uint32_t p);     // 0, 2, 4, ..., 5, 3, 1
RingShape neighbour_ring(std::uint32_t p);  // every edge one link; the order is left 0, 1, ...

struct Delays {
  std::int64_t cycle = 0;
  std::int64_t link = 0;
  std::int64_t overhead = 0;  // before the first flit of a message
  std::int64_t flit_bytes = 64;
  std::int64_t vector_bytes_per_second = 0;  // 0: reductions take no time
};

// A message of so many bytes over an edge, from the hand-over to its last flit.
std::int64_t edge_time(const Delays& d, const Edge& edge, std::int64_t bytes);
std::int64_t reduction_time(const Delays& d, std::int64_t bytes);

enum class Collective { all_gather, reduce_scatter, all_reduce };

// By position in the ring; `bytes` is the whole payload, cut into chunks that differ by at most a byte, the
// larger ones first.
struct RingRun {
  std::vector<std::int64_t> finished;
  std::vector<std::int64_t> sent_bytes;
};
RingRun run_ring(const Delays& d, const RingShape& ring, Collective what, std::int64_t bytes);

// Closed form for equal chunks over any edges, reductions included: every chunk runs over p - 1 edges (an
// all-reduce's over two rounds less two edges in a row), so the last one leaves out the fastest.
std::int64_t closed_form(const Delays& d, const RingShape& ring, Collective what, std::int64_t bytes);

}  // namespace hecaton::test
