// A training step followed with real numbers: the same programs, places and packets as a run's, and in every
// message what it would hold, from words to weight gradients. What each die computes is compared with a dense
// reference.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/deck/deck.hpp"
#include "runs/verify/die_numbers.hpp"

namespace hecaton::runs {

struct VerifyOptions {
  std::string partition = "block";
  std::uint64_t seed = 1;
  // For tests: spoil what the dies are told, to see that it is noticed.
  std::function<void(std::vector<chiplet::Program>&)> spoil_programs;
  std::function<void(chiplet::DieSetup&)> spoil_places;
};

// Collective; the same on every rank. Throws training::PlanError for what can not be verified, and
// std::runtime_error if programs can not go on.
Findings verify(const io::Deck& deck, const VerifyOptions& options, const boost::mpi::communicator& world);

// Throws training::PlanError if the deck can not be verified: no training step, or one too large.
void check_verifiable(const io::Deck& deck);

}  // namespace hecaton::runs
