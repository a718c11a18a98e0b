// The orders in which rings visit dies, as pure functions of sizes and places: along a row or a column, and
// around the package. A place is where a die sits; a position counts dies in the order of the ring, from 0.
#pragma once

#include <cstdint>

namespace hecaton::net {

struct Coordinate {
  std::uint16_t row = 0;
  std::uint16_t column = 0;
  friend bool operator==(Coordinate, Coordinate) = default;
};

enum class RingOrder : std::uint8_t {
  naive,  // 0, 1, ..., p-1 along a line; the last edge leads all the way back, in a closed line over one link
  bypass,      // 0, 2, 4, ..., 5, 3, 1: no edge spans more than two links (HECATON ring, section "package")
  hamiltonian  // around the whole package, every edge one link
};

// Along a line of `size` places; precondition: naive or bypass.
std::uint32_t ring_position_of(std::uint32_t place, std::uint32_t size, RingOrder order);
std::uint32_t place_at_ring_position(std::uint32_t position, std::uint32_t size, RingOrder order);

// A Hamiltonian ring needs an even number of dies and at least 2 rows and columns. Column 0 leads back north;
// the rest of each row is a snake going south. With an odd number of rows the snake runs along columns
// instead.
constexpr bool has_hamiltonian_ring(std::uint32_t rows, std::uint32_t columns) {
  return rows >= 2 && columns >= 2 && (rows * columns) % 2 == 0;
}
// Precondition: there is one.
std::uint32_t hamiltonian_position_of(Coordinate at, std::uint32_t rows, std::uint32_t columns);
Coordinate at_hamiltonian_position(std::uint32_t position, std::uint32_t rows, std::uint32_t columns);

}  // namespace hecaton::net
