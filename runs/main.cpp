// The program `hecaton`: one of the commands runs.
#include <fmt/format.h>

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <variant>

#include "io/report/message.hpp"
#include "io/result/provenance.hpp"
#include "runs/checkpoints/signals.hpp"
#include "runs/cli/command_line.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/launcher.hpp"
#include "runs/cli/out_of_memory.hpp"
#include "runs/cli/standard_streams.hpp"
#include "runs/commands/table.hpp"

namespace {

using namespace hecaton;

// Of many ranks only one prints it.
int print_usage(const runs::UsageText& usage, const boost::mpi::communicator* world) {
  if (world != nullptr && world->rank() != 0) return usage.code;
  std::FILE* stream = usage.code == runs::exit_done ? stdout : stderr;
  fmt::print(stream, "{}", usage.text);
  std::fflush(stream);
  return usage.code;
}

}  // namespace

int main(int argc, char** argv) {
  // A batch system may send signals as soon as the job starts.
  runs::BlockedSignals blocked;
  runs::open_standard_streams();
  runs::hear_of_children();
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const runs::Command* command = runs::find_command(runs::all_commands, arguments);
  const bool on_ranks = command != nullptr && runs::runs_on_ranks(*command, arguments);
  engine::Requests requests;
  std::optional<runs::SignalHandlers> signals;
  if (on_ranks && command->hears_signals) {
    signals.emplace(requests);
  } else {
    blocked.restore();
  }
  // MPI is started only for commands that run on ranks, and before their options are looked at, so that of many
  // ranks only one complains.
  std::optional<boost::mpi::environment> environment;
  std::optional<boost::mpi::communicator> world;
  if (on_ranks) {
    runs::provide_home();
    environment.emplace(argc, argv, /*abort_on_exception=*/false);
    world.emplace();
    if (runs::is_lost_task(world->size())) return runs::exit_bad_input;
  }
  try {
    const runs::Session session{io::join_command_line(arguments), requests, world ? &*world : nullptr};
    const auto parsed = runs::parse_command_line(runs::all_commands, arguments);
    const auto* usage = std::get_if<runs::UsageText>(&parsed);
    const int code = usage ? print_usage(*usage, session.world) : std::get<runs::Action>(parsed)(session);
    return runs::everything_printed() ? code : runs::exit_failed;
  } catch (const std::bad_alloc& failure) {
    io::print_error(runs::memory_text(failure, 0));
    return runs::exit_failed;
  } catch (const std::exception& error) {
    io::print_error(error.what());
    return runs::exit_failed;
  }
}
