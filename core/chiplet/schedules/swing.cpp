#include "core/chiplet/schedules/swing.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "core/chiplet/schedules/algorithms.hpp"

namespace hecaton::chiplet {

SwingRounds::SwingRounds(const Op& op, const Places& places) {
  struct Axis {
    std::uint32_t size, stride;
  };
  std::vector<Axis> axes{{places.line.size, 1}};
  if (op.ring == Ring::package) {
    const std::uint32_t columns = places.of(Ring::row).size;
    axes = {{columns, 1}, {places.line.size / columns, columns}};
  }
  std::int64_t offset = 0, power = 1;
  for (std::uint32_t s = 0; s < 32; ++s, power *= -2) {
    offset += power;
    for (const Axis& axis : axes)
      if (s < static_cast<std::uint32_t>(std::bit_width(axis.size - 1)))
        rounds_.push_back(
            {axis.size, axis.stride, static_cast<std::uint32_t>(offset < 0 ? -offset : offset), offset > 0});
  }
}

std::uint32_t SwingRounds::partner(std::uint32_t place, std::uint32_t round) const {
  const Round& r = rounds_[round];
  const std::uint32_t at = place / r.stride % r.size;
  const bool forward = (at % 2 == 0) == r.is_forward;
  const std::uint32_t distance = r.distance % r.size;
  const std::uint32_t to = (at + (forward ? distance : r.size - distance)) % r.size;
  return place + to * r.stride - at * r.stride;
}

std::vector<std::uint32_t> SwingRounds::reached(std::uint32_t place, std::uint32_t round) const {
  std::vector<std::uint32_t> all{place};
  for (std::uint32_t r = round; r < count(); ++r) {
    const std::size_t before = all.size();
    for (std::size_t i = 0; i < before; ++i) all.push_back(partner(all[i], r));
  }
  return all;
}

namespace algorithms {

namespace {

std::uint64_t bytes_for(const Op& op, std::uint32_t dies, const SwingRounds& rounds, std::uint32_t place,
                        std::uint32_t round) {
  const std::uint64_t rest = op.units % dies;
  std::uint64_t units = op.units / dies << (rounds.count() - round);
  if (rest > 0) {
    const std::vector<std::uint32_t> reached = rounds.reached(place, round);
    units += static_cast<std::uint64_t>(
        std::count_if(reached.begin(), reached.end(), [rest](std::uint32_t die) { return die < rest; }));
  }
  return units * op.unit_bytes;
}

}  // namespace

std::uint32_t swing_steps(const Op& op, const Places& places) {
  return (op.code == OpCode::all_reduce ? 2 : 1) * SwingRounds(op, places).count();
}

Exchange swing_step(const Op& op, const Places& places, std::uint32_t, std::uint32_t step) {
  const SwingRounds rounds(op, places);
  const LinePlace& line = places.line;
  const std::uint32_t count = rounds.count();
  const bool reduces = op.code == OpCode::reduce_scatter || (op.code == OpCode::all_reduce && step < count);
  const std::uint32_t local = op.code == OpCode::all_reduce && !reduces ? step - count : step;
  const std::uint32_t round = reduces ? local : count - 1 - local;
  const std::uint32_t partner = rounds.partner(line.position, round);
  const std::uint64_t mine = bytes_for(op, line.size, rounds, line.position, round + 1);
  const std::uint64_t theirs = bytes_for(op, line.size, rounds, partner, round + 1);
  Exchange e;
  e.to = e.from = line.at(partner);
  e.send_bytes = reduces ? theirs : mine;
  e.receive_bytes = reduces ? mine : theirs;
  e.reduces = reduces;
  e.send_step = step;
  return e;
}

}  // namespace algorithms

}  // namespace hecaton::chiplet
