// In which order the members of a communicator form a ring, see README.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/chiplet/graph/config.hpp"
#include "core/chiplet/program/message.hpp"
#include "core/engine/base/ids.hpp"
#include "net/package/topology.hpp"

namespace hecaton::runs {

// By place in the list of members: its place in the ring. Precondition: at least two members, each once.
std::vector<chiplet::RingPlace> ring_of(std::span<const NodeId> members, const net::Topology& topology,
                                        chiplet::graph::Rings rings);

}  // namespace hecaton::runs
