// What tells one topology from another: a value per topology, each in a file of its own, and the table of
// them. Class Topology makes a package of rows and columns from it and answers everybody's questions; nothing
// else compares kinds of topologies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/package/config.hpp"
#include "net/package/topologies/line.hpp"
#include "net/package/topologies/ring_order.hpp"

namespace hecaton::net {

struct TopologyDesign {
  TopologyKind kind;
  std::string_view meaning;  // for the documentation of the key; empty: the name says it
  // What rows and columns of so many dies are.
  Line (*row)(std::uint32_t columns);
  Line (*column)(std::uint32_t rows);
  bool wraps;        // some lines may be closed, so channels have two classes (dateline), see routing.hpp
  bool passes_dies;  // a worm on a ring edge over a skipped die goes through it without touching its buffers
  RingOrder ring_order;  // of rings along rows and columns
};

const TopologyDesign& design_of(TopologyKind kind);

// For the deck key: what the kinds mean, in one sentence.
const std::string& topology_meanings();

}  // namespace hecaton::net
