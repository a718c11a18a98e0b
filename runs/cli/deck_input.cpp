#include "runs/cli/deck_input.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

#include "core/training/method.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/files/input_error.hpp"
#include "io/report/message.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/out_of_memory.hpp"
#include "runs/cli/shared_execution.hpp"

namespace hecaton::runs {
namespace {

void check_ranks(const io::LoadedDeck& loaded, int ranks) {
  const auto& package = loaded.deck.network.package;
  const std::uint64_t dies = std::uint64_t{package.rows} * package.columns;
  if (static_cast<std::uint64_t>(ranks) <= dies) return;
  throw io::InputError(loaded.locations.find("package.rows"), "package.rows",
                       "makes fewer dies than there are ranks",
                       fmt::format("{} dies, {} ranks; every rank simulates at least one", dies, ranks),
                       fmt::format("use at most {} ranks", dies));
}

CheckedDeck checked(io::LoadedDeck loaded, int ranks, const std::string& partition) {
  check_ranks(loaded, ranks);
  std::shared_ptr<const PlannedDeck> planned;
  Preview seen;
  require_plan(loaded, [&] {
    planned = std::make_shared<const PlannedDeck>(loaded.deck);
    seen = preview(planned->workload, ranks, partition);
  });
  return {std::move(loaded), std::move(planned), std::move(seen)};
}

io::InputError input_error(const io::LoadedDeck& loaded, const training::PlanError& error) {
  return {loaded.locations.find(error.table_key), error.table_key, error.problem, error.why,
          error.suggestion};
}

}  // namespace

void require_plan(const io::LoadedDeck& loaded, const std::function<void()>& check) {
  try {
    check();
  } catch (const training::PlanError& error) {
    io::InputError all = input_error(loaded, error);
    for (const training::PlanError& other : error.others) all.add(input_error(loaded, other));
    throw all;
  } catch (const std::overflow_error& error) {
    constexpr const char* key = "workload.kind";
    throw io::InputError(loaded.locations.find(key), key, "makes a run too large to be counted", error.what(),
                         "make it smaller, or the package faster");
  }
}

SharedDeck share_deck(const boost::mpi::communicator& world, const std::function<CheckedDeck()>& check) {
  SharedDeck shared;
  if (world.rank() == 0) {
    shared.code = guarded([&] {
      const CheckedDeck checked = check();
      shared.name = checked.loaded.deck.name;
      shared.text = checked.loaded.deck.resolved_toml;
      shared.memory_bytes_per_rank = checked.preview.estimate.memory_bytes_per_rank;
      if (const io::Execution* work = checked.planned->workload.execution()) shared.execution = *work;
    });
  }
  boost::mpi::broadcast(world, shared.code, 0);
  boost::mpi::broadcast(world, shared.name, 0);
  boost::mpi::broadcast(world, shared.text, 0);
  boost::mpi::broadcast(world, shared.memory_bytes_per_rank, 0);
  share_execution(shared.execution, world);
  return shared;
}

int end_all(const boost::mpi::communicator& world, std::string_view reason) {
  io::print_error(world.size() > 1 ? fmt::format("rank {}: {}", world.rank(), reason) : std::string(reason));
  if (world.size() > 1) static_cast<void>(MPI_Abort(world, exit_failed));  // returns only if it fails
  return exit_failed;
}

CheckedDeck check_deck_input(const DeckArguments& input, int ranks) {
  return checked(io::load_deck(input.deck, input.overrides), ranks, input.partition);
}

std::vector<NamedFile> files_read(const DeckArguments& input, const io::LoadedDeck& loaded) {
  const io::Deck& deck = loaded.deck;
  std::vector<NamedFile> files{{"DECK", input.deck}};
  for (const auto& [key, path] : loaded.files) files.push_back({key, path});
  if (const net::TrafficConfig* packets = io::kind_of(deck).packets(deck);
      packets && !packets->trace_file.empty())
    files.push_back({"traffic.trace_file", packets->trace_file});
  return files;
}

CheckedDeck check_point(const std::filesystem::path& deck, std::span<const io::Entry> values, int ranks,
                        const std::string& partition) {
  return checked(io::load_deck_with(deck, values), ranks, partition);
}

int guarded(const std::function<void()>& command) {
  try {
    command();
    return exit_done;
  } catch (const io::InputError& error) {
    io::print_error(error.what());
    for (const std::string& other : error.others()) io::print_error(other);
    return exit_bad_input;
  } catch (const std::bad_alloc& failure) {
    io::print_error(memory_text(failure, 0));
    return exit_failed;
  } catch (const std::exception& error) {
    if (std::ferror(stdout) == 0)
      io::print_error(error.what());  // else that is the reason, and is told at the end
    return exit_failed;
  }
}

}  // namespace hecaton::runs
