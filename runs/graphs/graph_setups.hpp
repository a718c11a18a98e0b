// The setups of dies that run graphs, from a deck and its execution traces.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/chiplet/graph/setup.hpp"
#include "io/deck/deck.hpp"
#include "io/deck/workloads/execution_work.hpp"
#include "net/package/topology.hpp"

namespace hecaton::runs {

class GraphSetups {
 public:
  // All three must outlive the setups. Precondition: the deck runs execution traces.
  GraphSetups(const io::Deck& deck, const net::Topology& topology, const io::Execution& work);

  // Without its DRAM. What it reads throws io::InputError.
  chiplet::graph::GraphDieSetup of(NodeId die) const;
  std::optional<std::uint32_t> rank_of(NodeId die) const;  // none: the die has no graph
  // Whether any ring passes over dies.
  bool uses_bypass() const { return uses_bypass_; }

 private:
  struct Group {
    std::vector<NodeId> members;
    std::vector<chiplet::RingPlace> ring;  // by place in the list
    std::shared_ptr<const std::vector<std::uint32_t>> ring_positions;
  };
  void add_groups(const net::Topology& topology);
  chiplet::graph::Timing timing_of(NodeId die) const;

  const io::Deck& deck_;
  const io::Execution& work_;
  std::vector<Group> groups_;
  std::vector<std::optional<std::uint32_t>> rank_of_die_;
  bool uses_bypass_ = false;
  std::shared_ptr<const std::vector<NodeId>> die_of_rank_;
  std::shared_ptr<const std::vector<std::string>> names_;
};

// Whether links carry messages alone, without routers.
bool is_carried_by_links(const io::Deck& deck);

// How the deck does collectives.
chiplet::graph::Ways ways_of(const chiplet::graph::ExecutionConfig& config);

}  // namespace hecaton::runs
