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
#include "runs/commands/commands.hpp"
#include "runs/commands/mixed_results.hpp"
#include "runs/commands/path_of_trace.hpp"

namespace hecaton::runs {
namespace {

struct SummaryArguments {
  std::string trace;
  std::string energy;  // file; empty: the energies of the trace's deck
};

int print_summary(const SummaryArguments& arguments) {
  return guarded([&] {
    const io::Summary summary = arguments.energy.empty()
                                    ? io::read_summary(arguments.trace)
                                    : io::read_summary_at(arguments.trace, arguments.energy);
    warn_of_mixed_results({&arguments.trace, 1});
    if (io::is_unfinished(arguments.trace))
      fmt::print(
          "unfinished: the run had come to {} of simulated time; operations under way then are missing\n",
          io::format_si(static_cast<double>(summary.simulated_ps) * 1e-12, "s"));
    fmt::print("{}", io::render_table(summary));
    fmt::print("{}", io::describe_path(path_of_trace(arguments.trace), summary.simulated_ps,
                                       {summary.rows, summary.columns}));
  });
}

Action add_options(CLI::App& command) {
  const auto arguments = std::make_shared<SummaryArguments>();
  command.add_option("TRACE", arguments->trace, "A trace (HDF5)")->required();
  command
      .add_option("--energy", arguments->energy,
                  "Cost the counts of the trace by the energies of this table (TOML) instead")
      ->type_name("FILE");
  return [arguments](const Session&) { return print_summary(*arguments); };
}

}  // namespace

const Command summary_command{
    .name = "summary", .summary = "Print the summary of a trace", .add_options = add_options};

}  // namespace hecaton::runs
