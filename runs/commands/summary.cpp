// `hecaton summary TRACE`: prints the summary of a trace, with other energies if a table is named.
#include "io/result/summary.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "io/report/critical_path.hpp"
#include "io/report/quantity.hpp"
#include "io/report/table.hpp"
#include "io/trace/recost.hpp"
#include "io/trace/stretch.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"
#include "runs/commands/path_of_trace.hpp"

namespace hecaton::runs {
namespace {

struct SummaryArguments {
  std::string trace;
  std::string energy;  // file; empty: the energies of the trace's deck
  bool json = false;
};

void print_table(const io::Summary& summary, const critical::Path& path, bool is_unfinished) {
  if (is_unfinished)
    fmt::print(
        "unfinished: the run had come to {} of simulated time; operations under way then are missing\n",
        io::format_si(static_cast<double>(summary.simulated_ps) * 1e-12, "s"));
  fmt::print("{}", io::render_table(summary));
  fmt::print("{}", io::describe_path(path, summary.simulated_ps, {summary.rows, summary.columns}));
}

void print_json(const io::Summary& summary, const critical::Path& path, bool is_unfinished) {
  io::Facts facts;
  facts.add("unfinished", is_unfinished).add("summary", io::Facts::Json{io::to_json(summary)});
  if (!path.empty()) facts.add("critical_path", io::path_facts(path));
  fmt::print("{}", facts.to_json());
}

int print_summary(const SummaryArguments& arguments) {
  return guarded([&] {
    const io::Summary summary = arguments.energy.empty()
                                    ? io::read_summary(arguments.trace)
                                    : io::read_summary_at(arguments.trace, arguments.energy);
    warn_of_mixed_results({&arguments.trace, 1});
    const critical::Path path = path_of_trace(arguments.trace);
    const bool is_unfinished = io::is_unfinished(arguments.trace);
    arguments.json ? print_json(summary, path, is_unfinished) : print_table(summary, path, is_unfinished);
  });
}

Action add_summary_options(CLI::App& command) {
  const auto arguments = std::make_shared<SummaryArguments>();
  command.add_option("TRACE", arguments->trace, "A trace (HDF5)")->required();
  command
      .add_option("--energy", arguments->energy,
                  "Cost the counts of the trace by the energies of this table (TOML) instead")
      ->type_name("FILE");
  add_json(command, arguments->json);
  return [arguments](const Session&) { return print_summary(*arguments); };
}

}  // namespace

const Command summary_command{
    .name = "summary", .summary = "Print the summary of a trace", .add_options = add_summary_options};

}  // namespace hecaton::runs
