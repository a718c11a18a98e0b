// From the nodes of a finished run to its results: records of this rank, totals of all, the digest, or a
// report of who still waits.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/result/run_result.hpp"
#include "net/traffic/counters.hpp"
#include "runs/wiring/package.hpp"

namespace hecaton::runs {

// What is left of a node at the end, or at a halt.
struct NodeOutcome {
  NodeId id;
  std::uint64_t digest = 0;  // of everything that was simulated there
  std::uint64_t packets = 0;
  std::uint64_t end_ps = 0;  // when its program ended, or the last packet came
  std::uint32_t depth = 0;   // of the longest chain of events that ends there
  std::optional<net::TrafficCounters> traffic;
};
// Of this rank's nodes.
std::vector<NodeOutcome> outcomes(const Model& model);
std::vector<NodeOutcome> outcomes(const ClockedModel& model);

// Collective. Throws std::runtime_error on every rank if any program has not ended, or anything is still
// under way.
void require_finished(const Model& model, const boost::mpi::communicator& world);
void require_finished(const ClockedModel& model, const boost::mpi::communicator& world);

// Who has not ended its program and waits for what; empty after a run that is complete. Of this rank.
std::vector<std::string> unfinished(const Model& model);

// Moves the operation rows out of the model.
io::LocalRecords take_records(Model& model);
io::LocalRecords take_records(ClockedModel& model);

// Collective: equal on every rank. `records` are this rank's, `nodes` is the number of all.
io::Totals sum_up(const std::vector<NodeOutcome>& nodes_here, const io::LocalRecords& records,
                  std::uint32_t nodes, const boost::mpi::communicator& world);
// Of the longest chain of events, each of which had to wait for the one before; the same at any rank count.
// 0: longer than can be counted.
std::uint64_t critical_path(const std::vector<NodeOutcome>& nodes_here,
                            const boost::mpi::communicator& world);
io::TrafficResult traffic_result(const std::vector<NodeOutcome>& nodes_here, const net::Fabric& fabric,
                                 const boost::mpi::communicator& world);

}  // namespace hecaton::runs
