// Options that several commands share: the deck, the number of ranks, switches of the engine, times.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "net/lookahead/sources.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace hecaton::runs {

inline constexpr int most_ranks = 1'000'000;

enum class Switch : std::uint8_t { on, off };
constexpr auto enum_names(std::type_identity<Switch>) {
  return named<Switch>({{Switch::on, "on"}, {Switch::off, "off"}});
}

struct DeckArguments {
  std::string deck;
  std::vector<std::string> overrides;  // "table.key=value"
  std::string partition = "block";
};
// The argument DECK and --set.
void add_deck_alone(CLI::App& command, DeckArguments& input);
// The same and --partition.
void add_deck(CLI::App& command, DeckArguments& input);

// --sample, --sample-error and --sample-budget: short for keys of [sampling].
void add_sampling(CLI::App& command, DeckArguments& input);

// --ranks of a run that is meant, not of this process; `least` at least.
void add_ranks(CLI::App& command, int& ranks, int least = 1);

// How the engine simulates; results are the same.
struct EngineArguments {
  Switch trains = Switch::on;
  std::vector<std::string> without;  // sources of lookahead to leave out

  bool uses_trains() const { return trains == Switch::on; }
  net::LookaheadSources lookahead() const;
};
// --trains and --lookahead-without.
void add_engine_switches(CLI::App& command, EngineArguments& engine);

// --json: the table of a command for scripts.
void add_json(CLI::App& command, bool& json);

// An option that takes a time (time_text.hpp); `field` is in picoseconds.
void add_time(CLI::App& command, const std::string& name, std::int64_t& field, const std::string& text);

}  // namespace hecaton::runs
