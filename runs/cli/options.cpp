#include "runs/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "partition/partition.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/time_text.hpp"

namespace hecaton::runs {

void add_choice(CLI::App& command, const std::string& name, std::string& field,
                std::vector<std::string> choices, const std::string& text) {
  command.add_option(name, field, text)->check(CLI::IsMember(std::move(choices)))->capture_default_str();
}

void add_deck(CLI::App& command, DeckArguments& input) {
  command.add_option("DECK", input.deck, "The deck (TOML); see dump-default")->required();
  command.add_option("--set", input.overrides, "Override a key of the deck: table.key=value (repeatable)")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  add_choice(command, "--partition", input.partition,
             {std::begin(partition::partition_names), std::end(partition::partition_names)},
             "How dies are divided among ranks: rectangles, rows, or equal expected events");
}

void add_ranks(CLI::App& command, int& ranks, int least) {
  add_number(command, "--ranks", ranks, least, most_ranks, "Ranks of the run that is meant");
}

void add_engine_switches(CLI::App& command, EngineArguments& engine) {
  add_choice(command, "--trains", engine.trains, {"on", "off"},
             "Let one event stand for a train of packets; results are the same");
  std::vector<std::string> sources;
  for_each_field<net::LookaheadSources>([&](const auto& field) { sources.emplace_back(field.name); });
  command
      .add_option(
          "--lookahead-without", engine.without,
          "Leave out a source of lookahead, to see what it is worth; results are the same (repeatable)")
      ->check(CLI::IsMember(sources))
      ->allow_extra_args(false)
      ->type_name("SOURCE");
}

net::LookaheadSources EngineArguments::lookahead() const {
  net::LookaheadSources sources;
  visit_fields(sources, [&](std::string_view name, bool& used) {
    used = std::find(without.begin(), without.end(), name) == without.end();
  });
  return sources;
}

void add_time(CLI::App& command, const std::string& name, std::int64_t& field, const std::string& text) {
  const auto take = [&field, name](const std::string& given) {
    const auto time = picoseconds_of(given);
    if (!time) throw CLI::ValidationError(name, given + " is no time; write 10m, 1h30m, 90s or 5ms");
    field = *time;
  };
  command.add_option_function<std::string>(name, take, text)->type_name("TIME");
}

}  // namespace hecaton::runs
