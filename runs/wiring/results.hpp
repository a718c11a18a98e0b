// From the nodes of a finished run to its results: records of this rank, totals of all, the digest, or a
// report of who still waits.
#pragma once

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/result/run_result.hpp"
#include "net/traffic/counters.hpp"
#include "runs/message_rows/message_rows.hpp"
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
std::vector<NodeOutcome> outcomes(const LinksModel& model);

// Collective. Throws std::runtime_error on every rank if any program has not ended, or anything is still
// under way.
void require_finished(const Model& model, const boost::mpi::communicator& world);
void require_finished(const ClockedModel& model, const boost::mpi::communicator& world);
void require_finished(const LinksModel& model, const boost::mpi::communicator& world);

// Who has not ended its program and waits for what; empty after a run that is complete. Of this rank.
std::vector<std::string> unfinished(const Model& model);

// The ports of a node that lead to others, by these: visit(neighbour, port).
template <class Visit>
void for_each_port(NodeId node, const net::Topology& topology, Visit&& visit) {
  std::vector<std::pair<NodeId, net::Port>> ports;
  for (std::uint32_t p = 0; p < net::port_count; ++p)
    if (const auto neighbour = topology.neighbour(node, static_cast<net::Port>(p)))
      ports.emplace_back(*neighbour, static_cast<net::Port>(p));
  std::sort(ports.begin(), ports.end());
  for (const auto& [neighbour, port] : ports) visit(neighbour, port);
}

// Rows of the links that leave a node, by their other ends. `counters`(port) are those of what went out of it, but for
// the two ends.
template <class Counters>
std::vector<chiplet::LinkCounters> link_rows(NodeId node, const net::Topology& topology,
                                             Counters&& counters) {
  std::vector<chiplet::LinkCounters> links;
  for_each_port(node, topology, [&](NodeId to, net::Port port) {
    chiplet::LinkCounters& link = links.emplace_back(counters(port));
    link.from = node.value;
    link.to = to.value;
  });
  return links;
}

// Moves the operation rows out of the model.
io::LocalRecords take_records(Model& model);
io::LocalRecords take_records(ClockedModel& model);
io::LocalRecords take_records(LinksModel& model);

// What this rank's nodes remember of messages.
std::vector<NodeLog> message_logs(Model& model);
std::vector<NodeLog> message_logs(ClockedModel& model);
std::vector<NodeLog> message_logs(LinksModel& model);

// What is left of the simulated time when a link neither sends nor waits.
void complete_stalls(std::vector<io::StallRow>& stalls, std::int64_t simulated_ps);

// Collective: equal on every rank. `records` are this rank's, `nodes` is the number of all.
io::Totals sum_up(const std::vector<NodeOutcome>& nodes_here, const io::LocalRecords& records,
                  std::uint32_t nodes, const boost::mpi::communicator& world);
// The part of the totals that links make; and, collective, what all dies have moved to and from DRAM.
void add_links(io::Totals& totals, const std::vector<chiplet::LinkCounters>& links);
std::uint64_t dram_bytes_of(const std::vector<chiplet::DieCounters>& dies_here,
                            const boost::mpi::communicator& world);
// Of the longest chain of events, each of which had to wait for the one before; the same at any rank count.
// 0: longer than can be counted.
std::uint64_t critical_path(const std::vector<NodeOutcome>& nodes_here,
                            const boost::mpi::communicator& world);
io::TrafficResult traffic_result(const std::vector<NodeOutcome>& nodes_here, const net::Fabric& fabric,
                                 const boost::mpi::communicator& world);

}  // namespace hecaton::runs
