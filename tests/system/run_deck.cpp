#include "tests/system/run_deck.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "core/chiplet/program/counters.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/deck/reader.hpp"
#include "io/trace/bins.hpp"
#include "runs/critical_path/find_path.hpp"
#include "runs/sampling/sampled_step.hpp"

namespace hecaton::test {

namespace {

// Every rank's rows, in the order of the ranks, on rank 0.
template <class Row>
std::vector<Row> gather_rows(const std::vector<Row>& mine, const boost::mpi::communicator& comm) {
  static_assert(std::is_trivially_copyable_v<Row>);
  const int bytes = static_cast<int>(mine.size() * sizeof(Row));
  std::vector<int> sizes(static_cast<std::size_t>(comm.size()));
  MPI_Gather(&bytes, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, comm);
  std::vector<int> starts(sizes.size());
  std::exclusive_scan(sizes.begin(), sizes.end(), starts.begin(), 0);
  const auto total = static_cast<std::size_t>(starts.back() + sizes.back());
  std::vector<Row> all(comm.rank() == 0 ? total / sizeof(Row) : 0);
  MPI_Gatherv(mine.data(), bytes, MPI_BYTE, all.data(), sizes.data(), starts.data(), MPI_BYTE, 0, comm);
  return all;
}

template <class Row>
void append(std::vector<Row>& rows, const std::vector<Row>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

struct DieRecord {
  std::uint32_t die = 0;
  std::uint64_t operations = 0;
  chiplet::DieCounters counters;
};

// Bins of rows, in the order of their keys.
template <class Row, class KeyOf>
std::vector<std::uint64_t> gather_bins(const std::vector<Row>& rows, const std::vector<io::BinCell>& cells,
                                       KeyOf&& key_of, const boost::mpi::communicator& comm) {
  struct KeyedCell {
    std::uint32_t a = 0, b = 0;
    std::uint64_t busy_ps = 0;
  };
  std::vector<KeyedCell> mine;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto [a, b] = key_of(rows[i / (cells.size() / rows.size())]);
    mine.push_back({a, b, cells[i].value});
  }
  std::vector<KeyedCell> all = gather_rows(mine, comm);
  std::stable_sort(all.begin(), all.end(), [](const KeyedCell& x, const KeyedCell& y) {
    return std::pair(x.a, x.b) < std::pair(y.a, y.b);
  });
  std::vector<std::uint64_t> busy;
  for (const KeyedCell& cell : all) busy.push_back(cell.busy_ps);
  return busy;
}

std::pair<std::uint32_t, std::uint32_t> link_key(const chiplet::LinkCounters& link) {
  return {link.from, link.to};
}
std::pair<std::uint32_t, std::uint32_t> channel_key(const chiplet::ChannelCounters& channel) {
  return {channel.io_die, channel.channel};
}

void gather_all_bins(const io::LocalRecords& local, const boost::mpi::communicator& comm, Outcome& run) {
  run.channels = gather_rows(local.channels, comm);
  std::sort(run.channels.begin(), run.channels.end(),
            [](const auto& a, const auto& b) { return channel_key(a) < channel_key(b); });
  if (local.bins.grid.count == 0) return;
  const io::FoldedBins folded = io::fold_bins(local, comm);
  run.bin_ps = folded.width_ps;
  run.link_bins = gather_bins(local.links, folded.links, link_key, comm);
  run.channel_bins = gather_bins(local.channels, folded.channels, channel_key, comm);
  const auto by_number = [](std::uint32_t number) { return std::pair(number, 0U); };
  run.router_bins = gather_bins(local.bins.nodes, folded.routers, by_number, comm);
  run.activation_bins = gather_bins(local.dies, folded.activations, by_number, comm);
  run.weight_bins = gather_bins(local.dies, folded.weights, by_number, comm);
}

// Adds the rows of a stretch to those of the ones before it; counters are of the whole run.
void gather_records(const io::LocalRecords& local, const boost::mpi::communicator& comm, Outcome& run) {
  std::vector<DieRecord> mine;
  for (std::size_t i = 0; i < local.dies.size(); ++i)
    mine.push_back({local.dies[i], local.operations_per_die[i], local.die_counters[i]});
  std::vector<DieRecord> dies = gather_rows(mine, comm);
  std::sort(dies.begin(), dies.end(), [](const auto& a, const auto& b) { return a.die < b.die; });
  run.dies.clear();
  run.die_counters.clear();
  run.operations_per_die.resize(dies.size());
  for (const DieRecord& record : dies) {
    run.operations_per_die[run.dies.size()] += record.operations;
    run.dies.push_back(record.die);
    run.die_counters.push_back(record.counters);
  }
  append(run.operations, gather_rows(local.operations, comm));
  // A die's rows stay in the order in which its rank had them.
  std::stable_sort(run.operations.begin(), run.operations.end(),
                   [](const auto& a, const auto& b) { return a.die < b.die; });
  run.links = gather_rows(local.links, comm);
  std::sort(run.links.begin(), run.links.end(),
            [](const auto& a, const auto& b) { return link_key(a) < link_key(b); });
  run.stalls = gather_rows(local.stalls, comm);
  std::sort(run.stalls.begin(), run.stalls.end(), [](const io::StallRow& a, const io::StallRow& b) {
    return std::pair(a.from, a.to) < std::pair(b.from, b.to);
  });
  append(run.messages, gather_rows(local.messages.rows, comm));
  sort_messages(run.messages);
  gather_all_bins(local, comm, run);
}

// Ranks that stand aside sleep, so that those at work have the processor.
void meet(const boost::mpi::communicator& comm) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(comm, &request);
  for (int done = 0; done == 0;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace

chiplet::DieCounters Outcome::sum() const {
  chiplet::DieCounters all;
  for (const chiplet::DieCounters& die : die_counters) all += die;
  return all;
}

void sort_messages(std::vector<io::MessageRow>& messages) {
  std::sort(messages.begin(), messages.end(), [](const io::MessageRow& a, const io::MessageRow& b) {
    return a.from != b.from ? a.from < b.from : a < b;
  });
}

io::Deck deck_of(const std::string& text) {
  return io::parse_deck(text, "test.toml");
}

bool is_root() {
  return boost::mpi::communicator().rank() == 0;
}

int world_size() {
  return boost::mpi::communicator().size();
}

Outcome run_deck(const io::Deck& deck, int ranks, const runs::RunOptions& options) {
  return run_leg(deck, ranks, options, {}, {});
}

Outcome run_leg(const io::Deck& deck, int ranks, const runs::RunOptions& given,
                const std::filesystem::path& from, const std::filesystem::path& to) {
  const boost::mpi::communicator world;
  const auto dies = static_cast<int>(deck.network.package.rows * deck.network.package.columns);
  const int used = std::min({ranks, dies, world.size()});
  meet(world);
  const boost::mpi::communicator comm = world.split(world.rank() < used ? 0 : 1);
  Outcome run;
  if (world.rank() >= used) return run;
  std::optional<io::CheckpointReader> checkpoint;
  if (!from.empty()) checkpoint.emplace(from);
  runs::RunOptions options = given;
  options.resume = checkpoint ? &*checkpoint : nullptr;
  options.record_stalls = options.record_messages = true;
  options.halts.at_halt = [&](runs::Halted& halted) {
    gather_records(halted.so_far.local, comm, run);
    if (given.halts.at_halt) return given.halts.at_halt(halted);
    io::CheckpointHead head;
    head.run = io::identity_of(deck.resolved_toml, {deck.network.trains, deck.network.clocked});
    head.halt = halted.halt.at;
    for (const io::RankAccounting& rank : halted.so_far.accounting) head.events += rank.events;
    io::write_checkpoint(to, head, halted.state, comm);
    return false;
  };
  const runs::Workload workload(deck);
  const bool is_sampled = deck.sampling.mode == io::SamplingMode::on;
  auto result = is_sampled ? runs::simulate_sampled(
                                 workload, options, [](const std::string&) {}, comm)
                           : runs::simulate(workload, options, comm);
  if (!result) return run;
  run.ended = true;
  if (given.record_waits && from.empty() && workload.programs() != nullptr)
    runs::add_critical_path(*result, workload, comm);
  run.critical_path = result->critical_path;
  run.totals = result->totals;
  run.traffic = result->traffic;
  run.critical_path_events = result->critical_path_events;
  run.accounting = result->accounting;
  run.summary = io::make_summary(deck, *result, runs::model_facts(workload), comm);
  gather_records(result->local, comm, run);
  return run;
}

}  // namespace hecaton::test
