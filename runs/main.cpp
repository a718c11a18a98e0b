// The program `hecaton`: parses the command line and hands over to one command.
#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string_view>

#include "io/result/provenance.hpp"
#include "runs/checkpoints/signals.hpp"
#include "runs/cli/command_line.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/commands/dry_run.hpp"
#include "runs/commands/dump_default.hpp"
#include "runs/commands/partition.hpp"
#include "runs/commands/run.hpp"
#include "runs/commands/summary.hpp"
#include "runs/commands/sweep.hpp"
#include "runs/commands/validate.hpp"
#include "runs/commands/verify.hpp"

namespace {

using namespace hecaton;

// The first word that is no option.
std::string_view command_of(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments.subspan(arguments.empty() ? 0 : 1)) {
    if (!argument.starts_with('-')) return argument;
  }
  return {};
}

// `run --check`, on a host where MPI may not start.
bool only_checks(std::span<const char* const> arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const std::string_view argument) {
    return argument == "--check" || argument.starts_with("--check=");
  });
}

struct Dispatch {
  std::string command_line;
  engine::Requests& requests;
  const boost::mpi::communicator* world;  // null unless something is simulated on ranks

  int operator()(const runs::Answer& answer) const {
    if (world != nullptr && world->rank() != 0) return answer.code;
    std::FILE* stream = answer.code == runs::exit_done ? stdout : stderr;
    fmt::print(stream, "{}", answer.text);
    std::fflush(stream);
    return answer.code;
  }
  int operator()(const runs::RunArguments& arguments) const {
    return world == nullptr ? runs::check_run(arguments)
                            : runs::run_deck(arguments, command_line, requests, *world);
  }
  int operator()(const runs::VerifyArguments& arguments) const {
    return runs::verify_deck(arguments, *world);
  }
  int operator()(const runs::DryRunArguments& arguments) const { return runs::play_dry_run(arguments); }
  int operator()(const runs::ValidateArguments& arguments) const { return runs::validate_deck(arguments); }
  int operator()(const runs::PartitionArguments& arguments) const { return runs::print_partition(arguments); }
  int operator()(const runs::DumpDefaultArguments& arguments) const { return runs::print_default(arguments); }
  int operator()(const runs::SummaryArguments& arguments) const { return runs::print_summary(arguments); }
  int operator()(const runs::CompareArguments& arguments) const { return runs::print_comparison(arguments); }
  int operator()(const runs::SweepArguments& arguments) const { return runs::sweep_study(arguments); }
};

// A full disk behind a redirected stdout must not pass for success.
bool everything_printed() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  fmt::print(stderr, "hecaton: error: standard output could not be written\n");
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const std::string_view command = command_of(arguments);
  // Signals are heard before anything takes time: a batch system may send them as soon as the job starts.
  engine::Requests requests;
  std::optional<runs::Signals> signals;
  const bool on_ranks = command == "run" && !only_checks(arguments);
  if (on_ranks) signals.emplace(requests);
  // MPI is started for two commands alone, and before the command line is looked at, so that of many ranks
  // only one complains.
  std::optional<boost::mpi::environment> environment;
  std::optional<boost::mpi::communicator> world;
  if (on_ranks || command == "verify") {
    environment.emplace(argc, argv, /*abort_on_exception=*/false);
    world.emplace();
  }
  try {
    const Dispatch dispatch{io::join_command_line(arguments), requests, world ? &*world : nullptr};
    const int code = std::visit(dispatch, runs::parse_command_line(argc, argv));
    return everything_printed() ? code : runs::exit_failed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "hecaton: error: {}\n", error.what());
    return runs::exit_failed;
  }
}
