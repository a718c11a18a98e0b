#include "runs/cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "io/deck/workloads/kind.hpp"
#include "io/files/input_error.hpp"
#include "io/files/version.hpp"
#include "partition/partition.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/time_text.hpp"

namespace hecaton::runs {
namespace {

constexpr int most_ranks = 1'000'000;

// Everything that options write to while they are parsed.
struct Fields {
  RunArguments run;
  DryRunArguments dry_run;
  VerifyArguments verify;
  ValidateArguments validate;
  PartitionArguments partition;
  DumpDefaultArguments dump_default;
  SummaryArguments summary;
  CompareArguments compare;
  SweepArguments sweep;
  std::string trains = "on";
  std::string clocked = "on";
  std::vector<std::string> without;  // sources of lookahead
};

std::string version_text() {
  const io::BuildInfo& build = io::build_info();
  return fmt::format("hecaton {} ({}, {}, {})", build.version, build.git, build.build_type, build.compiler);
}

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

void add_ranks(CLI::App& command, int& ranks) {
  command.add_option("--ranks", ranks, "Ranks of the run that is meant")
      ->check(CLI::Range(1, most_ranks))
      ->capture_default_str()
      ->type_name("N");
}

void add_engine_switches(CLI::App& command, Fields& fields) {
  add_choice(command, "--trains", fields.trains, {"on", "off"},
             "Let one event stand for a train of packets; results are the same");
  command
      .add_option(
          "--lookahead-without", fields.without,
          "Leave out a source of lookahead, to see what it is worth; results are the same (repeatable)")
      ->check(CLI::IsMember(
          {"latency", "router", "distance", "interface", "messages", "serialisation", "programs"}))
      ->allow_extra_args(false)
      ->type_name("SOURCE");
}

void add_time(CLI::App& command, const std::string& name, std::int64_t& field, const std::string& text) {
  const auto take = [&field, name](const std::string& given) {
    const auto time = picoseconds_of(given);
    if (!time) throw CLI::ValidationError(name, given + " is no time; write 10m, 1h30m, 90s or 5ms");
    field = *time;
  };
  command.add_option_function<std::string>(name, take, text)->type_name("TIME");
}

void add_halts(CLI::App& command, RunArguments& run) {
  add_time(command, "--checkpoint-every", run.checkpoint_every_ps,
           "Write a checkpoint so often, of wall time");
  add_time(command, "--checkpoint-every-simulated", run.checkpoint_every_simulated_ps,
           "Write a checkpoint so often, of simulated time");
  add_time(command, "--max-wall", run.max_wall_ps,
           "Stop with a checkpoint, and exit with 75, shortly before so much wall time has passed");
  command
      .add_option("--restart", run.restart,
                  "Go on from a checkpoint: a file, or the latest of the output folder, if there is one")
      ->type_name("latest|FILE");
}

void add_run(CLI::App& app, Fields& fields) {
  CLI::App& command = *app.add_subcommand("run", "Simulate a deck, alone or under mpirun or srun");
  RunArguments& run = fields.run;
  add_deck(command, run.input);
  command.add_option("--output", run.output, "Folder for trace.h5 and summary.json [out/<deck>]")
      ->type_name("DIR");
  command.add_option("--summary", run.summary, "Write the summary (JSON) here instead")->type_name("FILE");
  command
      .add_option("--profile", run.profile, "Write what each rank did and where its time went (JSON) here")
      ->type_name("FILE");
  add_choice(command, "--trace", run.trace, {"none", "summary", "ops"},
             "What the trace holds: no trace, counters of dies and links, also every operation");
  add_choice(command, "--sync", run.sync, {"auto", "window", "null"},
             "How ranks wait for each other: all by reductions, or neighbours by promises");
  add_engine_switches(command, fields);
  add_choice(
      command, "--clocked", fields.clocked, {"on", "off"},
      "Simulate traffic cycle by cycle where its network keeps step with one clock; results are the same");
  add_choice(command, "--progress", run.progress, {"auto", "plain", "none"}, "Progress on stderr");
  add_halts(command, run);
  command
      .add_option("--check", run.check_ranks,
                  "Only check deck, options and checkpoint, as a run on so many ranks would")
      ->check(CLI::Range(1, most_ranks))
      ->type_name("RANKS");
}

void add_cost(CLI::App& command, const std::string& name, double& field, const std::string& text) {
  constexpr double most = 1e9;
  command.add_option(name, field, text)->check(CLI::Range(0.0, most))->capture_default_str();
}

void add_dry_run(CLI::App& app, Fields& fields) {
  CLI::App& command = *app.add_subcommand(
      "dry-run", "Count what the ranks of a run would do, and predict its time, in one process");
  DryRunArguments& dry = fields.dry_run;
  add_deck(command, dry.input);
  command.add_option("--ranks", dry.ranks, "Ranks of the run that is meant")
      ->check(CLI::Range(2, most_ranks))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--json", dry.json, "Write all of it, by rank, into this file")->type_name("FILE");
  add_engine_switches(command, fields);
  io::ForecastCosts& costs = dry.costs;
  add_cost(command, "--event-ns", costs.event_ns, "Time of an event; 0: measured, by a run on this machine");
  add_cost(command, "--latency-us", costs.latency_us, "Until another rank knows (ASSUMED)");
  add_cost(command, "--message-us", costs.message_us, "Of a batch of events, at each of its ends (ASSUMED)");
  add_cost(command, "--promise-ns", costs.promise_ns, "Of renewing promises to neighbours (ASSUMED)");
  add_cost(command, "--reduction-us", costs.reduction_us, "Of one level of a reduction's tree (ASSUMED)");
  command.add_option("--bandwidth-GBps", costs.bandwidth_GBps, "Of a rank's host (ASSUMED)")
      ->check(CLI::Range(1e-6, 1e6))
      ->capture_default_str();
}

void add_checks(CLI::App& app, Fields& fields) {
  CLI::App& verify = *app.add_subcommand(
      "verify", "Follow a small training step with real numbers and compare with a dense reference");
  add_deck(verify, fields.verify.input);
  verify.add_option("--seed", fields.verify.seed, "Of the numbers")->capture_default_str();
  CLI::App& validate = *app.add_subcommand("validate", "Check a deck and print what a run of it would be");
  add_deck(validate, fields.validate.input);
  add_ranks(validate, fields.validate.ranks);
  CLI::App& partition = *app.add_subcommand("partition", "Print which rank would simulate which dies");
  add_deck(partition, fields.partition.input);
  add_ranks(partition, fields.partition.ranks);
  partition.add_option("--svg", fields.partition.svg, "Draw the regions into this file")->type_name("FILE");
}

void add_others(CLI::App& app, Fields& fields) {
  std::vector<std::string> kinds;
  for (const io::WorkloadKind& kind : io::workload_kinds()) kinds.emplace_back(kind.name);
  CLI::App& dump = *app.add_subcommand("dump-default", "Print a complete commented deck of a kind");
  dump.add_option("KIND", fields.dump_default.kind, "The workload")->required()->check(CLI::IsMember(kinds));
  CLI::App& summary = *app.add_subcommand("summary", "Print the summary of a trace");
  summary.add_option("TRACE", fields.summary.trace, "A trace (HDF5)")->required();
  summary
      .add_option("--energy", fields.summary.energy,
                  "Cost the counts of the trace by the energies of this table (TOML) instead")
      ->type_name("FILE");
  CLI::App& compare =
      *app.add_subcommand("compare", "Print summaries side by side, the first as the baseline");
  compare.add_option("FILES", fields.compare.files, "Traces (HDF5) or summaries (JSON)")
      ->required()
      ->expected(2, 9);
}

void add_sweep(CLI::App& app, Fields& fields) {
  constexpr int most_at_once = 10'000;
  CLI::App& command = *app.add_subcommand("sweep", "Run the points of a study, here or as a Slurm job array");
  SweepArguments& sweep = fields.sweep;
  command.add_option("STUDY", sweep.study, "The study (TOML): a deck and lists of values")->required();
  command.add_option("--output", sweep.output, "Folder for points and tables [out/<study>]")
      ->type_name("DIR");
  command.add_flag("--status", sweep.status, "Say how far it is and gather the table; run nothing");
  add_choice(command, "--launcher", sweep.launcher, {"mpirun", "srun"}, "What starts the ranks of a point");
  command.add_option("--at-once", sweep.at_once, "Points at a time, on this machine")
      ->check(CLI::Range(1, most_at_once))
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--slurm", sweep.slurm, "Submit the points as one job array instead");
  command
      .add_option("--points-per-task", sweep.points_per_task,
                  "Points of an array task, one after another [4, or more of many]")
      ->check(CLI::Range(1, most_at_once))
      ->type_name("N");
  command.add_option("--sbatch", sweep.sbatch, "An option for sbatch: --sbatch=--time=20:00 (repeatable)")
      ->allow_extra_args(false)
      ->type_name("OPTION");
  command.add_option("--script", sweep.script, "Submit this copy of cluster/sweep.sbatch [built in]")
      ->type_name("FILE");
}

net::LookaheadSources sources_but(const std::vector<std::string>& without) {
  const auto has = [&](std::string_view name) {
    return std::find(without.begin(), without.end(), name) == without.end();
  };
  return {has("latency"),  has("router"),        has("distance"), has("interface"),
          has("messages"), has("serialisation"), has("programs")};
}

CommandLine chosen(const CLI::App& app, Fields fields) {
  fields.run.trains = fields.dry_run.trains = fields.trains == "on";
  fields.run.clocked = fields.clocked == "on";
  fields.run.lookahead = fields.dry_run.lookahead = sources_but(fields.without);
  if (app.got_subcommand("dry-run")) return std::move(fields.dry_run);
  if (app.got_subcommand("run")) return std::move(fields.run);
  if (app.got_subcommand("verify")) return std::move(fields.verify);
  if (app.got_subcommand("validate")) return std::move(fields.validate);
  if (app.got_subcommand("partition")) return std::move(fields.partition);
  if (app.got_subcommand("dump-default")) return std::move(fields.dump_default);
  if (app.got_subcommand("summary")) return std::move(fields.summary);
  if (app.got_subcommand("sweep")) return std::move(fields.sweep);
  return std::move(fields.compare);
}

std::string help_of(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  return commands.empty() ? app.help() : commands.front()->help("hecaton");
}

std::string guess(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view near = io::nearest(word, views);
  return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) names.push_back(option->get_name());
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// An unknown word explains more than what is missing because of it.
std::string reason_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  const CLI::App& command = commands.empty() ? app : *commands.front();
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-')) {
      return fmt::format("{} is not an option{}", io::in_quotes(word), guess(word, option_names(command)));
    }
    if (commands.empty()) {
      return fmt::format("{} is not a command{}", io::in_quotes(word), guess(word, command_names(app)));
    }
  }
  return error.what();
}

Answer usage_error(const CLI::App& app, std::string_view reason) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  const std::string help = commands.empty() ? "" : " " + commands.front()->get_name();
  const io::InputError error(fmt::format("hecaton: error: {} (see \"hecaton{} --help\")", reason, help));
  return {exit_bad_input, fmt::format("{}\n", error.what())};
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  Fields fields;
  CLI::App app("Simulates the training of large language models on a package of chiplets.", "hecaton");
  app.require_subcommand(1);
  app.footer(
      "A first run:  mpirun -n 2 hecaton run quickstart.toml\n"
      "Exit codes:   0 done, 1 the run failed, 2 bad usage or bad input, 75 stopped with a checkpoint.");
  app.set_version_flag("--version", version_text());
  add_run(app, fields);
  add_dry_run(app, fields);
  add_checks(app, fields);
  add_others(app, fields);
  add_sweep(app, fields);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Answer{exit_done, help_of(app)};
  } catch (const CLI::CallForVersion&) {
    return Answer{exit_done, version_text() + "\n"};
  } catch (const CLI::ParseError& error) {
    return usage_error(app, reason_of(app, error));
  }
  return chosen(app, std::move(fields));
}

}  // namespace hecaton::runs
