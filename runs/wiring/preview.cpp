#include "runs/wiring/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/chiplet/program/passes.hpp"
#include "core/critical_path/merge.hpp"
#include "core/engine/base/checked.hpp"
#include "core/training/model/plan_error.hpp"
#include "io/report/quantity.hpp"
#include "io/result/trace_content.hpp"
#include "io/trace/trace.hpp"
#include "net/lookahead/node_lookahead.hpp"
#include "net/package/links.hpp"
#include "net/package_model.hpp"
#include "partition/partition.hpp"
#include "runs/wiring/endpoint.hpp"
#include "runs/wiring/expected_load.hpp"
#include "runs/wiring/limits.hpp"
#include "runs/wiring/lookahead.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

namespace {

constexpr std::uint32_t widest_map = 32;

std::string describe_regions(const partition::Partition& partition, const net::Topology& topology,
                             const partition::Weights& events) {
  const partition::Figures figures = partition::figures(partition, topology, events);
  const auto [least, most] = std::minmax_element(figures.dies_of_rank.begin(), figures.dies_of_rank.end());
  std::string text = fmt::format("regions    {} of {} to {} dies\n", partition.ranks, *least, *most);
  text += fmt::format("cut        {} of {} links between dies\n", figures.cut_links, figures.links);
  text += fmt::format("imbalance  {:.3f} in expected events, {:.3f} in dies (largest region over the mean)\n",
                      figures.imbalance, figures.imbalance_of_dies);
  if (partition.ranks == 1 || topology.columns() > widest_map || topology.rows() > widest_map) return text;
  const auto width = fmt::formatted_size("{}", partition.ranks - 1) + 1;
  text += "rank of each die\n";
  for (std::uint32_t r = 0; r < topology.rows(); ++r) {
    for (std::uint32_t c = 0; c < topology.columns(); ++c)
      text += fmt::format("{:>{}}", partition.owner[topology.die_at(r, c).value].value, width);
    text += "\n";
  }
  return text;
}

// Directed links, IO links included.
std::uint64_t link_count(const net::Topology& topology) {
  std::uint64_t count = 0;
  net::for_each_link(topology, [&](NodeId, NodeId) { ++count; });
  return count;
}

std::uint64_t memory_of(const io::Deck& deck, const net::Topology& topology, std::uint64_t rows,
                        std::uint64_t ranks) {
  const net::NetworkConfig& network = deck.network;
  const std::uint64_t ports = net::port_count + network.interface.ports - 1;
  const std::uint64_t channels = ports * network.router.virtual_channels;
  const std::uint64_t node = sizeof(net::PackageModel<Endpoint>::Node) +
                             channels * (sizeof(net::InputChannel) + sizeof(net::OutputChannel) + 64) + 2048;
  const std::uint64_t share = (topology.nodes() + ranks - 1) / ranks;
  const std::uint64_t program = 32u << 20;  // libraries and buffers
  // Of a link, of the buffers of a node and of two of a die.
  const Checked bins =
      (Checked{link_count(topology)} + topology.nodes() + 2 * std::uint64_t{topology.dies()}) *
      io::default_bins * sizeof(std::uint64_t) / ranks;
  return (program + share * node + bins + Checked{2} * rows / ranks * sizeof(chiplet::OperationRow)).value();
}

// What a rank knows of the time that its neighbours' doings take to reach it. Where all keep step with one
// clock it is the same for every link.
void find_lookahead(Preview& seen, const io::Deck& deck, const Workload& workload,
                    const partition::Partition& partition) {
  seen.greatest_lookahead_ps = seen.lookahead_ps;
  if (partition.ranks == 1 || is_clocked(deck)) return;
  const net::Fabric fabric(network_of(deck), workload.has_io());
  const net::NodeLookahead lookahead(fabric, partition.owner, bypass_links_of(workload), {});
  seen.lookahead_ps = lookahead.least().ps;
  seen.greatest_lookahead_ps = lookahead.greatest().ps;
}

// A message never moves as one: buffers are so small for their links that each segment waits for a credit.
bool moves_one_by_one(const net::NetworkConfig& network) {
  if (!network.trains) return true;
  const net::Timing timing = net::make_timing(network);
  const SimDuration round_trip =
      timing.link + timing.cycle + timing.segment + timing.credit_router(timing.link);
  return round_trip >= 2 * timing.buffer_segments * timing.segment;
}

void estimate_events(Estimate& estimate, const Load& load, const net::NetworkConfig& network) {
  const auto limited = [](chiplet::Wide number) {
    return static_cast<std::uint64_t>(
        std::min<chiplet::Wide>(number, std::numeric_limits<std::uint64_t>::max()));
  };
  estimate.events = std::accumulate(load.events.begin(), load.events.end(), Checked{}).value();
  // Each segment then takes an arrival and a decision of the three events that a message takes at a router.
  if (moves_one_by_one(network))
    estimate.events = std::max(estimate.events, limited(load.events_one_by_one / 3 * 2));
  else
    estimate.events_at_most = limited(load.events_one_by_one);
  estimate.events_at_most = std::max(estimate.events, estimate.events_at_most);
}

// Of all dies together.
std::uint64_t phases_of(const Workload& workload) {
  if (workload.programs() == nullptr) return 0;
  std::vector<std::uint64_t> of_role;
  for (const chiplet::Program& program : workload.plan().roles)
    of_role.push_back(chiplet::count_phases(program));
  Checked phases;
  for (const std::uint32_t role : workload.plan().role_of_die) phases += of_role.at(role);
  return phases.value();
}

void estimate_trace(Estimate& estimate, const Workload& workload, const Load& load) {
  const net::Topology& topology = workload.topology();
  io::TraceRows rows;
  rows.dies = topology.dies();
  rows.links = link_count(topology);
  rows.operations = load.rows;
  rows.phases = phases_of(workload);
  rows.channels = workload.channels();
  const std::uint64_t of_dies = workload.programs() != nullptr ? 2 * std::uint64_t{rows.dies} : 0;
  rows.bin_cells =
      ((Checked{rows.links} + rows.channels + topology.nodes() + of_dies) * io::default_bins).value();
  rows.stalls = true;
  estimate.trace_bytes =
      (Checked{io::trace_frame_bytes(workload.deck())} + io::trace_part_bytes(rows).sum()).value();
  rows.nodes = topology.nodes() + std::uint64_t{1};
  // More are no matter of bytes.
  constexpr std::uint64_t countless = std::uint64_t{1} << 56U;
  rows.messages = std::min(load.messages, countless);
  if (workload.programs() != nullptr) rows.path = critical::most_segments;
  estimate.trace_parts = io::trace_part_bytes(rows);
}

}  // namespace

