// A deck: refused with an error that names a key, or planned, told of and written so that it reads back the same.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "core/training/model/plan_error.hpp"
#include "io/deck/reader.hpp"
#include "io/files/input_error.hpp"
#include "runs/wiring/preview.hpp"
#include "runs/wiring/workload.hpp"

namespace {

// Larger packages are tried elsewhere; here they would take the time of thousands of decks.
constexpr std::uint32_t most_dies = 64;

void require(bool holds) {
  if (!holds) std::abort();
}

void tell(const hecaton::io::Deck& deck) {
  if (deck.network.package.rows > most_dies / deck.network.package.columns) return;
  const hecaton::runs::PlannedDeck planned(deck);
  static_cast<void>(hecaton::runs::preview(planned.workload, 1, "block"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const hecaton::io::Deck deck = hecaton::io::parse_deck(text, "deck.toml");
    require(hecaton::io::parse_deck(deck.resolved_toml, "deck.toml").resolved_toml == deck.resolved_toml);
    tell(deck);
  } catch (const hecaton::io::InputError&) {
  } catch (const hecaton::training::PlanError&) {
  } catch (const std::overflow_error&) {  // the program says at workload.kind that it cannot be counted
  }
  return 0;
}
