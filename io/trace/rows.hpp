// From what a rank recorded to the rows that a trace shows: dies with their place and energy, links with the
// places of their ends.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/result/package_energy.hpp"
#include "io/result/run_result.hpp"
#include "io/trace/schema.hpp"
#include "net/package/topology.hpp"

namespace hecaton::io {

// This rank's rows, in its own order. die_rows is collective.
std::vector<DieRow> die_rows(const Deck& deck, const RunResult& result, const net::Topology& topology,
                             const boost::mpi::communicator& comm);
std::vector<LinkRow> link_rows(const LocalRecords& local, const net::Topology& topology);

}  // namespace hecaton::io
