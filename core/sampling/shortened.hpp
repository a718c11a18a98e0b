// A program with fewer rounds of its long loops, and what its segments stand for.
//
// A training step repeats itself: groups of layers, mini-batches, token tiles, chunks of the optimizer. A shortened
// loop does the first rounds (its warm-up), bursts of a few rounds in the middle, and the last round; between bursts
// the die pauses for as long as the rounds that are left out take. So transfers that go on beside the loop have the
// time that they have in the whole program. After a pause some rounds put the loop back into its stride (to resume);
// they stand for nothing. This is systematic sampling with warming (SMARTS, ISCA 2003), for each loop of a nest.
//
// The program notes a mark at the start of each round and after each loop. Segments lie between marks. Segments that
// begin at the same place of the text, in rounds of the same class, are one stratum: how many segments of the whole
// program it stands for is known, so the whole is a weighted sum of what was simulated (stratified sampling).
//
// Classes of rounds: each round of the warm-up is a class of its own; the rounds of bursts are one class, the middle;
// the last round is one, unless it counts as one of the middle. A loop that is not shortened has a class per round.
//
// Invariants: shortened programs of several roles have equally many marks in the same order; totals of strata are
// exact; a loop of kind Iterates::other is never shortened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/chiplet/program/program.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::sampling {

// Rounds of a loop that are simulated.
struct LoopRounds {
  std::uint64_t warm_up = 2;  // at the start, each for itself
  std::uint64_t bursts = 2;   // that stand for all in the middle; more than one: with pauses between them
  std::uint64_t length = 2;   // of a burst
  std::uint64_t resume = 1;   // after a pause
  std::uint64_t last = 1;     // at the end, for itself; 0: it counts as one of the middle

  std::uint64_t middle() const { return bursts * length; }
  std::uint64_t simulated() const { return warm_up + middle() + (bursts - 1) * resume + last; }
  friend bool operator==(const LoopRounds&, const LoopRounds&) = default;
};

// By the loop's place in the text of the whole program; a loop that is not there is done whole.
using Rounds = std::map<std::size_t, LoopRounds>;

// What a middle round of a loop takes, by its place likewise.
using RoundTimes = std::map<std::size_t, SimDuration>;

// The middle rounds of a loop.
struct Axis {
  std::size_t loop = 0;  // its place in the text
  chiplet::Iterates iterates = chiplet::Iterates::other;
  std::uint64_t simulated = 0;
  std::uint64_t total = 0;
};

struct Stratum {
  std::string name;  // "forward, group middle, mini-batch last"
  chiplet::Section section = chiplet::Section::none;
  std::uint64_t total = 0;  // segments of the whole program that it stands for; 0: of a pause or after one
  std::uint64_t simulated = 0;  // segments
  // Loops around it of whose middle rounds it is, outermost first. The product of what is simulated of them is
  // `simulated`: segments come in the order of a tensor, the last axis running fastest.
  std::vector<Axis> axes;
  bool begins_round = false;  // of the last axis
};

// Of a role.
struct Shortened {
  chiplet::Program program;
  std::vector<Stratum> strata;
};

struct ShortenedRoles {
  std::vector<Shortened> roles;
  // Of each segment, in the order of execution; the same for all roles.
  std::vector<std::uint32_t> stratum_of_segment;

  bool is_whole() const;  // nothing was shortened
  std::vector<chiplet::Program> programs() const;
  // Of each stratum the total of the role that has most.
  std::vector<Stratum> longest() const;
};

// `pauses` says what a round takes, so how long pauses are; loops that are not in it have none. All programs are valid
// and have the same loops (loops.hpp) but for their counts, and `rounds` names loops of the first one that are not
// Iterates::other (std::logic_error otherwise).
ShortenedRoles shorten(std::span<const chiplet::Program> roles, const Rounds& rounds,
                       const RoundTimes& pauses = {});

}  // namespace hecaton::sampling
