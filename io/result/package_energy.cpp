#include "io/result/package_energy.hpp"

#include <boost/mpi/collectives.hpp>
#include <functional>
#include <stdexcept>

namespace hecaton::io {

namespace {

std::uint32_t paying_die(const chiplet::LinkCounters& link, const net::Topology& topology) {
  const NodeId from{link.from};
  return topology.die_of(from).value;
}

}  // namespace

void expect_node(std::uint32_t node, const net::Topology& topology) {
  if (node >= topology.nodes())
    throw std::logic_error("trace: a link ends at a node that the package does not have");
}

net::Topology topology_of(const Deck& deck) {
  return {deck.network.package, true};
}

chiplet::EnergyTable energy_table_of(const Deck& deck) {
  return {deck.energy, deck.network.link.energy_pJ_per_bit, deck.memory.energy_pJ_per_bit};
}

std::vector<std::uint64_t> link_bits_per_die(const LocalRecords& local, const net::Topology& topology,
                                             const boost::mpi::communicator& comm) {
  std::vector<std::uint64_t> bits(topology.dies(), 0);
  for (const chiplet::LinkCounters& link : local.links) {
    expect_node(link.from, topology);
    expect_node(link.to, topology);
    bits[paying_die(link, topology)] += 8 * link.bytes;
  }
  std::vector<std::uint64_t> sums(bits.size());
  boost::mpi::all_reduce(comm, bits.data(), static_cast<int>(bits.size()), sums.data(), std::plus<>());
  return sums;
}

}  // namespace hecaton::io
