#include "io/trace/rows.hpp"

#include <stdexcept>

namespace hecaton::io {
std::vector<DieRow> die_rows(const Deck& deck, const RunResult& result, const net::Topology& topology,
                             const boost::mpi::communicator& comm) {
  const LocalRecords& local = result.local;
  if (local.dies.size() != local.die_counters.size()) {
    throw std::logic_error("trace: a rank has not one set of counters per die");
  }
  const chiplet::EnergyTable table = energy_table_of(deck);
  const std::vector<std::uint64_t> link_bits = link_bits_per_die(local, topology, comm);
  std::vector<DieRow> rows;
  rows.reserve(local.dies.size());
  for (std::size_t i = 0; i < local.dies.size(); ++i) {
    const std::uint32_t die = local.dies[i];
    const chiplet::DieCounters& counters = local.die_counters[i];
    const net::Coordinate place = topology.coordinate(NodeId{die});
    const chiplet::EnergyCounts counts{.actions = chiplet::actions_of(counters),
                                       .link_bits = link_bits.at(die),
                                       .time = {result.totals.simulated_ps},
                                       .dies = 1};
    const chiplet::EnergyBreakdown energy = chiplet::energy_of(counts, table);
    rows.push_back({.die = die,
                    .row = place.row,
                    .column = place.column,
                    .counters = counters,
                    .energy = energy,
                    .energy_total_J = energy.total_J()});
  }
  return rows;
}

std::vector<LinkRow> link_rows(const LocalRecords& local, const net::Topology& topology) {
  std::vector<LinkRow> rows;
  rows.reserve(local.links.size());
  for (const chiplet::LinkCounters& link : local.links) {
    expect_node(link.from, topology);
    expect_node(link.to, topology);
    const net::Coordinate from = topology.coordinate(NodeId{link.from});
    const net::Coordinate to = topology.coordinate(NodeId{link.to});
    rows.push_back({.counters = link,
                    .from_row = from.row,
                    .from_column = from.column,
                    .to_row = to.row,
                    .to_column = to.column});
  }
  return rows;
}

}  // namespace hecaton::io
