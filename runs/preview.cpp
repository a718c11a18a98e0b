// What `validate` and `partition` show: a run's shape and size, from the static counts of its programs.
#include <fmt/format.h>

#include <algorithm>

#include "io/trace.hpp"
#include "net/package_model.hpp"
#include "partition/partition.hpp"
#include "runs/endpoint.hpp"
#include "runs/simulation.hpp"
#include "runs/workload.hpp"

namespace hecaton::runs {

namespace {

constexpr std::uint32_t widest_map = 32;

std::string describe_regions(const partition::Partition& partition, const net::Topology& topology) {
  const partition::Figures figures = partition::figures(partition, topology);
  const auto [least, most] = std::minmax_element(figures.dies_of_rank.begin(), figures.dies_of_rank.end());
  std::string text =
      fmt::format("regions                     {} of {} to {} dies, {} links cut, imbalance {:.3f}\n",
                  partition.ranks, *least, *most, figures.cut_links, figures.imbalance);
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
  const std::uint64_t rows = topology.rows();
  const std::uint64_t columns = topology.columns();
  const std::uint64_t io = topology.nodes() - topology.dies();
  return 2 * (rows * (columns - 1) + columns * (rows - 1) + io);
}

// Events of one undisturbed message: hand-over and delivery, and at each router the arrival and two
// decisions.
std::uint64_t events_per_message(std::uint64_t hops) {
  return 4 + 3 * (hops + 1);
}

void add_programs(const Workload& workload, const io::Deck& deck, Estimate& estimate, std::uint64_t& rows) {
  const net::Topology& topology = workload.topology();
  const std::uint64_t packet = deck.network.interface.packet_bytes;
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    const chiplet::DieSetup setup = workload.die_setup(NodeId{d});
    const auto counts = chiplet::count_program(*setup.program, setup.rings, setup.timings, setup.dram);
    const std::uint64_t dram_hops = setup.dram.empty() ? 0 : topology.hops(NodeId{d}, setup.dram.front().io);
    const std::uint64_t dram_bytes = counts.counters.dram_read_bytes + counts.counters.dram_write_bytes;
    estimate.messages += counts.ring_messages + counts.dram_messages;
    estimate.packets += std::max(counts.ring_messages, counts.counters.nop_sent_bytes / packet) +
                        std::max(counts.dram_messages, dram_bytes / packet);
    estimate.events += counts.ring_messages * events_per_message(2) +
                       counts.dram_messages * events_per_message(dram_hops) + counts.rows;
    rows += counts.rows;
  }
}

void add_traffic(const net::TrafficConfig& traffic, const net::Topology& topology, Estimate& estimate) {
  const auto cycles =
      static_cast<double>(traffic.warmup_cycles + traffic.measure_cycles + traffic.drain_cycles);
  const double packets = topology.dies() * traffic.injection_rate / traffic.packet_flits * cycles;
  estimate.messages = estimate.packets = static_cast<std::uint64_t>(packets);
  const std::uint64_t hops = (topology.rows() + topology.columns()) / 3;  // mean distance of uniform traffic
  estimate.events = estimate.packets * events_per_message(hops);
}

std::uint64_t memory_of(const io::Deck& deck, const net::Topology& topology, std::uint64_t rows,
                        std::uint64_t ranks) {
  const std::uint64_t channels = net::port_count * deck.network.router.virtual_channels;
  const std::uint64_t node = sizeof(net::PackageModel<Endpoint>::Node) +
                             channels * (sizeof(net::InputChannel) + sizeof(net::OutputChannel) + 64) + 2048;
  const std::uint64_t share = (topology.nodes() + ranks - 1) / ranks;
  const std::uint64_t program = 32u << 20;  // libraries and buffers
  return program + share * node + 2 * rows / ranks * sizeof(chiplet::OperationRow);
}

}  // namespace

Preview preview(const io::Deck& deck, int ranks, const std::string& partition_name) {
  const Workload workload(deck);
  const net::Topology& topology = workload.topology();
  const auto partition =
      partition::make_partition(partition_name, topology, static_cast<std::uint32_t>(ranks));
  Preview seen;
  seen.lookahead_ps = net::make_timing(deck.network).lookahead(workload.uses_bypass());
  if (ranks > 1 && seen.lookahead_ps <= 0)
    throw training::PlanError(
        "link.latency_ns", "is too small for a run on several ranks",
        "regions simulated apart need time to pass between a cause and its effect on another",
        "use one rank, or a latency of at least 0.001 ns");
  seen.regions = describe_regions(partition, topology);
  seen.facts = workload.plan().facts;
  std::uint64_t rows = 0;
  if (workload.traffic()) {
    add_traffic(deck.traffic, topology, seen.estimate);
  } else {
    add_programs(workload, deck, seen.estimate, rows);
  }
  seen.estimate.memory_bytes_per_rank = memory_of(deck, topology, rows, static_cast<std::uint64_t>(ranks));
  seen.estimate.trace_bytes = io::trace_bytes(topology.dies(), link_count(topology), rows);
  return seen;
}

}  // namespace hecaton::runs
