// What a die that runs a graph is set up with: fixed for the whole run, and no part of a checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "core/chiplet/hardware/rate.hpp"
#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet::graph {

// How a collective operation is done.
struct Way {
  Schedule schedule = Schedule::ring;
  std::uint8_t directions = 1;  // as Op::directions
  std::uint32_t count = 1;      // as Op::count
  bool relays = false;          // an all-to-all of relay.hpp; then `schedule` says nothing
};
// By operation, all_gather first.
using Ways = std::array<Way, static_cast<std::size_t>(OpCode::all_to_all) -
                                 static_cast<std::size_t>(OpCode::all_gather) + 1>;
constexpr std::size_t index_of(OpCode operation) {
  return static_cast<std::size_t>(operation) - static_cast<std::size_t>(OpCode::all_gather);
}

// How times follow from counts. `unit` > 1 ps: cut down to whole units, as simulators do that count in nanoseconds;
// else up to the picosecond, as everywhere here.
struct Rounding {
  SimDuration unit{1};
  SimDuration time_of(std::uint64_t count, const Rate& rate) const;
};

struct Timing {
  bool recorded = false;  // computations take what was recorded; else what peak and operands say
  Rate peak;              // floating-point operations per second
  Rate operands;          // bytes per second from the die's own memory; free: never the limit
  std::uint64_t slowness_ppm = 1'000'000;  // computations take so many millionths of that
  Rate vector;                             // reductions of collectives, where reduction_passes is 0
  std::uint32_t reduction_passes =
      0;  // what has come goes through the die's own memory so often, one after the other
  SimDuration endpoint_delay{};  // before a message of a collective is handed over, and before it ends
  std::uint32_t parts = 1;       // a collective runs as so many of equal size, one after the other
  Rounding rounding;

  SimDuration computation(const Node& node) const;
  SimDuration reduction(std::uint64_t bytes) const;
  // Of a load or store where there is no DRAM.
  SimDuration access(std::uint64_t bytes) const { return rounding.time_of(bytes, operands); }
};

// The die's place in a communicator that it is a member of.
struct GroupPlace {
  std::uint32_t group = 0;
  RingPlace ring;
  LinePlace line;                   // places in the list, as if they were dies
  const NodeId* members = nullptr;  // the list: line.size dies; it outlives the die
  // By place in the list: the position in the ring.
  std::shared_ptr<const std::vector<std::uint32_t>> ring_positions;  // null: the same
};

struct GraphDieSetup {
  NodeId id;
  // The nodes of its graph, in the order of its file; nothing at the end. Empty: the die has no graph.
  std::function<std::optional<Node>()> next;
  std::uint32_t window = 1;        // unfinished nodes that are known at a time, at most
  std::vector<GroupPlace> groups;  // ascending by number
  Ways ways;
  Timing timing;
  std::uint32_t burst_bytes = 262144;
  std::uint32_t transfers = 1;  // loads and stores that are under way at a time, at most
  std::vector<DramShare> dram;  // empty: loads and stores are accesses
  std::shared_ptr<const std::vector<NodeId>> die_of_rank;           // never null
  std::shared_ptr<const std::vector<std::string>> names_of_groups;  // for messages; never null
};

}  // namespace hecaton::chiplet::graph
