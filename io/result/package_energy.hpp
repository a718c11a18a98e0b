// What the energy of a package is told from: the deck's table, and the bits that each die answers for.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <vector>

#include "core/chiplet/program/energy.hpp"
#include "io/deck/deck.hpp"
#include "io/result/run_result.hpp"
#include "net/package/topology.hpp"

namespace hecaton::io {

// The package of a deck with all the nodes that any run of it can name.
net::Topology topology_of(const Deck& deck);

chiplet::EnergyTable energy_table_of(const Deck& deck);

// Payload bits times links crossed that each die of the package answers for: its outgoing links, and the link
// that enters it from its IO die. Collective; the same on every rank; the sum is the package's.
std::vector<std::uint64_t> link_bits_per_die(const LocalRecords& local, const net::Topology& topology,
                                             const boost::mpi::communicator& comm);

// Throws std::logic_error if the package has no such node.
void expect_node(std::uint32_t node, const net::Topology& topology);

}  // namespace hecaton::io
