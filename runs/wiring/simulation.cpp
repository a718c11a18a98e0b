#include "runs/wiring/simulation.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <chrono>
#include <functional>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/channels.hpp"
#include "core/engine/mpi/shared_channels.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/null_sync.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/report/message.hpp"
#include "runs/wiring/expected_load.hpp"
#include "runs/wiring/heartbeat.hpp"
#include "runs/wiring/lookahead.hpp"
#include "runs/wiring/node_state.hpp"
#include "runs/wiring/results.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

namespace {

// 0: the system does not say.
std::uint64_t peak_rss_bytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::vector<io::RankAccounting> gather(const engine::Accounting& mine,
                                       const boost::mpi::communicator& world) {
  const io::RankAccounting own{.events = mine.events,
                               .windows = mine.windows,
                               .stretches = mine.stretches,
                               .events_ahead = mine.events_ahead,
                               .null_messages = mine.null_messages,
                               .batches_sent = mine.batches_sent,
                               .records_sent = mine.records_sent,
                               .bytes_sent = mine.bytes_sent,
                               .computing_s = mine.computing_s,
                               .waiting_s = mine.waiting_s,
                               .exchanging_s = mine.exchanging_s,
                               .peak_rss_bytes = peak_rss_bytes()};
  static_assert(std::is_trivially_copyable_v<io::RankAccounting>);
  std::vector<io::RankAccounting> all(world.rank() == 0 ? static_cast<std::size_t>(world.size()) : 0);
  BOOST_MPI_CHECK_RESULT(MPI_Gather,
                         (&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, 0, world));
  return all;
}

// One run: what its parts share.
template <class AnyModel>
struct Run {
  const Workload& workload;
  AnyModel& model;
  const RunOptions& options;
  engine::SyncKind sync;
  const boost::mpi::communicator& world;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

// Collective: rows of messages that have arrived since the last halt.
template <class AnyModel>
io::LocalMessages messages_of(const Run<AnyModel>& run) {
  const std::vector<NodeLog> logs = message_logs(run.model);
  const net::NetworkConfig network = network_of(run.workload.deck());
  return take_messages(
      logs, {network, run.workload.has_io(), [&](NodeId node) { return run.model.owner(node); }}, run.world);
}

// Collective: what has come of the run so far; moves the operation rows out of the model. The events before a
// checkpoint that it went on from count as rank 0's.
template <class AnyModel>
io::RunResult result_of(const Run<AnyModel>& run, engine::Accounting accounting) {
  io::RunResult result;
  result.local = take_records(run.model);
  const std::vector<NodeOutcome> nodes = outcomes(run.model);
  const net::Fabric& fabric = run.model.fabric();
  result.totals = sum_up(nodes, result.local, fabric.topology.nodes(), run.world);
  result.local.bins.end = {result.totals.simulated_ps};
  result.local.bins.has_die_buffers = run.workload.programs() != nullptr;
  complete_stalls(result.local.stalls, result.totals.simulated_ps);
  if (fabric.messages) result.local.messages = messages_of(run);
  if (run.workload.traffic() != nullptr) result.traffic = traffic_result(nodes, fabric, run.world);
  if (run.options.resume != nullptr && run.world.rank() == 0)
    accounting.events += result.events_before = run.options.resume->head().events;
  result.accounting = gather(accounting, run.world);
  result.critical_path_events = critical_path(nodes, run.world);
  result.sync = name_of(run.sync);
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - run.start).count();
  return result;
}

// Nobody else looks at what is asked of nobody.
engine::Requests& requests_of(const HaltPlan& plan, engine::Requests& none) {
  return plan.requests != nullptr ? *plan.requests : none;
}

SimTime next_halt(SimTime last, SimDuration every) {
  if (every == SimDuration{}) return SimTime::never();
  return SimTime{(last.ps / every.ps + 1) * every.ps};
}

// From the beginning, or from a checkpoint, to the end, halting as planned. False: ended at a halt.
template <class Engine, class AnyModel>
bool drive(Engine& engine, const Run<AnyModel>& run) {
  const HaltPlan& plan = run.options.halts;
  engine::Requests none;
  SimTime last{};
  if (run.options.resume != nullptr) {
    load_state(*run.options.resume, run.model, engine);
    last = run.options.resume->head().halt;
  } else {
    engine.start();
  }
  for (;;) {
    const engine::Halt halt = engine.run_until(next_halt(last, plan.every), requests_of(plan, none));
    if (halt.at == SimTime::never()) return true;
    const auto since = std::chrono::steady_clock::now();
    last = halt.at;
    // First the rows: what is left of messages then belongs to the state.
    Halted halted{halt, {}, result_of(run, engine.accounting()), since};
    halted.state = save_state(run.model, engine, halt.at);
    halted.so_far.totals.simulated_ps = halt.at.ps;
    if (plan.at_halt(halted)) continue;
    engine.stop();
    return false;
  }
}

// Its accounting, or nothing if it was ended at a halt.
template <class AnyModel, class Synchroniser>
std::optional<engine::Accounting> run_engine(const Run<AnyModel>& run, Synchroniser&& synchroniser) {
  const RunOptions& options = run.options;
  std::function<void(SimTime, std::uint64_t)> heartbeat;
  if (options.progress)
    heartbeat = [beat = std::make_shared<Heartbeat<AnyModel>>(run.workload, run.model, options.progress,
                                                              options.resume != nullptr)](
                    SimTime now, std::uint64_t events) { (*beat)(now, events); };
  engine::Engine<AnyModel, std::remove_cvref_t<Synchroniser>> engine(run.model, synchroniser, heartbeat);
  if (!drive(engine, run)) return std::nullopt;
  return engine.accounting();
}

// For channels between the ranks of one host; nothing where they have to send messages.
template <class AnyModel>
std::optional<engine::SharedMemory> shared_memory(const Run<AnyModel>& run) {
  if (!run.options.shared_memory || !engine::SharedMemory::possible(run.world)) return std::nullopt;
  const std::size_t bytes = engine::SharedChannels<net::Payload>::bytes(run.model.neighbours().size());
  auto memory = engine::SharedMemory::allocate(run.world, bytes);
  const auto all = boost::mpi::all_reduce(run.world, bytes, std::plus<>());
  if (!memory && run.world.rank() == 0)
    io::print_warning(fmt::format(
        "the ranks did not get {} bytes of shared memory and send messages instead, which is slower; "
        "look how much room /dev/shm has",
        all));
  return memory;
}

template <class AnyModel>
std::optional<engine::Accounting> run_synchronised(const Run<AnyModel>& run) {
  if (run.sync == engine::SyncKind::none) return run_engine(run, engine::Alone{});
  if (run.sync == engine::SyncKind::window) {
    engine::MpiTransport<net::Payload> transport(run.world);
    return run_engine(run, engine::WindowSync(transport));
  }
  if (auto memory = shared_memory(run)) {
    engine::SharedChannels<net::Payload> channels(run.world, run.model.neighbours(), std::move(*memory));
    return run_engine(run, engine::NullSync(channels));
  }
  engine::MpiChannels<net::Payload> channels(run.world, run.model.neighbours());
  return run_engine(run, engine::NullSync(channels));
}

template <class AnyModel>
std::optional<io::RunResult> run_to_its_end(const Run<AnyModel>& run) {
  const std::optional<engine::Accounting> accounting = run_synchronised(run);
  if (!accounting) return std::nullopt;
  require_finished(run.model, run.world);
  return result_of(run, *accounting);
}

// Gives the model what programs say of messages to other ranks.
void set_message_lookahead(Model& model, const std::vector<Sends>& sends, EarliestSends& earliest_sends,
                           const net::LookaheadSources& sources) {
  std::vector<bool> sends_out;
  sends_out.reserve(sends.size());
  for (const Sends& node : sends) sends_out.push_back(node.any);
  for (Model::Node& node : model.nodes())
    if (auto* die = std::get_if<DieNode>(&node.endpoint.node))
      die->remote_sends = earliest_sends.of(node.id, sends[node.id.value]);
  model.use_messages(sends_out, sources);
}

}  // namespace

