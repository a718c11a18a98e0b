#include "tests/io/trace/synthetic.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <cstdlib>
#include <stdexcept>

#include "io/trace/trace.hpp"

namespace synthetic {

using namespace hecaton;

std::vector<NamedOwner> owners() {
  return {{"strips", [](std::uint32_t die,
                        int ranks) { return static_cast<int>(die) * ranks / static_cast<int>(dies); }},
          {"blocks",
           [](std::uint32_t die, int ranks) {
             const bool south = die / columns >= rows / 2;
             const bool east = die % columns >= columns / 2;
             return ((south ? 2 : 0) + (east ? 1 : 0)) % ranks;
           }},
          {"scattered", [](std::uint32_t die,
                           int ranks) { return static_cast<int>(hash(die) % static_cast<unsigned>(ranks)); }},
          {"all on the last rank", [](std::uint32_t, int ranks) { return ranks - 1; }}};
}

std::uint64_t hash(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a * 0x9e3779b97f4a7c15U + b * 0xbf58476d1ce4e5b9U + 0x94d049bb133111ebU;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

namespace {

// Gives every field a value that follows from `key`; counts stay below 1e9.
template <class Row>
void fill(Row& row, std::uint64_t key) {
  std::uint64_t which = 0;
  visit_fields(row, [&](const char*, auto& value) {
    using Content = std::decay_t<decltype(value)>;
    const std::uint64_t any = hash(key, ++which) % 1'000'000'000U;
    if constexpr (HasNames<Content>)
      value = values_of<Content>()[any % values_of<Content>().size()];
    else
      value = static_cast<Content>(any);
  });
}

}  // namespace

chiplet::DieCounters counters_of(std::uint32_t die) {
  chiplet::DieCounters c;
  std::uint64_t which = 0;
  visit_fields(c,
               [&](const char*, std::uint64_t& value) { value = hash(die, ++which) % 1'000'000'000'000U; });
  c.finished_ps = static_cast<std::uint64_t>(simulated_ps) - die;
  return c;
}

std::vector<chiplet::OperationRow> operations_of(std::uint32_t die) {
  const std::uint64_t count = hash(die, 99) % 5;  // some dies have none
  std::vector<chiplet::OperationRow> operations;
  for (std::uint64_t i = 0; i < count; ++i) {
    chiplet::OperationRow row;
    fill(row, die * 1000 + i);
    row.die = die;
    row.layer = static_cast<std::int16_t>(static_cast<int>(i) - 1);
    row.minibatch = static_cast<std::int32_t>(i) - 1;
    row.start_ps = static_cast<std::int64_t>(i * 1000 + die);
    row.end_ps = row.start_ps + 10;
    operations.push_back(row);
  }
  return operations;
}

namespace {

bool is_edge(std::uint32_t die) {
  const std::uint32_t row = die / columns;
  const std::uint32_t column = die % columns;
  return row == 0 || column == 0 || row == rows - 1 || column == columns - 1;
}

std::vector<std::uint32_t> edge_dies() {
  std::vector<std::uint32_t> edge;
  for (std::uint32_t die = 0; die < dies; ++die) {
    if (is_edge(die)) edge.push_back(die);
  }
  return edge;
}

bool are_linked(std::uint32_t from, std::uint32_t to) {
  if (from >= dies || to >= dies) {
    return (from >= dies) != (to >= dies) && die_of_node(from) == die_of_node(to);
  }
  const auto apart = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; };
  return apart(from / columns, to / columns) + apart(from % columns, to % columns) == 1;
}

}  // namespace

std::uint32_t die_of_node(std::uint32_t node) {
  return node < dies ? node : edge_dies().at(node - dies);
}

std::vector<chiplet::LinkCounters> links() {
  std::vector<chiplet::LinkCounters> all;
  for (std::uint32_t from = 0; from < dies + io_dies; ++from) {
    for (std::uint32_t to = 0; to < dies + io_dies; ++to) {
      if (!are_linked(from, to)) continue;
      chiplet::LinkCounters& link = all.emplace_back();
      const std::uint64_t key = from * 1000 + to;
      fill(link, key);
      link.from = from;
      link.to = to;
      link.busy_ps = hash(key, 1) % static_cast<std::uint64_t>(simulated_ps);  // check_link_map.py knows it
    }
  }
  return all;
}

io::StallRow stalls_of(const chiplet::LinkCounters& link) {
  io::StallRow row;
  fill(row, link.from * 1000 + link.to);
  row.from = link.from;
  row.to = link.to;
  return row;
}

std::vector<io::MessageRow> messages_of(std::uint32_t node) {
  std::vector<io::MessageRow> all(hash(node, 7) % 4);
  for (std::size_t i = 0; i < all.size(); ++i) {
    fill(all[i], node * 100 + i);
    all[i].from = node;
    all[i].arrived_ps += all[i].handed_over_ps;
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::int64_t busy_from(const chiplet::LinkCounters& link) {
  const auto most = static_cast<std::uint64_t>(simulated_ps) - link.busy_ps;
  return static_cast<std::int64_t>(hash(link.from, link.to) % most);
}

std::vector<chiplet::ChannelCounters> channels() {
  std::vector<chiplet::ChannelCounters> all;
  for (std::uint32_t io_die = dies; io_die < dies + io_dies; ++io_die)
    for (std::uint32_t channel = 0; channel <= io_die % 2; ++channel)
      all.push_back({io_die, channel, hash(io_die, channel) % static_cast<std::uint64_t>(simulated_ps)});
  return all;
}

io::Deck deck() {
  io::Deck deck;
  deck.name = "synthetic";
  deck.resolved_toml = "[workload]\nkind = \"training\"  # caf\xc3\xa9\n";
  deck.network.package.rows = rows;
  deck.network.package.columns = columns;
  return deck;
}

io::RunResult result(const Owner& owner, int rank, int ranks) {
  io::RunResult result;
  io::LocalRecords& local = result.local;
  for (std::uint32_t die = 0; die < dies; ++die) {
    if (owner(die, ranks) != rank) continue;
    const std::vector<chiplet::OperationRow> operations = operations_of(die);
    local.dies.push_back(die);
    local.die_counters.push_back(counters_of(die));
    local.operations_per_die.push_back(operations.size());
    local.operations.insert(local.operations.end(), operations.begin(), operations.end());
  }
  local.bins.grid = {bins, {least_bin_ps}};
  local.bins.end = {simulated_ps};
  const auto busy = [&](std::int64_t from, std::uint64_t busy_ps) {
    TimeBins busy_in(local.bins.grid);
    busy_in.add({from}, {from + static_cast<std::int64_t>(busy_ps)});
    return busy_in;
  };
  local.keeps_stalls = true;
  for (const chiplet::LinkCounters& link : links()) {
    if (owner(die_of_node(link.from), ranks) != rank) continue;
    local.links.push_back(link);
    local.stalls.push_back(stalls_of(link));
    local.bins.links.push_back(busy(busy_from(link), link.busy_ps));
  }
  for (const chiplet::ChannelCounters& channel : channels()) {
    if (owner(die_of_node(channel.io_die), ranks) != rank) continue;
    local.channels.push_back(channel);
    local.bins.channels.push_back(busy(0, channel.busy_ps));
  }
  local.bins.has_die_buffers = true;
  for (const std::uint32_t die : local.dies)
    for (auto* buffers : {&local.bins.activations, &local.bins.weights}) {
      buffers->emplace_back(local.bins.grid);
      buffers->back().set({static_cast<std::int64_t>(hash(die, 11) % 1'000'000U)}, hash(die, 13) % 1000);
    }
  local.messages.are_kept = true;
  for (std::uint32_t node = 0; node < dies + io_dies; ++node) {
    if (owner(die_of_node(node), ranks) != rank) continue;
    const std::vector<io::MessageRow> messages = messages_of(node);
    local.bins.nodes.push_back(node);
    local.bins.routers.push_back(busy(node, hash(node, 12) % 1'000'000U));
    local.messages.nodes.push_back(node);
    local.messages.rows_per_node.push_back(messages.size());
    local.messages.rows.insert(local.messages.rows.end(), messages.begin(), messages.end());
  }
  find_phases(local);
  result.totals.simulated_ps = simulated_ps;
  result.totals.packets = 12'345;
  result.totals.packet_hops = 67'890;
  result.totals.flit_hops = 4'000'000;
  result.totals.digest = 0x0123456789abcdefU;
  if (rank != 0) return result;
  for (int r = 0; r < ranks; ++r) {
    io::RankAccounting accounting;
    accounting.events = 1000U + static_cast<unsigned>(r);
    accounting.windows = 77;
    accounting.computing_s = 0.25 * r;
    accounting.peak_rss_bytes = 1'000'000U * static_cast<unsigned>(r + 1);
    result.accounting.push_back(accounting);
  }
  result.wall_s = 0.5;
  return result;
}

io::ModelFacts facts() {
  return {.tokens = 16'384, .model_flops = 1'000'000'000'000'000, .algorithm = ""};
}

Scratch::Scratch(const boost::mpi::communicator& comm) : comm_(comm) {
  std::string folder;
  if (comm.rank() == 0) {
    std::string pattern = (std::filesystem::temp_directory_path() / "hecaton-trace-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
    folder = pattern;
  }
  boost::mpi::broadcast(comm, folder, 0);
  folder_ = folder;
}

Scratch::~Scratch() {
  comm_.barrier();
  std::error_code ignored;
  if (comm_.rank() == 0) std::filesystem::remove_all(folder_, ignored);
}

void write(const std::filesystem::path& path, const Owner& owner, const boost::mpi::communicator& comm) {
  const io::RunResult run = result(owner, comm.rank(), comm.size());
  const io::Summary summary = io::make_summary(deck(), run, facts(), comm);
  const io::Provenance provenance = io::collect_provenance("hecaton run synthetic.toml", "block", comm);
  io::write_trace(path, deck(), run, summary, provenance, comm);
}

}  // namespace synthetic
