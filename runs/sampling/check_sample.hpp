// What is said of sampling before a run.
#pragma once

#include <cstdint>
#include <string>

#include "io/deck/reader.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Throws io::InputError where the budget of a deck with sampling on is too small for a round of each kind. Precondition:
// `whole` is the deck's.
void require_sample(const io::LoadedDeck& loaded, const Workload& whole);

// Advice for a step of so many events that is to be simulated whole on so many ranks; empty where that takes minutes.
std::string advise_sampling(const io::Deck& deck, std::uint64_t events, int ranks);

}  // namespace hecaton::runs
