// The package of a deck as the engine's model: its network, and what is attached to each node.
#pragma once

#include "net/clocked/model.hpp"
#include "net/links/model.hpp"
#include "net/package_model.hpp"
#include "runs/wiring/endpoint.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

using Model = net::PackageModel<Endpoint>;
// Of dies that send packets, where the network keeps step with one clock.
using ClockedModel = net::clocked::Model;
// Where links alone carry messages, without routers.
using LinksModel = net::links::Model<Endpoint>;

// Where dies send packets, each is a message of its own, whatever the deck says of other messages.
net::NetworkConfig network_of(const io::Deck& deck);

// Whether the deck is simulated as a ClockedModel.
bool is_clocked(const io::Deck& deck);
// Of a deck that is simulated as a LinksModel: what each link carries, and how fast.
net::links::LinkSpeed link_speed(const io::Deck& deck);

// What is kept of what dies do, beside counters.
struct Recording {
  bool operations = true;
  bool waits = false;  // which say something together with the operations
  BinGrid bins = {};   // of DRAM channels, and of dies' buffers
};
Endpoint make_endpoint(const Workload& workload, const Recording& recording, NodeId node);

}  // namespace hecaton::runs
