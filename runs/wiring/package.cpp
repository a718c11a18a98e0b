#include "runs/wiring/package.hpp"

namespace hecaton::runs {

net::NetworkConfig network_of(const io::Deck& deck) {
  net::NetworkConfig config = deck.network;
  if (deck.kind == io::WorkloadKind::traffic)
    config.interface.packet_bytes = deck.traffic.packet_flits * deck.network.link.flit_bytes;
  return config;
}

bool is_clocked(const io::Deck& deck) {
  return deck.kind == io::WorkloadKind::traffic && deck.network.clocked &&
         net::clocked::fits(network_of(deck), deck.traffic);
}

Endpoint make_endpoint(const Workload& workload, bool record_operations, NodeId node) {
  if (workload.topology().is_io(node)) return {IoNode{chiplet::IoDie(workload.io_setup(node))}};
  if (workload.traffic()) return {TrafficNode(&*workload.traffic(), &workload.topology())};
  return {DieNode{chiplet::Die(workload.die_setup(node)), record_operations, {}}};
}

}  // namespace hecaton::runs
