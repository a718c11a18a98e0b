// A row or a column of dies as a line of places 0 .. size - 1. An open line ends at both places; in a closed
// one a wrap-around link joins them. All that a topology knows of a single dimension is here.
//
// Invariant: a closed line has at least 3 places; in a shorter one the wrap-around link would double another.
#pragma once

#include <cstdint>
#include <optional>

namespace hecaton::net {

// What is left of a way along one line. Ways are shortest; where both directions are, a coin decides.
struct Leg {
  enum class Direction : std::uint8_t {
    none,
    forward,
    backward
  };  // forward: to higher places; none: arrived
  Direction direction = Direction::none;
  bool wraps = false;  // the way uses the wrap-around link somewhere between its source and its destination
  bool ahead = false;  // and has still to cross it
};

struct Line {
  static constexpr std::uint32_t least_closed = 3;  // places

  std::uint32_t size = 1;
  bool closed = false;

  static constexpr Line open(std::uint32_t size) { return {size, false}; }
  static constexpr Line close_if_long_enough(std::uint32_t size) { return {size, size >= least_closed}; }

  // The place beside this one; none beyond the end of an open line.
  constexpr std::optional<std::uint32_t> beside(std::uint32_t place, bool forward) const {
    const std::uint32_t last = forward ? size - 1 : 0;
    if (place != last) return forward ? place + 1 : place - 1;
    return closed ? std::optional{forward ? 0 : size - 1} : std::nullopt;
  }

  // Whether the link that leaves a place in this direction is the wrap-around link.
  constexpr bool wraps(std::uint32_t place, bool forward) const {
    return closed && place == (forward ? size - 1 : 0);
  }

  // Links on the shortest way.
  constexpr std::uint32_t distance(std::uint32_t a, std::uint32_t b) const {
    const std::uint32_t direct = a > b ? a - b : b - a;
    return closed && size - direct < direct ? size - direct : direct;
  }

  // Whether two ways are shortest, in opposite directions.
  constexpr bool has_two_ways(std::uint32_t a, std::uint32_t b) const {
    return closed && 2 * distance(a, b) == size;
  }

  // The way of a worm from `from` to `to`, seen from `at`, a place on it. The direction is a function of its
  // ends and `coin()` alone, so it is the same at every place; true is forward.
  template <class Coin>
  constexpr Leg leg(std::uint32_t from, std::uint32_t at, std::uint32_t to, Coin&& coin) const {
    if (at == to) return {};
    if (!closed) return {to > at ? Leg::Direction::forward : Leg::Direction::backward};
    const std::uint32_t distance = to >= from ? to - from : to + size - from;
    if (2 * distance < size || (2 * distance == size && coin()))
      return {Leg::Direction::forward, to < from, to < at};
    return {Leg::Direction::backward, to > from, to > at};
  }
};

}  // namespace hecaton::net
