// The program `hecaton-phold`: the engine without packages and networks, on any number of ranks.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <chrono>
#include <exception>
#include <limits>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/channels.hpp"
#include "core/engine/mpi/shared_channels.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/null_sync.hpp"
#include "core/engine/sync/sync_kind.hpp"
#include "core/engine/sync/window_sync.hpp"
#include "runs/cli/choice.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/number.hpp"
#include "runs/phold/bare_loop.hpp"
#include "runs/phold/model.hpp"

namespace {

using namespace hecaton;

struct Arguments {
  phold::Config config;
  engine::SyncKind sync = engine::SyncKind::automatic;
  bool json = false;
};

struct Result {
  engine::SyncKind sync = engine::SyncKind::none;
  engine::Accounting mine;
  std::uint64_t events = 0;  // of all ranks
  std::uint64_t digest = 0;
  double wall_s = 0.0;
  double waiting_share = 0.0;  // mean over ranks
  double bare_events_per_s = 0.0;
};

template <class Synchroniser>
engine::Accounting run_with(phold::Model& model, Synchroniser&& synchroniser) {
  engine::Engine<phold::Model, std::remove_cvref_t<Synchroniser>> engine(model, synchroniser);
  engine.run();
  return engine.accounting();
}

engine::Accounting run_synchronised(phold::Model& model, engine::SyncKind sync,
                                    const boost::mpi::communicator& world) {
  using Payload = phold::Model::Payload;
  if (sync == engine::SyncKind::none) return run_with(model, engine::Alone{});
  if (sync == engine::SyncKind::window) {
    engine::MpiTransport<Payload> transport(world);
    return run_with(model, engine::WindowSync(transport));
  }
  if (engine::SharedMemory::possible(world)) {
    using Channels = engine::SharedChannels<Payload>;
    auto memory = engine::SharedMemory::allocate(world, Channels::bytes(model.neighbours().size()));
    if (!memory) throw std::runtime_error("the ranks did not get the shared memory that they need");
    Channels channels(world, model.neighbours(), std::move(*memory));
    return run_with(model, engine::NullSync(channels));
  }
  engine::MpiChannels<Payload> channels(world, model.neighbours());
  return run_with(model, engine::NullSync(channels));
}

Result measure(const Arguments& arguments, const boost::mpi::communicator& world) {
  const auto ranks = static_cast<std::uint32_t>(world.size());
  phold::Model model(arguments.config, ranks, static_cast<std::uint32_t>(world.rank()));
  Result result;
  result.sync = engine::sync_of(arguments.sync, world.size(), engine::SharedMemory::possible(world));
  world.barrier();
  const auto start = std::chrono::steady_clock::now();
  result.mine = run_synchronised(model, result.sync, world);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  boost::mpi::all_reduce(world, model.events(), result.events, std::plus<std::uint64_t>());
  boost::mpi::all_reduce(world, model.digest(), result.digest, std::plus<std::uint64_t>());
  const double waiting = result.mine.waiting_s / result.wall_s / ranks;
  boost::mpi::all_reduce(world, waiting, result.waiting_share, std::plus<double>());
  constexpr std::uint64_t most_pops = 20'000'000;
  result.bare_events_per_s =
      phold::bare_loop(arguments.config, ranks, std::clamp<std::uint64_t>(result.events, 1, most_pops));
  return result;
}

void print(const Arguments& arguments, const Result& result, int ranks) {
  const double rate = static_cast<double>(result.events) / result.wall_s;
  const double per_rank = rate / ranks / result.bare_events_per_s;
  if (arguments.json) {
    fmt::print(
        "{{\"ranks\": {}, \"sync\": \"{}\", \"components\": {}, \"events_per_component\": {}, "
        "\"net_events\": {}, \"digest\": \"{:016x}\", \"wall_s\": {:.6f}, \"events_per_s\": {:.0f}, "
        "\"bare_queue_events_per_s\": {:.0f}, \"share_of_bare_queue_per_rank\": {:.4f}, "
        "\"agreements\": {}, \"null_messages\": {}, \"batches\": {}, \"waiting_share\": {:.4f}}}\n",
        ranks, name_of(result.sync), arguments.config.components, arguments.config.events_per_component,
        result.events, result.digest, result.wall_s, rate, result.bare_events_per_s, per_rank,
        result.mine.windows, result.mine.null_messages, result.mine.batches_sent, result.waiting_share);
    return;
  }
  fmt::print("net events          {} (digest {:016x})\n", result.events, result.digest);
  fmt::print("wall time           {:.3f} s on {} ranks, sync {}\n", result.wall_s, ranks,
             name_of(result.sync));
  fmt::print("events per second   {:.2f} M\n", rate * 1e-6);
  fmt::print("bare queue loop     {:.2f} M per rank; the engine reaches {:.0f} % of it on each\n",
             result.bare_events_per_s * 1e-6, per_rank * 100);
  fmt::print("rank 0              {} agreements, {} null messages, {} batches\n", result.mine.windows,
             result.mine.null_messages, result.mine.batches_sent);
  fmt::print("waiting             {:.1f} % of the time, mean over ranks\n", result.waiting_share * 100);
}

// A duration on the command line, in nanoseconds.
void add_ns(CLI::App& app, const std::string& name, double& value, const std::string& text) {
  runs::add_number(app, name, value, 0, 1e12, text);
}

int run(int argc, char** argv, const boost::mpi::communicator& world) {
  Arguments arguments;
  double lookahead_ns = 100.0;
  double mean_delay_ns = 900.0;
  double until_ns = 1e6;
  CLI::App app("PHOLD: the engine alone, as fast as it goes. Times are in nanoseconds of simulated time.",
               "hecaton-phold");
  runs::add_number(app, "--lps", arguments.config.components, 1, 1u << 28, "components");
  runs::add_number(app, "--events-per-lp", arguments.config.events_per_component, 0, 1u << 20,
                   "events that each starts with");
  runs::add_number(app, "--remote", arguments.config.remote, 0, 1,
                   "share of events that go to a uniformly chosen component, the others to their own");
  add_ns(app, "--lookahead", lookahead_ns, "least delay of an event, ns");
  add_ns(app, "--mean-delay", mean_delay_ns, "mean of the exponential delay on top of it, ns");
  add_ns(app, "--until", until_ns, "events at or after this time are not sent, ns");
  runs::add_number(app, "--seed", arguments.config.seed, 0, std::numeric_limits<std::uint64_t>::max(),
                   "of all random numbers");
  runs::add_choice(app, "--sync", arguments.sync, runs::sync_choices, "how ranks wait for each other");
  app.add_flag("--json", arguments.json, "print the result as JSON");
  try {
    app.parse(argc, argv);
    arguments.config.lookahead = from_nanoseconds(lookahead_ns);
    arguments.config.mean_delay = from_nanoseconds(mean_delay_ns);
    arguments.config.until = SimTime{} + from_nanoseconds(until_ns);
    if (arguments.config.lookahead + arguments.config.mean_delay <= SimDuration{})
      throw CLI::ValidationError("--mean-delay", "and --lookahead are both 0, so time would not pass");
    if (world.size() > 1 && arguments.config.lookahead <= SimDuration{})
      throw CLI::ValidationError("--lookahead", "is 0, but several ranks need some; give at least 0.001 ns");
  } catch (const CLI::ParseError& error) {
    if (world.rank() != 0) return error.get_exit_code() == 0 ? runs::exit_done : runs::exit_bad_input;
    return app.exit(error) == 0 ? runs::exit_done : runs::exit_bad_input;
  }
  const Result result = measure(arguments, world);
  if (world.rank() == 0) print(arguments, result, world.size());
  return runs::exit_done;
}

}  // namespace

int main(int argc, char** argv) {
  const boost::mpi::environment environment(argc, argv, false);
  const boost::mpi::communicator world;
  try {
    return run(argc, argv, world);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hecaton-phold: rank {}: {}\n", world.rank(), error.what());
    boost::mpi::environment::abort(runs::exit_failed);
  }
}
