// Rows of messages, from what their two ends remember.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <functional>
#include <span>

#include "core/engine/base/ids.hpp"
#include "io/result/run_result.hpp"
#include "net/package/config.hpp"
#include "net/package/message_log.hpp"

namespace hecaton::runs {

// Of a node of this rank.
struct NodeLog {
  NodeId node;
  net::MessageLog* log;
};

// What all ranks know alike: the network, whether it has IO dies, and which rank has a node.
struct MessagePackage {
  const net::NetworkConfig& network;
  bool has_io = false;
  std::function<RankId(NodeId)> owner;
};

// Collective: rows of what this rank's nodes have sent, that has arrived, and that has no row yet. `logs` are of all of
// its nodes, ascending; heads of messages that are still under way stay in them.
io::LocalMessages take_messages(std::span<const NodeLog> logs, const MessagePackage& package,
                                const boost::mpi::communicator& world);

}  // namespace hecaton::runs
