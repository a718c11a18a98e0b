#include "core/chiplet/schedules/exchange_totals.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet {

namespace {

// `number` equal things of `units` units.
struct Alike {
  std::uint64_t number;
  std::uint64_t units;
};

// `units` cut into `parts`, whose sizes differ by one unit at most.
struct Cut {
  Alike larger;
  Alike smaller;
  Cut(std::uint64_t units, std::uint64_t parts)
      : larger{units % parts, units / parts + 1}, smaller{parts - larger.number, units / parts} {}
};

class Sum {
 public:
  Sum(const Op& op, const Rate& vector) : op_(op), vector_(vector) {}

  // Each of `things` in so many parts, which are messages.
  void send(const Alike& things, std::uint64_t parts) {
    const Cut cut(things.units, parts);
    for (const Alike& each : {cut.larger, cut.smaller})
      send({(Checked{things.number} * each.number).value(), each.units});
  }
  void send(const Alike& messages) {
    if (messages.units == 0) return;
    total_.messages += messages.number;
    total_.sent_bytes += bytes(messages);
  }
  // So many messages of so many units together.
  void send_together(std::uint64_t messages, std::uint64_t units) {
    total_.messages += messages;
    total_.sent_bytes += Checked{units} * op_.unit_bytes;
  }
  void receive(const Alike& things, std::uint64_t parts, bool adds) {
    const Cut cut(things.units, parts);
    for (const Alike& each : {cut.larger, cut.smaller})
      receive({(Checked{things.number} * each.number).value(), each.units}, adds);
  }
  void receive(const Alike& messages, bool adds) {
    total_.received_bytes += bytes(messages);
    if (!adds || messages.units == 0) return;
    total_.added_bytes += bytes(messages);
    const SimDuration once = vector_.time_of(messages.units * op_.unit_bytes);
    total_.added_ps += Checked{messages.number} * static_cast<std::uint64_t>(once.ps);
  }
  const ExchangeTotals& total() const { return total_; }

 private:
  Checked bytes(const Alike& messages) const {
    return Checked{messages.number} * messages.units * op_.unit_bytes;
  }

  const Op& op_;
  const Rate& vector_;
  ExchangeTotals total_;
};

// The chunks of a ring but one.
Cut chunks_but(const Op& op, std::uint32_t size, std::uint32_t excluded) {
  Cut chunks(op.units, size);
  --(excluded < chunks.larger.number ? chunks.larger : chunks.smaller).number;
  return chunks;
}

// An all-gather sends all chunks but the next die's and receives all but its own; a reduce-scatter sends all
// but its own and receives all but the previous die's (ring_steps.hpp).
void around_ring(Sum& sum, const Op& op, const RingPlace& place, bool backward = false) {
  const std::uint32_t p = place.size, own = place.position;
  const std::uint32_t parts = std::max(1U, op.count);
  const std::uint32_t next = (own + 1) % p, previous = (own + p - 1) % p;
  const auto pass = [&](const Cut& sent, const Cut& received, bool adds) {
    for (const Alike& chunks : {sent.larger, sent.smaller}) sum.send(chunks, parts);
    for (const Alike& chunks : {received.larger, received.smaller}) sum.receive(chunks, parts, adds);
  };
  if (op.code != OpCode::reduce_scatter)
    pass(chunks_but(op, p, backward ? previous : next), chunks_but(op, p, own), false);
  if (op.code != OpCode::all_gather)
    pass(chunks_but(op, p, own), chunks_but(op, p, backward ? next : previous), true);
}

// The die's place in the chain, whose first die is the root of a broadcast, and the one after the root of a reduction.
std::uint32_t chain_place(const Op& op, const RingPlace& ring, std::uint32_t root) {
  const std::uint32_t head = (root + (op.code == OpCode::reduce ? 1 : 0)) % ring.size;
  return (ring.position + ring.size - head) % ring.size;
}

// All chunks go along the chain, from its first die to its last.
void along_chain(Sum& sum, const Op& op, const RingPlace& ring, std::uint32_t root) {
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t place = chain_place(op, ring, root);
  const Alike payload{1, op.units};
  if (place + 1 < ring.size) sum.send(payload, op.count);
  if (place > 0) sum.receive(payload, op.count, reduces);
}

// c + (c - 1) + ... of the places from `first` until before `end`, the first of which counts c.
std::uint64_t falling(std::uint64_t first, std::uint64_t end, std::uint64_t c) {
  if (end <= first) return 0;
  const std::uint64_t n = end - first;
  return n * c - n * (n - 1) / 2;
}

// In all-to-all around a ring the block for the die j places further on is in p - j of the messages that a
// die sends, and what is for the die j places further on in p - 1 - j of those that it receives. Blocks of
// the first `rest` places have a unit more.
void rotate(Sum& sum, const Op& op, const RingPlace& ring) {
  const std::uint64_t p = ring.size, own = ring.position;
  const std::uint64_t block = op.units / p, rest = op.units % p;
  const std::uint64_t of_all = p * (p - 1) / 2;
  const std::uint64_t before = std::min(own, rest);  // places before the own one; j of place i is i + p - own
  const std::uint64_t larger_sent = falling(own + 1, rest, p - 1) + falling(0, before, own);
  const std::uint64_t larger_received =
      falling(own, rest, p - 1) + (own > 0 ? falling(0, before, own - 1) : 0);
  const std::uint64_t nearest = own + 1 < rest ? 1 : p - own;  // the first larger block: so far away
  const bool any = own + 1 < rest || before > 0;
  const std::uint64_t messages = block > 0 ? p - 1 : (any ? p - nearest : 0);
  const Checked sent = Checked{block} * of_all + larger_sent;
  sum.receive({1, (Checked{block} * of_all + larger_received).value()}, false);
  sum.send_together(messages, sent.value());
}

// Every block but the own one goes to its die, and the own block of every other die comes.
void directly(Sum& sum, const Op& op, const LinePlace& line) {
  const Cut others = chunks_but(op, line.size, line.position);
  sum.send(others.larger);
  sum.send(others.smaller);
  sum.receive({line.size - 1, chunk_units(op.units, line.size, line.position)}, false);
}

// All of the payload each time: to the children and from the parent, or the other way.
void along_tree(Sum& sum, const Op& op, const LinePlace& line, std::uint32_t root) {
  const bool reduces = op.code == OpCode::reduce;
  const TreePlace place = tree_place(line.size, line.position, root % line.size);
  const std::uint64_t parents = place.has_parent ? 1 : 0;
  sum.send({reduces ? parents : place.children, op.units});
  sum.receive({reduces ? place.children : parents, op.units}, reduces);
}

void step_by_step(Sum& sum, const Op& op, const Places& places, std::uint32_t root) {
  const std::uint32_t steps = exchange_steps(op, places);
  for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
    for (std::uint32_t step = 0; step < steps; ++step) {
      const Exchange now = exchange(op, places, root, step, lane);
      sum.send({1, now.send_bytes / op.unit_bytes});
      sum.receive({1, now.receive_bytes / op.unit_bytes}, now.reduces);
    }
}

// Messages to others, and whether one comes: what a place in a tree or chain comes to.
std::pair<std::uint32_t, bool> part_with_root(const Op& op, const Places& places, std::uint32_t root) {
  if (op.schedule == Schedule::tree) {
    const TreePlace place = tree_place(places.line.size, places.line.position, root % places.line.size);
    return {place.children, place.has_parent};
  }
  const std::uint32_t place = chain_place(op, places.ring, root);
  return {place + 1 < places.ring.size ? 1 : 0, place > 0};
}

// The lanes, leg by leg.
ExchangeTotals of_lanes(const Op& op, const Places& places, std::uint32_t root, const Rate& vector) {
  ExchangeTotals total;
  for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
    for (std::uint32_t number = 0; number < legs_of_a_lane(op); ++number) {
      const Leg leg = leg_of(op, places, root, lane, number);
      const RingPlace& ring = op.axes == Axes::all ? places.of(leg.op.ring) : places.ring;
      if (leg.op.units == 0 || ring.size <= 1) continue;
      Sum sum(leg.op, vector);
      if (has_root(op.code))
        along_chain(sum, leg.op, leg.backward ? turned(ring) : ring,
                    leg.backward ? turned(leg.root % ring.size, ring.size) : leg.root);
      else
        around_ring(sum, leg.op, ring, leg.backward);
      total.messages += sum.total().messages;
      total.sent_bytes += sum.total().sent_bytes;
      total.received_bytes += sum.total().received_bytes;
      total.added_bytes += sum.total().added_bytes;
      total.added_ps += sum.total().added_ps;
    }
  return total;
}

}  // namespace

