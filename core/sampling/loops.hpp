// Where the loops of a program are. Programs of several roles have the same loops, one inside the other alike; what lies
// between them may differ, as where one role has a rest to write and another has none.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::sampling {

// Places in the text.
struct LoopExtent {
  std::size_t begin = 0;  // the loop
  std::size_t end = 0;    // its end_loop
};

// Of two loops of a text, of which `inner` begins later: whether it lies in the other one.
constexpr bool encloses(const LoopExtent& outer, const LoopExtent& inner) {
  return outer.end > inner.begin;
}

// Of all loops of a valid program, in the order in which they begin.
std::vector<LoopExtent> loops_of_text(const chiplet::Program& text);

// Of each role, loop by loop. Throws std::logic_error if they have not the same loops.
std::vector<std::vector<LoopExtent>> common_loops(std::span<const chiplet::Program> roles);

}  // namespace hecaton::sampling
