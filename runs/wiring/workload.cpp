#include "runs/wiring/workload.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/chiplet/schedules/lanes.hpp"
#include "io/deck/workloads/kind.hpp"
#include "runs/wiring/choice.hpp"

namespace hecaton::runs {

namespace {

// Whether any program sends around this ring.
bool uses(const training::Plan& plan, chiplet::Ring ring) {
  return std::any_of(plan.roles.begin(), plan.roles.end(), [&](const chiplet::Program& program) {
    return std::any_of(program.begin(), program.end(), [&](const chiplet::Op& op) {
      if (!chiplet::is_collective(op.code) || !chiplet::uses_ring(op)) return false;
      bool goes_round = false;
      chiplet::for_each_group_of(op, [&](chiplet::Ring of_op) { goes_round = goes_round || of_op == ring; });
      return goes_round;
    });
  });
}

chiplet::RingPlace place_of(const net::RingMember& member) {
  return {.size = member.size,
          .position = member.position,
          .next = member.next,
          .route = member.express ? chiplet::Route::express : chiplet::Route::direct,
          .previous = member.previous};
}

}  // namespace

Workload::Workload(const io::Deck& deck) : Workload(deck, chosen(deck, io::kind_of(deck).die_work(deck))) {}

Workload::Workload(const io::Deck& deck, io::DieWork work)
    : deck_(deck),
      topology_(deck.network.package, io::kind_of(deck).traits.computes),
      die_work_(std::move(work)),
      package_ring_(uses(plan(), chiplet::Ring::package)),
      timings_(chiplet::resolve_timings(deck.die, deck.memory)) {
  Channels channels;
  if (has_io()) {
    channels.of_io = net::spread_channels(topology_, deck.memory.channels_of(topology_.dies()));
    channels.of_die = net::assign_channels(topology_, channels.of_io);
  }
  channels_ = std::make_shared<const Channels>(std::move(channels));
  if (execution() != nullptr) graphs_ = std::make_shared<const GraphSetups>(deck, topology_, *execution());
}

Workload::Workload(const Workload& package, io::DieWork work)
    : deck_(package.deck_),
      topology_(package.topology_),
      die_work_(std::move(work)),
      package_ring_(uses(plan(), chiplet::Ring::package)),
      timings_(package.timings_),
      channels_(package.channels_) {}

std::array<chiplet::RingPlace, chiplet::ring_count> Workload::rings_of(NodeId die) const {
  const net::RingOrder order = programs()->line_order;
  std::array<chiplet::RingPlace, chiplet::ring_count> rings{};
  for (std::size_t group = 0; group < rings.size(); ++group)
    if (group != static_cast<std::size_t>(chiplet::Ring::package) || package_ring_)
      rings[group] = place_of(topology_.ring(static_cast<net::DieGroup>(group), die, order));
  return rings;
}

std::array<chiplet::LinePlace, chiplet::ring_count> Workload::lines_of(NodeId die) const {
  std::array<chiplet::LinePlace, chiplet::ring_count> lines{};
  for (std::size_t group = 0; group < lines.size(); ++group) {
    const net::LineMember member = topology_.line_place(static_cast<net::DieGroup>(group), die);
    lines[group] = {member.size, member.place, member.first, member.stride};
  }
  return lines;
}

chiplet::DieSetup Workload::die_setup(NodeId die) const {
  chiplet::DieSetup setup;
  setup.id = die;
  setup.program = &plan().roles[plan().role_of_die[die.value]];
  setup.rings = rings_of(die);
  setup.lines = lines_of(die);
  setup.timings = timings_;
  if (has_io()) setup.dram = dram_shares(die);
  return setup;
}

chiplet::graph::GraphDieSetup Workload::graph_setup(NodeId die) const {
  chiplet::graph::GraphDieSetup setup = graphs_->of(die);
  if (has_io() && !is_carried_by_links(deck_)) setup.dram = dram_shares(die);
  return setup;
}

std::uint64_t Workload::graph_nodes(NodeId die) const {
  const auto rank = graphs_->rank_of(die);
  return rank ? execution()->survey.nodes_of[*rank] : 0;
}

std::vector<chiplet::DramShare> Workload::dram_shares(NodeId die) const {
  std::vector<chiplet::DramShare> shares;
  for (const net::ChannelShare& share : channels_->of_die[die.value])
    shares.push_back({share.io, share.weight});
  return shares;
}

chiplet::IoDieSetup Workload::io_setup(NodeId io) const {
  // An IO die that got none of the deck's channels is in nobody's share and never asked.
  const std::uint32_t channels = std::max(1U, channels_of(io));
  return chiplet::resolve_io_die(deck_.memory, io, channels);
}

std::uint32_t Workload::channels_of(NodeId io) const {
  return channels_->of_io[io.value - topology_.dies()];
}

std::uint64_t Workload::channels() const {
  return std::accumulate(channels_->of_io.begin(), channels_->of_io.end(), std::uint64_t{0});
}

bool Workload::uses_bypass() const {
  if (graphs_) return graphs_->uses_bypass();
  return programs() != nullptr && programs()->line_order == net::RingOrder::bypass &&
         (uses(plan(), chiplet::Ring::row) || uses(plan(), chiplet::Ring::column));
}

}  // namespace hecaton::runs
