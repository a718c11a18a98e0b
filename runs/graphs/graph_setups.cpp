#include "runs/graphs/graph_setups.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/chiplet/graph/config.hpp"
#include "core/engine/base/time.hpp"
#include "io/execution/trace_reader.hpp"
#include "runs/graphs/group_rings.hpp"

namespace hecaton::runs {

namespace {

namespace graph = chiplet::graph;
using chiplet::OpCode;
using chiplet::Schedule;

Schedule schedule_of(graph::GatherWay way) {
  switch (way) {
    case graph::GatherWay::ring:
      return Schedule::ring;
    case graph::GatherWay::halving_doubling:
      return Schedule::halving_doubling;
    case graph::GatherWay::swing:
      return Schedule::swing;
  }
  return Schedule::ring;
}

Schedule schedule_of(graph::RootedWay way) {
  switch (way) {
    case graph::RootedWay::tree:
      return Schedule::tree;
    case graph::RootedWay::ring:
      return Schedule::pipelined;
    case graph::RootedWay::star:
      return Schedule::star;
    case graph::RootedWay::two_phase:
      return Schedule::two_phase;
  }
  return Schedule::tree;
}

// A straggler's factor in millionths.
std::uint64_t slowness_ppm(const graph::ExecutionConfig& config, NodeId die) {
  std::uint64_t ppm = 1'000'000;
  for (const graph::Straggler& each : config.stragglers)
    if (each.die == die.value) ppm = static_cast<std::uint64_t>(each.factor * 1e6 + 0.5);
  return ppm;
}

}  // namespace

bool is_carried_by_links(const io::Deck& deck) {
  const auto* config = std::get_if<graph::ExecutionConfig>(&deck.workload);
  return config != nullptr && config->carrier == graph::Carrier::links;
}

graph::Ways ways_of(const graph::ExecutionConfig& config) {
  graph::Ways ways;
  const auto way_of = [&](OpCode code) -> graph::Way& { return ways[graph::index_of(code)]; };
  way_of(OpCode::all_gather).schedule = schedule_of(config.all_gather);
  way_of(OpCode::reduce_scatter).schedule = schedule_of(config.reduce_scatter);
  way_of(OpCode::all_reduce).schedule = schedule_of(config.all_reduce);
  way_of(OpCode::broadcast).schedule = schedule_of(config.broadcast);
  way_of(OpCode::reduce).schedule = schedule_of(config.reduce);
  graph::Way& to_all = way_of(OpCode::all_to_all);
  to_all.schedule = config.all_to_all == graph::AllToAllWay::direct ? Schedule::direct : Schedule::ring;
  to_all.relays = config.all_to_all == graph::AllToAllWay::relay;
  for (graph::Way& way : ways) {
    if (way.schedule == Schedule::pipelined || way.schedule == Schedule::two_phase) way.count = config.chunks;
    const bool along_ring = way.schedule == Schedule::ring || way.schedule == Schedule::pipelined;
    if (along_ring && !way.relays) way.directions = static_cast<std::uint8_t>(config.directions);
  }
  return ways;
}

GraphSetups::GraphSetups(const io::Deck& deck, const net::Topology& topology, const io::Execution& work)
    : deck_(deck), work_(work), rank_of_die_(topology.dies()) {
  auto dies = std::make_shared<std::vector<NodeId>>();
  for (std::uint32_t rank = 0; rank < work.die_of_rank.size(); ++rank) {
    dies->push_back(NodeId{work.die_of_rank[rank]});
    rank_of_die_[work.die_of_rank[rank]] = rank;
  }
  die_of_rank_ = std::move(dies);
  add_groups(topology);
}

void GraphSetups::add_groups(const net::Topology& topology) {
  for (const std::vector<std::uint32_t>& ranks : work_.files.groups.members) {
    Group& group = groups_.emplace_back();
    for (const std::uint32_t rank : ranks) group.members.push_back(die_of_rank_->at(rank));
    if (ranks.size() < 2) continue;
    group.ring = ring_of(group.members, topology, deck_.as<graph::ExecutionConfig>().rings);
    std::vector<std::uint32_t> positions;
    for (const chiplet::RingPlace& place : group.ring) {
      positions.push_back(place.position);
      uses_bypass_ = uses_bypass_ || place.route == chiplet::Route::express;
    }
    group.ring_positions = std::make_shared<const std::vector<std::uint32_t>>(std::move(positions));
  }
  auto names = std::make_shared<std::vector<std::string>>(groups_.size(), "all ranks");
  for (const auto& [name, number] : work_.files.groups.by_name)
    if (number > 0) (*names)[number] = name;
  names_ = std::move(names);
}

graph::Timing GraphSetups::timing_of(NodeId die) const {
  const auto& config = deck_.as<graph::ExecutionConfig>();
  graph::Timing timing;
  timing.recorded = config.compute == graph::ComputeTimes::recorded;
  timing.peak = chiplet::rate_from(deck_.die.peak_TFLOPS, 1e12);
  timing.operands = chiplet::rate_from(config.local_GBps, 1e9);
  timing.slowness_ppm = slowness_ppm(config, die);
  timing.vector = chiplet::rate_from(deck_.die.vector_GBps, 1e9);
  timing.reduction_passes = config.reduction_passes;
  timing.endpoint_delay = from_nanoseconds(config.endpoint_delay_ns);
  timing.parts = config.parts;
  if (config.unit == graph::TimeUnit::ns) timing.rounding.unit = SimDuration{1000};
  return timing;
}

std::optional<std::uint32_t> GraphSetups::rank_of(NodeId die) const {
  return rank_of_die_[die.value];
}

graph::GraphDieSetup GraphSetups::of(NodeId die) const {
  const auto& config = deck_.as<graph::ExecutionConfig>();
  graph::GraphDieSetup setup;
  setup.id = die;
  setup.window = config.window;
  setup.transfers = config.transfers;
  setup.ways = ways_of(config);
  setup.timing = timing_of(die);
  setup.burst_bytes = deck_.memory.burst_bytes;
  setup.die_of_rank = die_of_rank_;
  setup.names_of_groups = names_;
  if (!rank_of_die_[die.value]) return setup;
  const std::uint32_t rank = *rank_of_die_[die.value];
  const auto ranks = static_cast<std::uint32_t>(work_.die_of_rank.size());
  auto reader = std::make_shared<io::execution::TraceReader>(work_.files.of_rank[rank], rank, ranks,
                                                             work_.files.groups);
  setup.next = [reader] { return reader->next(); };
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const std::optional<std::uint32_t> place = work_.files.groups.place(g, rank);
    if (!place || group.members.size() < 2) continue;
    const auto size = static_cast<std::uint32_t>(group.members.size());
    const chiplet::LinePlace line{.size = size, .position = *place, .first = NodeId{0}, .stride = 1};
    setup.groups.push_back({g, group.ring[*place], line, group.members.data(), group.ring_positions});
  }
  return setup;
}

}  // namespace hecaton::runs
