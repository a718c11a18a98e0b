// What a deck asks of every node, resolved: programs and ring places of the dies, the DRAM behind the IO
// dies, or the packets that dies send. Pure data, the same on every rank.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/dies/io_die.hpp"
#include "io/deck/deck.hpp"
#include "io/deck/workloads/die_work.hpp"
#include "net/package/dram_channels.hpp"
#include "net/package/topology.hpp"
#include "net/traffic/traffic.hpp"
#include "runs/graphs/graph_setups.hpp"

namespace hecaton::runs {

class Workload {
 public:
  // Throws training::PlanError, or io::InputError about a file that the deck names. The deck must outlive the
  // workload.
  explicit Workload(const io::Deck& deck);
  // Other work than the deck says.
  Workload(const io::Deck& deck, io::DieWork work);
  // Other work on a package that is there already, which takes no time.
  Workload(const Workload& package, io::DieWork work);

  const io::Deck& deck() const { return deck_; }
  const net::Topology& topology() const { return topology_; }
  bool has_io() const { return topology_.nodes() > topology_.dies(); }
  // What every die does. One of the three is there, the others null.
  const io::DieWork& die_work() const { return die_work_; }
  const io::Programs* programs() const { return std::get_if<io::Programs>(&die_work_); }
  const net::Traffic* traffic() const { return std::get_if<net::Traffic>(&die_work_); }
  const io::Execution* execution() const { return std::get_if<io::Execution>(&die_work_); }
  // Of the programs; empty where there are none.
  const training::Plan& plan() const { return programs() != nullptr ? programs()->plan : no_plan_; }

  // Precondition: dies run programs.
  chiplet::DieSetup die_setup(NodeId die) const;
  // Precondition: dies run graphs. It reads a file of its own; what it reads throws io::InputError.
  chiplet::graph::GraphDieSetup graph_setup(NodeId die) const;
  std::uint64_t graph_nodes(NodeId die) const;  // likewise; how many it has
  // Precondition of both: dies run programs or graphs.
  chiplet::IoDieSetup io_setup(NodeId io) const;
  // Precondition: there is DRAM. The IO dies that serve a die.
  std::vector<chiplet::DramShare> dram_shares(NodeId die) const;
  std::uint64_t channels() const;  // of DRAM, in the whole package
  std::uint32_t channels_of(NodeId io) const;
  // Whether any ring edge passes over a skipped die: such worms are announced earlier, which shortens the
  // lookahead.
  bool uses_bypass() const;

 private:
  std::array<chiplet::RingPlace, chiplet::ring_count> rings_of(NodeId die) const;
  std::array<chiplet::LinePlace, chiplet::ring_count> lines_of(NodeId die) const;

  const io::Deck& deck_;
  net::Topology topology_;
  io::DieWork die_work_;
  training::Plan no_plan_;
  bool package_ring_ = false;
  chiplet::DieTimings timings_;
  // Which channels serve whom; empty where there is no DRAM.
  struct Channels {
    std::vector<std::uint32_t> of_io;
    std::vector<std::vector<net::ChannelShare>> of_die;
  };
  std::shared_ptr<const Channels> channels_;
  std::shared_ptr<const GraphSetups> graphs_;  // null where dies run no graphs
};

// A deck with its workload, which refers to it.
struct PlannedDeck {
  explicit PlannedDeck(io::Deck given) : deck(std::move(given)), workload(deck) {}
  PlannedDeck(const PlannedDeck&) = delete;
  PlannedDeck& operator=(const PlannedDeck&) = delete;

  const io::Deck deck;
  const Workload workload;
};

}  // namespace hecaton::runs
