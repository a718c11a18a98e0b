// Direct all-to-all: a message for each other die of a line. One way round in step s to the die s + 1 places further on;
// both ways by turns, the nearest first: so on a closed line all links of both ways are busy, and no step waits for one of
// other length. `count` messages of a die may be under way: step t waits for message t - count + 1.
//
// Along both axes (a lane for each order, each with half of every block): first what is for all dies of another column, or
// row, to the one beside this die; then from there on. So in one lane's first leg rows are busy, and in the other's columns.
#include <algorithm>

#include "core/chiplet/schedules/algorithms.hpp"

namespace hecaton::chiplet::algorithms {

namespace {

// Whom a die sends message `number` to, and from whom it gets it.
struct Partners {
  std::uint32_t to, from;
};
Partners partners(std::uint32_t size, std::uint32_t position, std::uint32_t directions,
                  std::uint32_t number) {
  const bool both = directions > 1, forward = !both || number % 2 == 0;
  const std::uint32_t distance = both ? number / 2 + 1 : number + 1;
  const std::uint32_t ahead = (position + distance) % size, behind = (position + size - distance) % size;
  return forward ? Partners{ahead, behind} : Partners{behind, ahead};
}

std::uint32_t steps_along(const Op& op, std::uint32_t size) {
  return size <= 1 ? 0 : size - 2 + op.count;
}

// Step `step` along a line; bytes_for(place): of the message for the die at a place of it.
template <class BytesFor>
Exchange along(const Op& op, const LinePlace& line, std::uint32_t step, BytesFor&& bytes_for) {
  Exchange e;
  e.send_step = step + op.count - 1;
  if (step + 1 < line.size) {
    const Partners now = partners(line.size, line.position, op.directions, step);
    e.to = line.at(now.to);
    e.send_bytes = bytes_for(now.to);
  }
  if (step + 1 >= op.count) {
    const Partners then = partners(line.size, line.position, op.directions, step + 1 - op.count);
    e.from = line.at(then.from);
    e.receive_bytes = bytes_for(line.position);
  }
  return e;
}

// A die's row and column in a package, as lines.
struct Lines {
  LinePlace row, column;
};
Lines lines_of(const Places& places) {
  const LinePlace& all = places.line;
  const std::uint32_t columns = places.of(Ring::row).size, rows = all.size / columns;
  const std::uint32_t row = all.position / columns, column = all.position % columns;
  return {{columns, column, all.at(row * columns), all.stride},
          {rows, row, all.at(column), all.stride * columns}};
}

// Half of every block, in one order of the axes.
class StraightOverAxes {
 public:
  StraightOverAxes(const Op& op, const Places& places, std::uint32_t lane)
      : op_(op), lines_(lines_of(places)), row_first_(lane == 0), lane_(lane) {}

  Exchange step(std::uint32_t step) const {
    const LinePlace& first = row_first_ ? lines_.row : lines_.column;
    const LinePlace& second = row_first_ ? lines_.column : lines_.row;
    const std::uint32_t before = steps_along(op_, first.size);
    if (step < before)
      return along(op_, first, step, [&](std::uint32_t place) { return bytes_of_line(place); });
    Exchange e = along(op_, second, step - before, [&](std::uint32_t place) {
      return first.size * bytes_of(row_first_ ? place : first.position, row_first_ ? first.position : place);
    });
    e.send_step += before;
    return e;
  }

 private:
  std::uint64_t dies() const { return std::uint64_t{lines_.row.size} * lines_.column.size; }
  std::uint64_t half_of(std::uint64_t units) const { return chunk_units(units, 2, lane_) * op_.unit_bytes; }
  std::uint64_t bytes_of(std::uint64_t row, std::uint64_t column) const {
    return half_of(op_.units / dies() + (row * lines_.row.size + column < op_.units % dies() ? 1 : 0));
  }
  // For all dies of a column (row first) or row. The first `rest` dies have a unit more.
  std::uint64_t bytes_of_line(std::uint64_t place) const {
    const std::uint64_t rest = op_.units % dies(), columns = lines_.row.size, rows = lines_.column.size;
    const std::uint64_t length = row_first_ ? rows : columns;
    std::uint64_t larger = 0;
    if (row_first_)
      larger = rest > place ? (rest - 1 - place) / columns + 1 : 0;
    else
      larger = std::min(columns, rest - std::min(rest, place * columns));
    const std::uint64_t block = op_.units / dies();
    return larger * half_of(block + 1) + (length - larger) * half_of(block);
  }

  const Op& op_;
  Lines lines_;
  bool row_first_;
  std::uint32_t lane_;
};

}  // namespace

std::uint32_t direct_steps(const Op& op, const Places& places) {
  if (op.axes == Axes::one) return steps_along(op, places.line.size);
  const Lines lines = lines_of(places);
  return steps_along(op, lines.row.size) + steps_along(op, lines.column.size);
}

Exchange direct_step(const Op& op, const Places& places, std::uint32_t step, std::uint32_t lane) {
  if (op.axes == Axes::all) return StraightOverAxes(op, places, lane).step(step);
  const std::uint32_t dies = places.line.size;
  return along(op, places.line, step, [&](std::uint32_t place) { return chunk_bytes(op, dies, place); });
}

}  // namespace hecaton::chiplet::algorithms
