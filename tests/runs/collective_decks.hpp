// Decks of collectives that a test draws or writes, and what they take.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/training/model/plan_error.hpp"
#include "io/files/input_error.hpp"
#include "runs/wiring/workload.hpp"
#include "tests/net/random_network.hpp"
#include "tests/system/run_deck.hpp"

namespace hecaton::test {

template <std::size_t N>
const char* one_of(Dice& draw, const std::array<const char*, N>& words) {
  return words[draw(0, N - 1)];
}

// None if it is refused, or cannot be planned.
inline std::optional<io::Deck> deck_from(const std::string& text) {
  try {
    io::Deck deck = deck_of(text);
    const runs::Workload workload(deck);
    return deck;
  } catch (const io::InputError&) {
  } catch (const training::PlanError&) {
  }
  return std::nullopt;
}

// Picoseconds until the last die has finished.
inline std::uint64_t simulated(const io::Deck& deck) {
  std::uint64_t end = 0;
  for (const chiplet::DieCounters& die : run_deck(deck, 1).die_counters) end = std::max(end, die.finished_ps);
  return end;
}

}  // namespace hecaton::test