std::string events_text(const Estimate& estimate) {
  const auto count = [](std::uint64_t n) { return io::format_count(static_cast<double>(n)); };
  // What is told is right within a factor of three anyway.
  constexpr std::uint64_t hardly_more = 4;
  if (estimate.events_at_most / hardly_more <= estimate.events) return count(estimate.events);
  return fmt::format("{} to {}, the more messages are in each other's way", count(estimate.events),
                     count(estimate.events_at_most));
}

std::string lookahead_text(const Preview& seen) {
  if (seen.lookahead_ps == seen.greatest_lookahead_ps) return fmt::format("{} ps", seen.lookahead_ps);
  return fmt::format("{} to {} ps", seen.lookahead_ps, seen.greatest_lookahead_ps);
}

Preview preview(const io::Deck& deck, int ranks, const std::string& partition) {
  return preview(Workload(deck), ranks, partition);
}

Preview preview(const Workload& workload, int ranks, const std::string& partition_name) {
  const io::Deck& deck = workload.deck();
  const net::Topology& topology = workload.topology();
  Preview seen;
  seen.lookahead_ps = net::make_timing(deck.network).lookahead(workload.uses_bypass()).ps;
  if (ranks > 1 && seen.lookahead_ps <= 0)
    throw training::PlanError(
        "link.latency_ns", "is too small for a run on several ranks",
        "regions simulated apart need time to pass between a cause and its effect on another",
        "use one rank, or a latency of at least 0.001 ns");
  seen.dram = dram_room(workload);
  require_dram_room(workload, seen.dram);
  if (workload.programs() != nullptr) seen.undisturbed = undisturbed(workload, deck);
  const Load load = within_limits("interface.packet_bytes", "makes too many packets",
                                  [&] { return expected_load(workload, deck); });
  const auto partition =
      partition::make_partition(partition_name, topology, static_cast<std::uint32_t>(ranks), load.events);
  find_lookahead(seen, deck, workload, partition);
  seen.regions = describe_regions(partition, topology, load.events);
  seen.facts = workload.plan().facts;
  seen.estimate.messages = load.messages;
  seen.estimate.packets = load.packets;
  estimate_events(seen.estimate, load, network_of(deck));
  seen.estimate.memory_bytes_per_rank =
      memory_of(deck, topology, load.rows, static_cast<std::uint64_t>(ranks));
  estimate_trace(seen.estimate, workload, load);
  return seen;
}

}  // namespace hecaton::runs
