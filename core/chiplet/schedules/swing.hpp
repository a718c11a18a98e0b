// Who exchanges with whom in Swing (De Sensi, Bonato, Saam, Hoefler, "Swing: Short-cutting Rings for Higher Bandwidth
// Allreduce", NSDI 2024, arXiv:2401.09356), for 2^k dies of a line or, axis by turns, of a package with 2^i rows and 2^j
// columns. In round s of an axis a die's partner is 1, 1, 3, 5, 11, ... places away: 1 - 2 + 4 - 8 ... of the first s + 1
// powers, forward from even places, backward from odd ones. On a torus these ways are short, so few messages share a link.
//
// A reduce-scatter goes through the rounds, an all-gather back. What a die has to send for in a round are the chunks of all
// that its partner reaches in the rounds that follow.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet {

class SwingRounds {
 public:
  // Along the line; over a package along both axes if both have two dies or more.
  SwingRounds(const Op& op, const Places& places);

  std::uint32_t count() const { return static_cast<std::uint32_t>(rounds_.size()); }
  std::uint32_t partner(std::uint32_t place, std::uint32_t round) const;
  // All that a place exchanges with from this round on, itself first, directly or by way of others; count() - round times
  // doubled. In no order.
  std::vector<std::uint32_t> reached(std::uint32_t place, std::uint32_t round) const;

 private:
  // Of an axis: every stride-th place.
  struct Round {
    std::uint32_t size, stride, distance;
    bool is_forward;  // from even places
  };
  std::vector<Round> rounds_;
};

}  // namespace hecaton::chiplet