ExchangeTotals exchange_totals(const Op& op, const Places& places, std::uint32_t root, const Rate& vector) {
  Sum sum(op, vector);
  if (group_size(op, places) <= 1 || op.units == 0 || op.unit_bytes == 0) return sum.total();
  const bool is_direct = op.schedule == Schedule::direct;
  if (has_lanes(op) && op.code != OpCode::all_to_all) return of_lanes(op, places, root, vector);
  if (op.axes == Axes::all || (op.directions > 1 && !is_direct)) {
    step_by_step(sum, op, places, root);
    return sum.total();
  }
  switch (op.schedule) {
    case Schedule::ring:
      op.code == OpCode::all_to_all ? rotate(sum, op, places.ring) : around_ring(sum, op, places.ring);
      break;
    case Schedule::pipelined:
      along_chain(sum, op, places.ring, root);
      break;
    case Schedule::direct:
      directly(sum, op, places.line);
      break;
    case Schedule::tree:
      along_tree(sum, op, places.line, root);
      break;
    case Schedule::halving_doubling:
    case Schedule::star:
    case Schedule::two_phase:
    case Schedule::swing:
      step_by_step(sum, op, places, root);
      break;
  }
  return sum.total();
}

std::vector<AlikeRoots> alike_roots(const Op& op, const Places& places, std::uint32_t roots) {
  if (group_size(op, places) <= 1) return {{0, roots}};
  std::vector<AlikeRoots> all;
  const bool is_regular = op.schedule == Schedule::tree || op.schedule == Schedule::pipelined;
  if (has_lanes(op) || !is_regular) {  // parts of the payload have roots of their own, or places differ more
    for (std::uint32_t root = 0; root < roots; ++root) all.push_back({root, 1});
    return all;
  }
  std::map<std::pair<std::uint32_t, bool>, AlikeRoots> by_part;
  for (std::uint32_t root = 0; root < roots; ++root) {
    const auto [found, is_new] = by_part.try_emplace(part_with_root(op, places, root), AlikeRoots{root, 0});
    ++found->second.number;
  }
  for (const auto& [part, alike] : by_part) all.push_back(alike);
  return all;
}

}  // namespace hecaton::chiplet
