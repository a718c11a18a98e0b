#include "runs/cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "partition/partition.hpp"
#include "runs/cli/choice.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/time_text.hpp"

namespace hecaton::runs {

namespace {

// "1%" as a fraction; other texts are left to the deck's reader.
std::string fraction_text(const std::string& text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc{} || std::string_view(rest, end) != "%") return text;
  return fmt::format("{}", percent / 100);
}

}  // namespace

void add_deck_alone(CLI::App& command, DeckArguments& input) {
  command.add_option("DECK", input.deck, "The deck (TOML); see dump-default")->required();
  command.add_option("--set", input.overrides, "Override a key of the deck: table.key=value (repeatable)")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

void add_deck(CLI::App& command, DeckArguments& input) {
  add_deck_alone(command, input);
  add_choice(command, "--partition", input.partition,
             {std::begin(partition::partition_names), std::end(partition::partition_names)},
             "How dies are divided among ranks: rectangles, rows, or equal expected events");
}

void add_sampling(CLI::App& command, DeckArguments& input) {
  const auto set = [&input](const char* key, const std::string& value) {
    input.overrides.push_back(std::string("sampling.") + key + "=" + value);
  };
  command.add_flag_callback(
      "--sample", [set] { set("mode", "on"); },
      "Simulate a part of a training step, and tell the rest with an interval of confidence");
  command
      .add_option_function<std::string>(
          "--sample-error", [set](const std::string& text) { set("error", fraction_text(text)); },
          "Half the width of that interval that is wanted, of the step [1%]")
      ->type_name("PERCENT");
  command
      .add_option_function<std::string>(
          "--sample-budget", [set](const std::string& text) { set("budget", text); },
          "Events, or a time at 2 million events per second, that it may take [10m]")
      ->type_name("EVENTS|TIME");
}

void add_ranks(CLI::App& command, int& ranks, int least) {
  add_number(command, "--ranks", ranks, least, most_ranks, "Ranks of the run that is meant");
}

void add_engine_switches(CLI::App& command, EngineArguments& engine) {
  add_choice(command, "--trains", engine.trains,
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

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON instead, for scripts: the same numbers, units in their names");
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
