#include "core/chiplet/dies/die_setup.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet {

namespace {

[[noreturn]] void fail(const DieSetup& setup, const std::string& what) {
  throw std::logic_error("setup of die " + std::to_string(setup.id.value) + ": " + what);
}

void validate_root(const DieSetup& setup, const Op& op, std::uint32_t size) {
  const bool is_there = op.root_loop > 0 || static_cast<std::uint32_t>(op.value) < size;
  if (has_root(op.code) && !is_there) fail(setup, "the root of a collective is not in its group");
}

// Along a line, at most.
std::uint64_t largest_message(const Op& op, std::uint32_t dies) {
  const std::uint64_t chunk = chunk_bytes(op, dies, 0);
  switch (op.schedule) {
    case Schedule::tree:
    case Schedule::star:
      return op.units * op.unit_bytes;
    case Schedule::two_phase:
      return chunk_bytes(op, op.count, 0);
    case Schedule::halving_doubling:
    case Schedule::swing:
      return chunk * (dies / 2);
    default:
      break;
  }
  return op.axes == Axes::all ? chunk * (dies / 2) : chunk;
}

void validate_on_line(const DieSetup& setup, const Op& op) {
  const LinePlace& place = setup.lines[static_cast<std::size_t>(op.ring)];
  const std::string line = std::string(name_of(op.ring)) + " line";
  if (place.size == 0 || place.position >= place.size) fail(setup, "it has no place in its " + line);
  if (place.size > 1 && place.at(place.position) != setup.id) fail(setup, "it is not in its " + line);
  validate_root(setup, op, place.size);
  const bool halves = op.schedule == Schedule::halving_doubling || op.schedule == Schedule::swing;
  if (halves && !std::has_single_bit(place.size)) {
    fail(setup, "halving needs a power of two on the " + line);
  }
  if (largest_message(op, place.size) > std::numeric_limits<std::uint32_t>::max()) {
    fail(setup, "a message on the " + line + " exceeds the 4 GiB of one message");
  }
}

void validate_on_ring(const DieSetup& setup, const Op& op) {
  const RingPlace& place = setup.rings[static_cast<std::size_t>(op.ring)];
  const std::string ring = std::string(name_of(op.ring)) + " ring";
  if (place.size == 0 || place.position >= place.size) fail(setup, "it has no place in its " + ring);
  if (place.size > 1 && place.next == setup.id) fail(setup, "it is its own neighbour in its " + ring);
  const std::uint64_t chunk = chunk_bytes(op, place.size, 0);
  const std::uint64_t message = op.code == OpCode::all_to_all        ? chunk * (place.size - 1)
                                : op.schedule == Schedule::pipelined ? chunk_bytes(op, op.count, 0)
                                : is_cut(op)                         ? (chunk + op.count - 1) / op.count
                                                                     : chunk;
  if (message > std::numeric_limits<std::uint32_t>::max()) {
    fail(setup, "a chunk on the " + ring + " exceeds the 4 GiB of one message");
  }
}

void validate_collective(const DieSetup& setup, const Op& op) {
  if (!uses_ring(op)) return validate_on_line(setup, op);
  const Places places = setup.places(op.ring);
  validate_root(setup, op, group_size(op, places));
  if (!has_lanes(op)) return validate_on_ring(setup, op);
  for_each_group_of(op, [&](Ring ring) {
    const RingPlace& place = setup.rings[static_cast<std::size_t>(ring)];
    if (place.size > 1 && place.previous == setup.id) fail(setup, "it has no ring to go round backward");
  });
  if (op.code == OpCode::all_to_all) {  // a message has no more than all of the payload
    if (op.units * op.unit_bytes > std::numeric_limits<std::uint32_t>::max())
      fail(setup, "a payload exceeds the 4 GiB of one message");
    return;
  }
  for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
    for (std::uint32_t leg = 0; leg < legs_of_a_lane(op); ++leg)
      validate_on_ring(setup, leg_of(op, places, static_cast<std::uint32_t>(op.value), lane, leg).op);
}

}  // namespace

void validate(const DieSetup& setup) {
  if (setup.program == nullptr) fail(setup, "it has no program");
  for (const Op& op : *setup.program) {
    if (is_collective(op.code)) validate_collective(setup, op);
    const bool moves = (op.code == OpCode::dram_read || op.code == OpCode::dram_write) && op.bytes > 0;
    const bool reaches =
        std::any_of(setup.dram.begin(), setup.dram.end(), [](const DramShare& s) { return s.weight > 0; });
    if (moves && !reaches) fail(setup, "its program moves DRAM data but it has no IO die");
  }
  if (setup.timings.burst_bytes == 0) throw std::logic_error("DRAM bursts of 0 bytes");
  if (setup.dram.size() > 0xffff) throw std::logic_error("a die cannot use more than 65,535 IO dies");
}

}  // namespace hecaton::chiplet
