#include "runs/simulation.hpp"

#include <sys/resource.h>

#include <chrono>

#include "core/engine/engine.hpp"
#include "core/engine/mpi_channels.hpp"
#include "core/engine/mpi_transport.hpp"
#include "core/engine/null_sync.hpp"
#include "core/engine/shared_channels.hpp"
#include "runs/collect.hpp"
#include "runs/load.hpp"
#include "runs/workload.hpp"

namespace hecaton::runs {

namespace {

std::uint64_t rows_expected(const Workload& workload, const Model& model) {
  std::uint64_t rows = 0;
  for (const Model::Node& node : model.nodes()) {
    if (workload.topology().is_io(node.id) || workload.traffic()) continue;
    const chiplet::DieSetup setup = workload.die_setup(node.id);
    rows +=
        chiplet::count_program(*setup.program, {setup.rings, setup.lines}, setup.timings, setup.dram).rows;
  }
  return rows;
}

std::uint64_t rows_done(const Model& model) {
  std::uint64_t rows = 0;
  for (const Model::Node& node : model.nodes())
    if (const auto* die = std::get_if<DieNode>(&node.endpoint.node)) rows += die->die.rows();
  return rows;
}

// Calls options.progress about four times a second; counting the work done is left for then.
class Heartbeat {
 public:
  Heartbeat(const Workload& workload, const Model& model, const RunOptions& options)
      : workload_(workload), model_(model), options_(options), expected_(rows_expected(workload, model)) {}

  void operator()(SimTime now, std::uint64_t events) {
    const auto wall = std::chrono::steady_clock::now();
    if (wall - last_ < std::chrono::milliseconds(250)) return;
    last_ = wall;
    options_.progress({static_cast<double>(now.ps) * 1e-12, events, fraction(now)});
  }

 private:
  double fraction(SimTime now) const {
    if (workload_.traffic()) {
      const auto end =
          static_cast<double>(workload_.traffic()->inject_until() * model_.fabric().timing.cycle);
      return std::min(1.0, static_cast<double>(now.ps) / end);
    }
    return expected_ == 0 ? -1.0 : static_cast<double>(rows_done(model_)) / static_cast<double>(expected_);
  }

  const Workload& workload_;
  const Model& model_;
  const RunOptions& options_;
  std::uint64_t expected_;
  std::chrono::steady_clock::time_point last_{};
};

template <class Synchroniser>
engine::Accounting run_engine(const Workload& workload, Model& model, Synchroniser&& synchroniser,
                              const RunOptions& options) {
  std::function<void(SimTime, std::uint64_t)> heartbeat;
  if (options.progress)
    heartbeat = [beat = std::make_shared<Heartbeat>(workload, model, options)](
                    SimTime now, std::uint64_t events) { (*beat)(now, events); };
  engine::Engine<Model, std::remove_cvref_t<Synchroniser>> engine(model, synchroniser, heartbeat);
  engine.run();
  return engine.accounting();
}

// Promises through shared memory are so cheap that nothing else is worth while on one host; between hosts,
// one reduction costs less than many null messages.
std::string choose_sync(const std::string& asked, const boost::mpi::communicator& world) {
  if (world.size() == 1) return "none";
  if (asked != "auto") return asked;
  return engine::SharedMemory::possible(world) ? "null" : "window";
}

engine::Accounting run_synchronised(const Workload& workload, Model& model, const RunOptions& options,
                                    const std::string& sync, const boost::mpi::communicator& world) {
  if (sync == "none") return run_engine(workload, model, engine::Alone{}, options);
  if (sync == "window") {
    engine::MpiTransport<net::Payload> transport(world);
    return run_engine(workload, model, engine::WindowSync(transport), options);
  }
  if (options.shared_memory && engine::SharedMemory::possible(world)) {
    engine::SharedChannels<net::Payload> channels(world, model.neighbours());
    return run_engine(workload, model, engine::NullSync(channels), options);
  }
  engine::MpiChannels<net::Payload> channels(world, model.neighbours());
  return run_engine(workload, model, engine::NullSync(channels), options);
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::vector<io::RankAccounting> gather(const engine::Accounting& mine,
                                       const boost::mpi::communicator& world) {
  const io::RankAccounting own{mine.events,       mine.windows,      mine.stretches,  mine.null_messages,
                               mine.batches_sent, mine.records_sent, mine.bytes_sent, mine.computing_s,
                               mine.waiting_s,    mine.exchanging_s, peak_rss_bytes()};
  static_assert(std::is_trivially_copyable_v<io::RankAccounting>);
  std::vector<io::RankAccounting> all(world.rank() == 0 ? static_cast<std::size_t>(world.size()) : 0);
  MPI_Gather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, 0, world);
  return all;
}

}  // namespace

io::RunResult simulate(const io::Deck& deck, const RunOptions& options,
                       const boost::mpi::communicator& world) {
  const auto start = std::chrono::steady_clock::now();
  const Workload workload(deck);
  net::Fabric fabric(network_of(deck), workload.has_io());
  const auto ranks = static_cast<std::uint32_t>(world.size());
  const auto partition = regions_of(workload, deck, options.partition, ranks);
  const RankId self{static_cast<std::uint32_t>(world.rank())};
  Model model(fabric, partition.owner, self,
              [&](NodeId node) { return make_endpoint(workload, options.record_operations, node); });
  fabric.least_hop = SimDuration{fabric.timing.lookahead(workload.uses_bypass())};
  model.set_borders(partition.owner, options.lookahead);

  const std::string sync = choose_sync(options.sync, world);
  const engine::Accounting accounting = run_synchronised(workload, model, options, sync, world);
  require_finished(model, world);

  io::RunResult result;
  result.local = take_records(model);
  result.totals = sum_up(model, result.local, world);
  if (workload.traffic()) result.traffic = traffic_result(model, world);
  result.accounting = gather(accounting, world);
  result.critical_path_events = critical_path(model, world);
  result.sync = sync;
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

io::ModelFacts model_facts(const io::Deck& deck) {
  const Workload workload(deck);
  return {workload.plan().tokens, workload.plan().model_flops, workload.algorithm()};
}

}  // namespace hecaton::runs
