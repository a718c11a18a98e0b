#include "core/chiplet/program/exchange.hpp"

#include <algorithm>
#include <bit>

#include "core/chiplet/program/lanes.hpp"

namespace hecaton::chiplet {

namespace {

std::uint64_t payload(const Op& op) {
  return op.units * op.unit_bytes;
}

std::uint32_t tree_depth(std::uint32_t size) {
  return static_cast<std::uint32_t>(std::bit_width(size - 1));
}

// From a die that has the payload of a broadcast to one that has not.
struct TreeMessage {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

// Calls visit(round, message) for the rounds of a broadcast, in the range of places around `position`, until
// that range is one die or `visit` returns true.
template <class Visit>
void follow_tree(std::uint32_t size, std::uint32_t position, std::uint32_t root, Visit&& visit) {
  std::uint32_t low = 0, high = size, holder = root;
  for (std::uint32_t round = 0; high - low > 1; ++round) {
    const std::uint32_t half = (high - low + 1) / 2;
    const std::uint32_t middle = low + half;
    const bool holds_low = holder < middle;
    const std::uint32_t other = holds_low ? std::min(holder + half, high - 1) : holder - half;
    if (visit(round, TreeMessage{holder, other})) return;
    const bool is_low = position < middle;
    if (is_low != holds_low) holder = other;
    (is_low ? high : low) = middle;
  }
}

// The message of round `round`; `from` and `to` are the same if the range is one die already.
TreeMessage tree_message(std::uint32_t size, std::uint32_t position, std::uint32_t root,
                         std::uint32_t round) {
  TreeMessage found{position, position};
  follow_tree(size, position, root, [&](std::uint32_t r, const TreeMessage& message) {
    if (r != round) return false;
    found = message;
    return true;
  });
  return found;
}

Exchange tree_step(const Op& op, const LinePlace& line, std::uint32_t root, std::uint32_t step) {
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t round = reduces ? tree_depth(line.size) - 1 - step : step;
  const TreeMessage down = tree_message(line.size, line.position, root, round);
  const std::uint32_t from = reduces ? down.to : down.from;
  const std::uint32_t to = reduces ? down.from : down.to;
  Exchange e;
  if (from == to) return e;
  if (line.position == from) {
    e.send_bytes = payload(op);
    e.to = line.at(to);
  } else if (line.position == to) {
    e.receive_bytes = payload(op);
    e.from = line.at(from);
    e.reduces = reduces;
  }
  return e;
}

Exchange along_ring(const RingPlace& ring) {
  Exchange e;
  e.to = ring.next;
  e.from = ring.previous;
  e.route = ring.route;
  return e;
}

// The chain starts at the root of a broadcast, and at the die after the root of a reduction.
Exchange pipelined_step(const Op& op, const RingPlace& ring, std::uint32_t root, std::uint32_t step) {
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t head = reduces ? (root + 1) % ring.size : root;
  const std::uint32_t place = (ring.position + ring.size - head) % ring.size;
  const bool is_first = place == 0;
  const bool is_last = place + 1 == ring.size;
  Exchange e = along_ring(ring);
  e.reduces = reduces;
  if (!is_first && step < op.count) e.receive_bytes = chunk_bytes(op, op.count, step);
  const std::uint32_t sent = is_first ? step : step - 1;  // wraps in step 0, where nothing is there to send
  if (!is_last && sent < op.count) e.send_bytes = chunk_bytes(op, op.count, sent);
  e.send_step = sent;
  return e;
}

// Bytes of the chunks [first, first + count) of p.
std::uint64_t range_bytes(const Op& op, std::uint32_t size, std::uint32_t first, std::uint32_t count) {
  const std::uint64_t rest = op.units % size;
  const auto larger = [rest](std::uint64_t end) { return std::min(end, rest); };
  const std::uint64_t extra = larger(std::uint64_t{first} + count) - larger(first);
  return (op.units / size * count + extra) * op.unit_bytes;
}

Exchange halving_step(const Op& op, const LinePlace& line, std::uint32_t step) {
  const auto depth = tree_depth(line.size);
  const bool halves = op.code == OpCode::reduce_scatter || (op.code == OpCode::all_reduce && step < depth);
  const std::uint32_t local = op.code == OpCode::all_reduce && !halves ? step - depth : step;
  const std::uint32_t distance = 1U << (halves ? depth - 1 - local : local);
  const std::uint32_t partner = line.position ^ distance;
  // Both serve `distance` chunks: those of all places that differ from theirs in the lower bits only.
  const std::uint32_t mine = line.position / distance * distance;
  const std::uint32_t theirs = partner / distance * distance;
  Exchange e;
  e.to = e.from = line.at(partner);
  e.send_bytes = range_bytes(op, line.size, halves ? theirs : mine, distance);
  e.receive_bytes = range_bytes(op, line.size, halves ? mine : theirs, distance);
  e.reduces = halves;
  return e;
}

Exchange direct_step(const Op& op, const LinePlace& line, std::uint32_t step) {
  const std::uint32_t to = (line.position + step + 1) % line.size;
  const std::uint32_t from = (line.position + line.size - step - 1) % line.size;
  Exchange e;
  e.to = line.at(to);
  e.from = line.at(from);
  e.send_bytes = chunk_bytes(op, line.size, to);
  e.receive_bytes = chunk_bytes(op, line.size, line.position);
  return e;
}

// Blocks for `count` dies from `first` on, around the ring.
std::uint64_t passing_bytes(const Op& op, std::uint32_t size, std::uint32_t first, std::uint32_t count) {
  const std::uint32_t before_wrap = std::min(count, size - first);
  return range_bytes(op, size, first, before_wrap) + range_bytes(op, size, 0, count - before_wrap);
}

// Step s moves what came from the die s places back: blocks for the p-1-s dies that follow.
Exchange ring_all_to_all_step(const Op& op, const RingPlace& ring, std::uint32_t step) {
  const std::uint32_t left = ring.size - 1 - step;
  Exchange e = along_ring(ring);
  e.send_bytes = passing_bytes(op, ring.size, (ring.position + 1) % ring.size, left);
  e.receive_bytes = passing_bytes(op, ring.size, ring.position, left);
  return e;
}

std::uint64_t part_bytes(const Op& op, std::uint32_t size, std::uint32_t chunk, std::uint32_t part) {
  return chunk_units(chunk_units(op.units, size, chunk), op.count, part) * op.unit_bytes;
}

// A chunk's number, as those count who go round forward.
std::uint32_t chunk_of(const RingPlace& ring, std::uint32_t chunk, bool backward) {
  return backward ? turned(chunk, ring.size) : chunk;
}

// Step t sends part t and waits for part t - count + 1: what part t + 1 waits for.
Exchange parts_step(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward) {
  const std::uint32_t parts = step_count(op.code, ring.size) * op.count;
  Exchange e = along_ring(ring);
  e.send_step = step + op.count - 1;
  if (step < parts) {
    const RingStep now = ring_step(op.code, ring.size, ring.position, step / op.count);
    e.send_bytes = part_bytes(op, ring.size, chunk_of(ring, now.send_chunk, backward), step % op.count);
  }
  if (step + 1 >= op.count) {
    const std::uint32_t part = step + 1 - op.count;
    const RingStep now = ring_step(op.code, ring.size, ring.position, part / op.count);
    e.receive_bytes = part_bytes(op, ring.size, chunk_of(ring, now.receive_chunk, backward), part % op.count);
    e.reduces = now.reduces;
  }
  return e;
}

Exchange ring_exchange(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward) {
  const RingStep now = ring_step(op.code, ring.size, ring.position, step);
  Exchange e = along_ring(ring);
  e.send_bytes = chunk_bytes(op, ring.size, chunk_of(ring, now.send_chunk, backward));
  e.receive_bytes = chunk_bytes(op, ring.size, chunk_of(ring, now.receive_chunk, backward));
  e.reduces = now.reduces;
  return e;
}

}  // namespace

TreePlace tree_place(std::uint32_t size, std::uint32_t position, std::uint32_t root) {
  TreePlace place;
  follow_tree(size, position, root, [&](std::uint32_t, const TreeMessage& message) {
    if (message.from == position) ++place.children;
    if (message.to == position) place.has_parent = true;
    return false;
  });
  return place;
}

namespace {

std::uint32_t steps_of_a_lane(const Op& op, const Places& places) {
  std::uint32_t steps = 0;
  for (std::uint32_t number = 0; number < legs_of_a_lane(op); ++number) {
    const Leg leg = leg_of(op, places, 0, 0, number);
    steps += leg_steps(leg.op, op.axes == Axes::all ? places.of(leg.op.ring).size : places.ring.size);
  }
  return steps;
}

}  // namespace

std::uint32_t exchange_steps(const Op& op, const Places& places) {
  const std::uint32_t size = group_size(op, places);
  if (size <= 1 || op.units == 0) return 0;
  if (has_lanes(op)) return steps_of_a_lane(op, places);
  switch (op.schedule) {
    case Schedule::tree:
      return tree_depth(size);
    case Schedule::pipelined:
      return leg_steps(op, size);
    case Schedule::halving_doubling:
      return (op.code == OpCode::all_reduce ? 2 : 1) * tree_depth(size);
    case Schedule::direct:
      return size - 1;
    case Schedule::ring:
      break;
  }
  return op.code == OpCode::all_to_all ? size - 1 : leg_steps(op, size);
}

namespace {

Exchange whole_chunk_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step) {
  switch (op.schedule) {
    case Schedule::tree:
      return tree_step(op, places.line, root % places.line.size, step);
    case Schedule::halving_doubling:
      return halving_step(op, places.line, step);
    case Schedule::direct:
      return direct_step(op, places.line, step);
    default:
      return op.code == OpCode::all_to_all ? ring_all_to_all_step(op, places.ring, step)
                                           : ring_exchange(op, places.ring, step, false);
  }
}

Exchange leg_exchange(const Leg& leg, const RingPlace& forward, std::uint32_t step) {
  const Op& op = leg.op;
  const RingPlace ring = leg.backward ? turned(forward) : forward;
  if (op.units == 0) return along_ring(ring);
  const std::uint32_t root = leg.root % ring.size;
  if (op.schedule == Schedule::pipelined)
    return pipelined_step(op, ring, leg.backward ? turned(root, ring.size) : root, step);
  if (is_cut(op)) return parts_step(op, ring, step, leg.backward);
  Exchange e = ring_exchange(op, ring, step, leg.backward);
  e.send_step = step;
  return e;
}

// Steps are counted from leg to leg.
Exchange lane_exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step,
                       std::uint32_t lane) {
  std::uint32_t before = 0;
  for (std::uint32_t number = 0;; ++number) {
    const Leg leg = leg_of(op, places, root, lane, number);
    const RingPlace& ring = op.axes == Axes::all ? places.of(leg.op.ring) : places.ring;
    const std::uint32_t steps = leg_steps(leg.op, ring.size);
    if (step - before < steps || number + 1 == legs_of_a_lane(op)) {
      Exchange e = leg_exchange(leg, ring, step - before);
      e.send_step += before;
      return e;
    }
    before += steps;
  }
}

}  // namespace

Exchange exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step,
                  std::uint32_t lane) {
  if (has_lanes(op)) return lane_exchange(op, places, root, step, lane);
  if (op.schedule == Schedule::pipelined)
    return pipelined_step(op, places.ring, root % places.ring.size, step);
  if (is_cut(op)) return parts_step(op, places.ring, step, false);
  Exchange e = whole_chunk_step(op, places, root, step);
  e.send_step = step;
  return e;
}

}  // namespace hecaton::chiplet
