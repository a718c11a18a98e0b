// From the nodes of a finished run to its results: records of this rank, totals of all, the digest, or a
// report of who still waits.
#pragma once

#include <boost/mpi/communicator.hpp>

#include "io/result.hpp"
#include "runs/nodes.hpp"

namespace hecaton::runs {

// Collective. Throws std::runtime_error on every rank if any program has not ended.
void require_finished(Model& model, const boost::mpi::communicator& world);

// Who has not ended its program and waits for what; empty after a run that is complete. Of this rank.
std::vector<std::string> unfinished(const Model& model);

// Moves the operation rows out of the model.
io::LocalRecords take_records(Model& model);

// Collective: equal on every rank. `records` are this rank's.
io::Totals sum_up(Model& model, const io::LocalRecords& records, const boost::mpi::communicator& world);
// Of the longest chain of events, each of which had to wait for the one before; the same at any rank count.
// 0: longer than can be counted.
std::uint64_t critical_path(const Model& model, const boost::mpi::communicator& world);
io::TrafficResult traffic_result(Model& model, const boost::mpi::communicator& world);

}  // namespace hecaton::runs
