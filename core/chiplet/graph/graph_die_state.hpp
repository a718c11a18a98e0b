// The two changing parts of a die that runs a graph: where it is in its work, and what it has done so far. A checkpoint
// holds both whole, and nothing else of the die.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/chiplet/dies/dram_transfers.hpp"
#include "core/chiplet/dies/unexpected_chunks.hpp"
#include "core/chiplet/graph/collectives.hpp"
#include "core/chiplet/graph/orders.hpp"
#include "core/chiplet/graph/window.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/digest.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet::graph {

// What takes one node at a time: the engine that computes, and the die's own memory. The way to DRAM takes several. Of those that are ready the first of the
// file is next.
struct Unit {
  std::vector<std::uint64_t> ready;  // a heap, the least on top
  bool is_busy = false;
  std::uint64_t number = 0;  // of the node that it is at
  SimTime started;
  SimTime until;  // where it knows

  void add(std::uint64_t of_node) {
    ready.push_back(of_node);
    std::push_heap(ready.begin(), ready.end(), std::greater<>());
  }
  std::uint64_t take() {
    std::pop_heap(ready.begin(), ready.end(), std::greater<>());
    const std::uint64_t next = ready.back();
    ready.pop_back();
    return next;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(ready, is_busy, number, started, until);
  }
};

// A message of another die, by sender and tag (tags.hpp).
struct Letter {
  NodeId from;
  std::uint64_t tag = 0;
  friend auto operator<=>(const Letter&, const Letter&) = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(from, tag);
  }
};

// A node that waits for a message.
struct Receive {
  Letter letter;
  std::uint64_t number = 0;
  SimTime started;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(letter, number, started);
  }
};

// What a die's time is counted as: the first of these that it does.
enum class Doing : std::uint8_t { computing, reducing, exchanging, accessing, finished };

struct GraphDieState {
  explicit GraphDieState(std::uint32_t window_capacity) : window(window_capacity) {}

  bool is_woken = false;   // a wake-up for this instant is under way
  bool has_ended = false;  // the file holds no more nodes
  Doing doing = Doing::exchanging;
  SimTime since;  // when it began to do that
  Window window;
  Orders orders;
  Unit computing;
  Unit accessing;                     // what is under way to DRAM is told by `dram`
  std::uint32_t under_way = 0;        // loads and stores there
  std::vector<GroupProgress> groups;  // as in the setup
  SimTime reduced;                    // when all is added that is to be
  UnexpectedChunks chunks;
  std::vector<Letter> letters;    // that nobody has received, ascending
  std::vector<Receive> receives;  // whose message has not come, in the order in which they began
  DramTransfers dram;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(is_woken, has_ended, doing, since, window, orders, computing, accessing, under_way);
    for (GroupProgress& group : groups) archive(group);
    archive(reduced, chunks, letters, receives, dram);
  }
};

struct GraphDieTotals {
  DieCounters counters;
  std::uint64_t rows = 0;  // finished
  Digest digest;           // of these rows, whether or not the host keeps them
  std::uint64_t nodes = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(counters, rows, digest, nodes);
  }
};

}  // namespace hecaton::chiplet::graph
