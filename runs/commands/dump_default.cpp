// `hecaton dump-default KIND`: prints a deck of this kind of workload, complete and commented.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/commands/commands.hpp"

namespace hecaton::runs {
namespace {

int print_default(const std::string& wanted) {
  fmt::print("{}", io::dump_default(*io::find_workload_kind(wanted)));
  return exit_done;
}

Action add_dump_default_options(CLI::App& command) {
  const auto kind = std::make_shared<std::string>();
  std::vector<std::string> kinds;
  for (const io::WorkloadKind& each : io::workload_kinds()) kinds.emplace_back(each.name);
  command.add_option("KIND", *kind, "The workload")->required()->check(CLI::IsMember(kinds));
  return [kind](const Session&) { return print_default(*kind); };
}

}  // namespace

const Command dump_default_command{.name = "dump-default",
                                   .summary = "Print a complete commented deck of a kind",
                                   .add_options = add_dump_default_options};

}  // namespace hecaton::runs
