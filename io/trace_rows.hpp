// From what a rank recorded to the rows that a trace shows: dies with their place and energy, links with the
// places of their ends.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <vector>

#include "io/deck.hpp"
#include "io/result.hpp"
#include "io/trace_schema.hpp"
#include "net/topology.hpp"

namespace hecaton::io {

// The package of a deck with all the nodes that any run of it can name.
net::Topology topology_of(const Deck& deck);

chiplet::EnergyTable energy_table_of(const Deck& deck);

// Payload bits times links crossed that each die of the package answers for: its outgoing links, and the link
// that enters it from its IO die. Collective; the same on every rank; the sum is the package's.
std::vector<std::uint64_t> link_bits_per_die(const LocalRecords& local, const net::Topology& topology,
                                             const boost::mpi::communicator& comm);

// This rank's rows, in its own order. die_rows is collective.
std::vector<DieRow> die_rows(const Deck& deck, const RunResult& result, const net::Topology& topology,
                             const boost::mpi::communicator& comm);
std::vector<LinkRow> link_rows(const LocalRecords& local, const net::Topology& topology);

}  // namespace hecaton::io
