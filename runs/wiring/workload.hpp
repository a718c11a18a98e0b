// What a deck asks of every node, resolved: programs and ring places of the dies, the DRAM behind the IO
// dies, or a traffic pattern. Pure data, the same on every rank.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/dies/io_die.hpp"
#include "core/chiplet/program/counts.hpp"
#include "core/training/method.hpp"
#include "io/deck/deck.hpp"
#include "net/package/dram_channels.hpp"
#include "net/package/topology.hpp"
#include "net/traffic/traffic.hpp"

namespace hecaton::runs {

class Workload {
 public:
  // Throws training::PlanError, or io::InputError about a trace that it replays. The deck must outlive the
  // workload.
  explicit Workload(const io::Deck& deck);

  const io::Deck& deck() const { return deck_; }
  const net::Topology& topology() const { return topology_; }
  bool has_io() const { return topology_.nodes() > topology_.dies(); }
  const training::Plan& plan() const { return plan_; }  // empty for traffic
  const std::optional<net::Traffic>& traffic() const { return traffic_; }

  chiplet::DieSetup die_setup(NodeId die) const;
  chiplet::IoDieSetup io_setup(NodeId io) const;
  std::uint64_t channels() const;  // of DRAM, in the whole package
  // The ring order that rows and columns use, and its name for reports.
  net::RingOrder line_order() const { return line_order_; }
  std::string algorithm() const;
  // Whether any ring edge passes over a skipped die: such worms are announced earlier, which shortens the
  // lookahead.
  bool uses_bypass() const;

 private:
  std::array<chiplet::RingPlace, chiplet::ring_count> rings_of(NodeId die) const;
  std::array<chiplet::LinePlace, chiplet::ring_count> lines_of(NodeId die) const;

  const io::Deck& deck_;
  net::Topology topology_;
  training::Plan plan_;
  std::optional<net::Traffic> traffic_;
  net::RingOrder line_order_;
  bool package_ring_ = false;
  chiplet::DieTimings timings_;
  std::vector<std::uint32_t> channels_of_io_;
  std::vector<std::vector<net::ChannelShare>> shares_;  // by die
};

}  // namespace hecaton::runs
