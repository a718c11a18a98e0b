// All-to-all along a ring: in step s a die passes on the blocks for the p - 1 - s dies behind it, to the next
// die. What starts at a die goes over p - 1 edges and becomes less by a block at each; and an edge has to carry all of its
// die's messages.
//
// Both ways by turns and along both axes (core/chiplet/schedules/rotation.cpp) a chain of messages along the fastest links
// there are, and what a link carries in all; blocks are taken to be the smallest.
#include <algorithm>

#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

namespace {

// Bytes that the die at `position` sends in a step.
std::uint64_t bytes_sent(const Collective& collective, std::uint32_t position, std::uint32_t step) {
  chiplet::RingPlace place;
  place.size = collective.size();
  place.position = position;
  return chiplet::exchange(collective.op, {place, collective.line}, 0, step).send_bytes;
}

// Of what starts at one die. It stays where nothing is sent on.
Time walk_from(const Collective& collective, std::uint32_t start) {
  const std::uint32_t p = collective.size();
  Time time;
  for (std::uint32_t step = 0, at = start; step + 1 < p; ++step) {
    time.all = std::max(time.all, step * Checked{collective.op.slot_ps});
    const std::uint64_t bytes = bytes_sent(collective, at, step);
    if (bytes == 0) continue;
    time += collective.messages.message(bytes, collective.ring[at]);
    at = (at + 1) % p;
  }
  return time;
}

// Messages of one way round one ring, `units` going from each die to each.
struct Messages {
  Time one_by_one;
  Checked carried;  // by a link, in all
};
Messages around(const Collective& collective, std::uint64_t dies, std::uint64_t units) {
  const MessageTimes& messages = collective.messages;
  const bool both = collective.op.directions > 1, shares_last = both && dies % 2 == 0;
  Messages all;
  for (std::uint64_t left = both ? dies / 2 : dies - 1; left > 0; --left) {
    const std::uint64_t bytes =
        ((left - 1) * units + (shares_last ? units / 2 : units)) * collective.op.unit_bytes;
    if (bytes == 0) continue;
    all.one_by_one += messages.message(bytes, messages.shortest());
    all.carried += messages.sending(bytes);
  }
  return all;
}

// An interface sends what goes both ways along all axes.
Form lanes_form(const Collective& collective) {
  const MessageTimes& messages = collective.messages;
  const auto bound = [&](Checked carried) { return Time{messages.shortest().head + carried, carried}; };
  const Checked ways = std::uint64_t{collective.op.directions};
  if (collective.op.axes == chiplet::Axes::one) {
    const std::uint64_t dies = collective.size();
    const Messages all = around(collective, dies, collective.op.units / dies);
    return {later(all.one_by_one, bound(ways * all.carried / messages.interface_ports())), 0};
  }
  const std::uint64_t rows = messages.topology().rows(), columns = messages.topology().columns();
  const std::uint64_t half = collective.op.units / (rows * columns) / 2;
  const Messages along_rows = around(collective, columns, rows * half);
  const Messages along_columns = around(collective, rows, columns * half);
  Time end = along_rows.one_by_one + along_columns.one_by_one;
  end = later(end, later(bound(2 * along_rows.carried), bound(2 * along_columns.carried)));
  const Checked sent = 2 * ways * (along_rows.carried + along_columns.carried) / messages.interface_ports();
  return {later(end, bound(sent)), 0};
}

}  // namespace

// The chains that leave out the fastest edge, and the slowest; and the one to the die of the largest block.
Form rotation_form(const Collective& collective) {
  if (chiplet::has_lanes(collective.op)) return lanes_form(collective);
  const auto& ring = collective.ring;
  const auto sooner = [](const Way& a, const Way& b) { return a.head < b.head; };
  const auto fastest =
      static_cast<std::uint32_t>(std::min_element(ring.begin(), ring.end(), sooner) - ring.begin());
  const auto slowest =
      static_cast<std::uint32_t>(std::max_element(ring.begin(), ring.end(), sooner) - ring.begin());
  const std::uint32_t p = collective.size();
  Time longest;
  for (const std::uint32_t start : {1U % p, (fastest + 1) % p, (slowest + 1) % p, slowest})
    longest = later(longest, walk_from(collective, start));
  // Every edge carries the blocks of all dies that lie before it for all that lie behind.
  const std::uint64_t block = collective.op.units / p * collective.op.unit_bytes;
  const std::uint64_t carried = (Checked{block} * (std::uint64_t{p} * (p - 1) / 2)).value();
  for (const Way& edge : ring) longest = later(longest, collective.messages.message(carried, edge));
  return {longest, 0};
}

}  // namespace hecaton::runs
