// A chunk goes from die to die around the ring, and each step of a die sends what the step before has
// brought: the last chunk that comes to its end makes the time. Edges carry the chunks one behind another, so
// nothing contends.
//
// Chunk c starts an all-gather at die c, and ends at die c - 1; in a reduce-scatter it goes from die c + 1 to
// die c; in an all-reduce from die c + 1 to die c and on to die c - 1. Larger chunks come first, see
// ring_steps.hpp.
#include <algorithm>
#include <deque>
#include <limits>

#include "core/chiplet/schedules/lanes.hpp"
#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

namespace {

using chiplet::OpCode;

// What chunks of one size take over each edge.
class Edges {
 public:
  Edges(const Collective& collective, std::uint64_t bytes) {
    times_.reserve(collective.ring.size());
    for (const Way& way : collective.ring) {
      times_.push_back(collective.messages.message(bytes, way));
      sum_ += times_.back();
    }
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(times_.size()); }
  const Time& from(std::uint32_t position) const { return times_[position]; }
  const Time& to(std::uint32_t position) const { return times_[(position + size() - 1) % size()]; }
  const Time& sum() const { return sum_; }

 private:
  std::vector<Time> times_;
  Time sum_;
};

Time minus(const Time& a, const Time& b) {
  return {a.all - b.all, a.bytes - b.bytes};
}

// The way of chunk c, and its last edge.
Time way_of_chunk(OpCode code, const Edges& edges, std::uint32_t c) {
  const Time scattered = minus(edges.sum(), edges.from(c));
  const Time gathered = minus(edges.sum(), edges.to(c));
  if (code == OpCode::reduce_scatter) return scattered;
  return code == OpCode::all_gather ? gathered : scattered + gathered;
}
Time last_edge_of_chunk(OpCode code, const Edges& edges, std::uint32_t c) {
  return edges.to(code == OpCode::reduce_scatter ? c : (c + edges.size() - 1) % edges.size());
}

}  // namespace

namespace {

// Every die sends as many chunks as there are steps over the same edge; how many of them are larger depends on the die.
Time slowest_edge(const Collective& collective) {
  const std::uint32_t p = collective.size();
  const std::uint64_t least = collective.op.units / p * collective.op.unit_bytes;
  Time slowest;
  for (const Way& edge : collective.ring)
    slowest =
        later(slowest, collective.messages.stream(chiplet::step_count(collective.op.code, p), least, edge));
  return slowest;
}

}  // namespace

Form ring_form(const Collective& collective) {
  const chiplet::Op& op = collective.op;
  const std::uint32_t p = collective.size();
  const std::uint64_t bytes = chiplet::chunk_bytes(op, p, 0);
  const auto rest = static_cast<std::uint32_t>(op.units % p);
  const Edges edges(collective, bytes);
  Time self_timed, last;
  for (std::uint32_t number = 0; number < (rest == 0 ? p : rest); ++number) {
    const std::uint32_t c = collective.backward ? chiplet::turned(number, p) : number;
    self_timed = later(self_timed, way_of_chunk(op.code, edges, c));
    last = later(last, last_edge_of_chunk(op.code, edges, c));
  }
  const Checked addition = op.code == OpCode::all_gather ? Checked{} : collective.addition(bytes);
  self_timed.all += addition * (p - 1);
  self_timed = later(self_timed, slowest_edge(collective));
  last.all += Checked{op.slot_ps} * (chiplet::step_count(op.code, p) - 1);
  if (op.code == OpCode::reduce_scatter) last.all += addition;
  return {later(self_timed, last), addition * (p - 1)};
}

