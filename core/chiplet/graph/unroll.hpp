// A program as one die runs it, as the nodes of a graph: loops are gone, and what the order of the program said is
// said by what each node waits for. Run as a graph, it does the same.
//
// - A computation or collective waits for the one before it, and for transfers that a dram_wait between them names.
// - A load or store waits for what a computation in its place would, and holds nothing up until its dram_wait.
// - Collectives that exchange nothing, marks, labels and what says how full buffers are leave no node; nor does a
//   dram_wait with nothing behind it, since a graph ends when all of its nodes are over.
//
// Invariants: ids count up from 0, in the order of the program; a node waits for earlier ones only. All members of a
// group put in the same, in the same order, if their programs do.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "core/chiplet/graph/window.hpp"
#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet::graph {

// What a Ring of a program is in the graph.
struct Communicator {
  std::uint32_t number = 0;
  std::uint32_t size = 1;  // members, which are listed in the order of the line
  // By position in the ring: the place in the list. Empty: the same.
  std::vector<std::uint32_t> place_in_ring;
};

struct UnrollSetup {
  DieTimings timings;
  std::array<Communicator, ring_count> groups;  // by Ring
  std::uint64_t most_nodes = 1'000'000;
};

struct TooManyNodes : GraphError {
  using GraphError::GraphError;
};

// How many nodes there will be, without unrolling anything. Throws TooManyNodes, or GraphError for a program that no
// graph can say: with pauses, or payloads whose parts are not equal.
std::uint64_t count_nodes(const Program& program, const UnrollSetup& setup);

// Hands over node after node, and says how many they were. `program` is valid. Throws what count_nodes throws, before
// the first node.
std::uint64_t unroll(const Program& program, const UnrollSetup& setup,
                     const std::function<void(Node&&)>& emit);

}  // namespace hecaton::chiplet::graph