std::optional<io::RunResult> simulate(const Workload& workload, const RunOptions& options,
                                      const boost::mpi::communicator& world) {
  const auto start = std::chrono::steady_clock::now();
  const io::Deck& deck = workload.deck();
  net::NetworkConfig network = network_of(deck);
  network.bins = options.bins;
  network.stalls = options.record_stalls;
  network.messages = options.record_messages;
  const net::Fabric fabric(network, workload.has_io());
  const auto ranks = static_cast<std::uint32_t>(world.size());
  const auto partition = regions_of(workload, deck, options.partition, ranks);
  const RankId self{static_cast<std::uint32_t>(world.rank())};
  const engine::SyncKind sync =
      engine::sync_of(options.sync, world.size(), engine::SharedMemory::possible(world));
  if (is_clocked(deck)) {
    const bool link_alone = workload.uses_bypass() || !options.lookahead.router;
    const std::uint32_t packet_flits = io::kind_of(deck).packets(deck)->packet_flits;
    ClockedModel model(fabric, *workload.traffic(), packet_flits, partition.owner, self,
                       fabric.timing.lookahead(link_alone));
    return run_to_its_end(Run<ClockedModel>{workload, model, options, sync, world, start});
  }
  const Recording recording{
      .operations = options.record_operations, .waits = options.record_waits, .bins = fabric.bins};
  if (is_carried_by_links(deck)) {
    LinksModel model(fabric, partition.owner, self, net::links::all_alike(link_speed(deck)),
                     [&](NodeId node) { return make_endpoint(workload, recording, node); });
    return run_to_its_end(Run<LinksModel>{workload, model, options, sync, world, start});
  }
  Model model(fabric, partition.owner, self,
              [&](NodeId node) { return make_endpoint(workload, recording, node); });
  model.set_regions(partition.owner, bypass_links_of(workload), options.lookahead);
  EarliestSends earliest_sends(workload);
  if (ranks > 1)
    set_message_lookahead(model,
                          senders_beyond(workload, fabric, partition.owner, self, options.lookahead.programs),
                          earliest_sends, options.lookahead);
  return run_to_its_end(Run<Model>{workload, model, options, sync, world, start});
}

io::ModelFacts model_facts(const Workload& workload) {
  io::ModelFacts facts;
  if (workload.execution() != nullptr) facts.nodes = workload.execution()->survey.nodes;
  const io::Programs* programs = workload.programs();
  if (programs == nullptr) return facts;
  const training::Plan& plan = programs->plan;
  std::string padding;
  for (const training::Division& d : plan.padding)
    padding += fmt::format("{}{} {} to {}", padding.empty() ? "" : ", ", name_of(d.dimension), d.from, d.to);
  return {plan.tokens, plan.model_flops, programs->algorithm, padding, plan.padding_cost, plan.trained};
}

}  // namespace hecaton::runs
