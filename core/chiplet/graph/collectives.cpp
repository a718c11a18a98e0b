#include "core/chiplet/graph/collectives.hpp"

#include <limits>
#include <stdexcept>

#include "core/chiplet/graph/relay.hpp"

namespace hecaton::chiplet::graph {

void GroupProgress::make_ready(std::uint64_t of_number) {
  const auto turn = std::lower_bound(turns.begin(), turns.end(), of_number,
                                     [](const Turn& t, std::uint64_t n) { return t.number < n; });
  turn->is_ready = true;
}

bool GroupProgress::has_ended() const {
  return std::all_of(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.at == Lane::At::ended; });
}

Op operation_of(const Node& node, const Way& way, std::uint32_t members, std::uint32_t part,
                std::uint32_t parts) {
  const auto upto = [&](std::uint32_t n) { return static_cast<std::uint64_t>(Wide{node.bytes} * n / parts); };
  Wide payload = upto(part + 1) - upto(part);
  if (node.operation == OpCode::all_gather) payload *= members;
  if (payload > std::numeric_limits<std::uint64_t>::max())
    throw std::overflow_error("a collective of more than 2^64 bytes");
  Op op;
  op.code = node.operation;
  op.ring = Ring::row;  // a line of its own, whatever its members are
  op.schedule = way.schedule;
  op.directions = way.directions;
  op.count = way.count;
  op.units = static_cast<std::uint64_t>(payload);
  return op;
}

Places places_of(const GroupPlace& place) {
  return {place.ring, place.line, nullptr};
}

std::uint32_t steps_of(const Op& op, const Way& way, const GroupPlace& place) {
  if (!way.relays) return exchange_steps(op, places_of(place));
  return op.units == 0 ? 0 : relay_steps(place.ring);
}

Exchange exchange_of(const Op& op, const Way& way, const GroupPlace& place, std::uint32_t root,
                     const Lane& lane, std::uint32_t lane_number) {
  if (way.relays) return relay_step(op, place.ring, lane.step);
  Exchange e = exchange(op, places_of(place), root, lane.step, lane_number);
  if (uses_ring(op)) return e;
  // Along a line places in the list come back.
  if (e.send_bytes > 0) e.to = place.members[e.to.value];
  if (e.receive_bytes > 0) e.from = place.members[e.from.value];
  return e;
}

}  // namespace hecaton::chiplet::graph
