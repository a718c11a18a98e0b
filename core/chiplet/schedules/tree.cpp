// Broadcasts and reductions along binary trees over a line of dies.
#include <algorithm>
#include <bit>

#include "core/chiplet/schedules/algorithms.hpp"

namespace hecaton::chiplet {

namespace {

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

Exchange step_along(const Op& op, const LinePlace& line, std::uint32_t root, std::uint32_t step) {
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t round = reduces ? tree_depth(line.size) - 1 - step : step;
  const TreeMessage down = tree_message(line.size, line.position, root, round);
  const std::uint32_t from = reduces ? down.to : down.from;
  const std::uint32_t to = reduces ? down.from : down.to;
  Exchange e;
  if (from == to) return e;
  if (line.position == from) {
    e.send_bytes = op.units * op.unit_bytes;
    e.to = line.at(to);
  } else if (line.position == to) {
    e.receive_bytes = op.units * op.unit_bytes;
    e.from = line.at(from);
    e.reduces = reduces;
  }
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

namespace algorithms {

std::uint32_t tree_steps(const Op&, const Places& places) {
  return tree_depth(places.line.size);
}

Exchange tree_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step) {
  Exchange e = step_along(op, places.line, root, step);
  e.send_step = step;
  return e;
}

}  // namespace algorithms

}  // namespace hecaton::chiplet
