// Programs of which one loop is left: what a closed form needs to tell what a round of that loop takes.
//
// The loops around it stay, with their counts, since operations may name them (skip_last, root_loop).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::sampling {

struct OneLoop {
  std::size_t place = 0;  // in the text of the whole programs
  chiplet::Iterates iterates = chiplet::Iterates::other;
  std::uint64_t rounds = 0;  // in a step, all rounds of the loops around it told; of the role that has most
  // Of a die, that may still be on their way from and to DRAM when the loop begins; of the role that has most.
  std::uint64_t outstanding_bytes = 0;
  std::vector<chiplet::Program> roles;
};

// Of each loop of a kind that can be shortened, in the order of the text. All programs are valid and have
// the same loops (loops.hpp).
std::vector<OneLoop> loops_of(std::span<const chiplet::Program> roles);

}  // namespace hecaton::sampling
