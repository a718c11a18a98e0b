// The package of a deck as the engine's model: its network, and what is attached to each node.
#pragma once

#include "net/package_model.hpp"
#include "runs/endpoint.hpp"
#include "runs/workload.hpp"

namespace hecaton::runs {

using Model = net::PackageModel<Endpoint>;

// Traffic packets are messages of one packet each, whatever the deck says of other messages.
net::NetworkConfig network_of(const io::Deck& deck);

Endpoint make_endpoint(const Workload& workload, bool record_operations, NodeId node);

}  // namespace hecaton::runs
