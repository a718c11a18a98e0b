#include "runs/wiring/package.hpp"

#include <memory>
#include <utility>

#include "core/chiplet/graph/config.hpp"
#include "io/deck/workloads/kind.hpp"

namespace hecaton::runs {

namespace {

Endpoint endpoint_of(const io::Programs&, const Workload& workload, const Recording& recording, NodeId die) {
  chiplet::DieSetup setup = workload.die_setup(die);
  setup.bins = recording.bins;
  return {DieNode{.die = chiplet::Die(std::move(setup)),
                  .keeps_rows = recording.operations,
                  .keeps_waits = recording.waits}};
}

Endpoint endpoint_of(const net::Traffic& traffic, const Workload& workload, const Recording&, NodeId) {
  return {TrafficNode(&traffic, &workload.topology())};
}

Endpoint endpoint_of(const io::Execution&, const Workload& workload, const Recording& recording, NodeId die) {
  return {GraphNode{.die = std::make_unique<chiplet::graph::GraphDie>(workload.graph_setup(die)),
                    .keeps_rows = recording.operations}};
}

}  // namespace

net::NetworkConfig network_of(const io::Deck& deck) {
  net::NetworkConfig config = deck.network;
  if (const net::TrafficConfig* packets = io::kind_of(deck).packets(deck))
    config.interface.packet_bytes = packets->packet_flits * deck.network.link.flit_bytes;
  return config;
}

net::links::LinkSpeed link_speed(const io::Deck& deck) {
  using namespace chiplet::graph;
  const auto& config = deck.as<ExecutionConfig>();
  const std::uint64_t gigabyte =
      config.gigabyte == Gigabyte::binary ? std::uint64_t{1} << 30U : 1'000'000'000;
  return net::links::speed_of(
      deck.network.link, gigabyte,
      config.unit == TimeUnit::ns ? net::links::whole_nanoseconds : net::links::whole_picoseconds);
}

bool is_clocked(const io::Deck& deck) {
  const net::TrafficConfig* packets = io::kind_of(deck).packets(deck);
  return packets != nullptr && deck.network.clocked && net::clocked::fits(network_of(deck), *packets);
}

Endpoint make_endpoint(const Workload& workload, const Recording& recording, NodeId node) {
  if (workload.topology().is_io(node)) {
    chiplet::IoDieSetup setup = workload.io_setup(node);
    if (workload.channels_of(node) > 0) setup.bins = recording.bins;
    return {IoNode{chiplet::IoDie(setup)}};
  }
  return std::visit([&](const auto& work) { return endpoint_of(work, workload, recording, node); },
                    workload.die_work());
}

}  // namespace hecaton::runs
