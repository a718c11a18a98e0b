#include "net/package/topologies/ring_order.hpp"

namespace hecaton::net {

std::uint32_t ring_position_of(std::uint32_t place, std::uint32_t size, RingOrder order) {
  if (order != RingOrder::bypass) return place;
  return place % 2 == 0 ? place / 2 : size - 1 - place / 2;
}

std::uint32_t place_at_ring_position(std::uint32_t position, std::uint32_t size, RingOrder order) {
  if (order != RingOrder::bypass) return position;
  return position < (size + 1) / 2 ? 2 * position : 2 * (size - 1 - position) + 1;
}

namespace {

// The package as `lines` lines of `length` dies, of which the snake follows all but the first of each.
struct Snake {
  bool by_rows;
  std::uint32_t lines;
  std::uint32_t length;
};

Snake snake_of(std::uint32_t rows, std::uint32_t columns) {
  const bool by_rows = rows % 2 == 0;
  return {by_rows, by_rows ? rows : columns, by_rows ? columns : rows};
}

}  // namespace

std::uint32_t hamiltonian_position_of(Coordinate at, std::uint32_t rows, std::uint32_t columns) {
  const auto [by_rows, lines, length] = snake_of(rows, columns);
  const std::uint32_t line = by_rows ? at.row : at.column;
  const std::uint32_t place = by_rows ? at.column : at.row;
  if (place == 0) return line == 0 ? 0 : lines * length - line;
  const std::uint32_t along = line % 2 == 0 ? place - 1 : length - 1 - place;
  return 1 + line * (length - 1) + along;
}

Coordinate at_hamiltonian_position(std::uint32_t position, std::uint32_t rows, std::uint32_t columns) {
  const auto [by_rows, lines, length] = snake_of(rows, columns);
  std::uint32_t line = 0, place = 0;
  if (position > lines * (length - 1)) {
    line = lines * length - position;
  } else if (position > 0) {
    line = (position - 1) / (length - 1);
    const std::uint32_t along = (position - 1) % (length - 1);
    place = line % 2 == 0 ? along + 1 : length - 1 - along;
  }
  const auto row = static_cast<std::uint16_t>(by_rows ? line : place);
  const auto column = static_cast<std::uint16_t>(by_rows ? place : line);
  return {row, column};
}

}  // namespace hecaton::net