namespace {

// The messages that a chunk is sent in.
struct Parts {
  std::uint64_t count;  // of a chunk
  std::uint64_t bytes;  // the smallest part; where some are empty, the first part of chunk 0
  bool all;             // no part is empty
};

Parts parts_of(const chiplet::Op& op, std::uint32_t p) {
  const std::uint64_t count = std::max(1U, op.count);
  const std::uint64_t least = op.units / p / count;
  const std::uint64_t largest = (chiplet::chunk_units(op.units, p, 0) + count - 1) / count;
  return {count, (least > 0 ? least : largest) * op.unit_bytes, least > 0};
}

// Every die ends when what all dies send has come to it, over the edges between. Both ways around a ring that
// is rolled out twice, the time from a die to another is the difference of two sums of edges; so the latest of
// all dies within one turn is found for each die from that of the one before.
class LatestArrivals {
 public:
  LatestArrivals(const Edges& edges, const std::vector<Time>& starts, Checked addition)
      : size_(edges.size()), starts_(starts), sums_(2 * std::size_t{size_} + 1) {
    for (std::size_t i = 0; i < 2 * std::size_t{size_}; ++i) {
      const Time& edge = edges.from(static_cast<std::uint32_t>(i % size_));
      sums_[i + 1] = {sums_[i].all + edge.all.value() + addition.value(),
                      sums_[i].bytes + edge.bytes.value()};
    }
  }

  std::vector<Time> of_all() {
    std::vector<Time> ends;
    ends.reserve(size_);
    for (std::size_t at = 1; at < 2 * std::size_t{size_}; ++at) {
      while (!latest_.empty() && start_of(latest_.back()) <= start_of(at)) latest_.pop_back();
      latest_.push_back(at);
      if (latest_.front() + size_ == at) latest_.pop_front();
      if (at >= size_) ends.push_back(arrival(latest_.front(), at));
    }
    return ends;
  }

  Time arrival(std::size_t from, std::size_t to) const {
    const Time& start = starts_[from % size_];
    return {to_number(start.all.value() + sums_[to].all - sums_[from].all),
            to_number(start.bytes.value() + sums_[to].bytes - sums_[from].bytes)};
  }

 private:
  struct WideTime {
    chiplet::Wide all, bytes;
  };
  static Checked to_number(chiplet::Wide wide) {
    if (wide > std::numeric_limits<std::uint64_t>::max()) throw_count_overflow();
    return static_cast<std::uint64_t>(wide);
  }
  // As if it came to the end of the rolled-out ring: larger is later wherever it comes to.
  chiplet::Wide start_of(std::size_t at) const {
    return starts_[at % size_].all.value() + sums_.back().all - sums_[at].all;
  }

  std::uint32_t size_;
  const std::vector<Time>& starts_;
  std::vector<WideTime> sums_;      // of the edges before each place
  std::deque<std::size_t> latest_;  // of one turn: places each of which is later than those after it
};

// Of chunk 0 alone, where the others may be empty: it comes to die 0 (a reduce-scatter) or from it.
std::vector<Time> after_all(const Edges& edges, const std::vector<Time>& starts, bool all, bool scatters,
                            Checked addition) {
  const std::uint32_t p = edges.size();
  LatestArrivals arrivals(edges, starts, addition);
  if (all) return arrivals.of_all();
  std::vector<Time> ends = starts;
  for (std::uint32_t other = 1; other < p; ++other) {
    if (scatters)
      ends[0] = later(ends[0], arrivals.arrival(p - other, p));
    else
      ends[other] = later(ends[other], arrivals.arrival(0, other));
  }
  return ends;
}

}  // namespace

std::vector<Time> ring_ends(const Collective& collective, const std::vector<Time>& starts) {
  const chiplet::Op& op = collective.op;
  const std::uint32_t p = collective.size();
  if (p <= 1 || op.units == 0) return starts;
  const Parts parts = parts_of(op, p);
  const Edges edges(collective, parts.bytes);
  std::vector<Time> ends = starts;
  if (op.code != OpCode::all_gather)
    ends = after_all(edges, ends, parts.all, true, collective.addition(parts.bytes));
  if (op.code != OpCode::reduce_scatter) ends = after_all(edges, ends, parts.all, false, 0);
  if (!parts.all) return ends;
  const std::uint64_t messages = (Checked{chiplet::step_count(op.code, p)} * parts.count).value();
  for (std::uint32_t from = 0; from < p; ++from) {
    Time& end = ends[(from + 1) % p];
    end = later(end, starts[from] + collective.messages.stream(messages, parts.bytes, collective.ring[from]));
  }
  return ends;
}

}  // namespace hecaton::runs
