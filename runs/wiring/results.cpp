#include "runs/wiring/results.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <functional>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include "core/engine/base/field_digest.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton::runs {

namespace {

constexpr std::size_t reported_per_rank = 8;

std::uint64_t sum_of(std::uint64_t value, const boost::mpi::communicator& world) {
  return boost::mpi::all_reduce(world, value, std::plus<std::uint64_t>());
}

const net::PortCounters& counters_of(const Model::Node& node, net::Port port) {
  return node.router.counters().ports[static_cast<std::size_t>(port)];
}
const net::PortCounters& counters_of(const LinksModel::Node& node, net::Port port) {
  return node.links[static_cast<std::size_t>(port)].counters;
}
const net::InterfaceCounters& interface_of(const Model::Node& node) {
  return node.interface.counters();
}
const net::InterfaceCounters& interface_of(const LinksModel::Node& node) {
  return node.counters;
}

template <class Node>
std::vector<chiplet::LinkCounters> links_of(const Node& node, const net::Topology& topology) {
  return link_rows(node.id, topology, [&](net::Port port) {
    const net::PortCounters& sent = counters_of(node, port);
    return chiplet::LinkCounters{
        .busy_ps = sent.busy_ps, .flits = sent.flits, .packets = sent.packets, .bytes = sent.bytes};
  });
}

std::vector<chiplet::LinkCounters> links_of(const ClockedModel& model, std::size_t local) {
  const net::clocked::Network& network = model.network();
  const net::Timing& timing = model.fabric().timing;
  return link_rows(network.nodes()[local], model.fabric().topology, [&](net::Port port) {
    const net::clocked::PortCounters counters = network.port(local, port);
    return chiplet::LinkCounters{.busy_ps = counters.flits * static_cast<std::uint64_t>(timing.cycle.ps),
                                 .flits = counters.flits,
                                 .packets = counters.packets,
                                 .bytes = counters.packets * network.packet_flits() * timing.flit_bytes};
  });
}

void add_network(Digest& digest, std::uint64_t packets, const std::vector<chiplet::LinkCounters>& links) {
  digest.add(packets);
  for (const chiplet::LinkCounters& link : links) add_fields(digest, link);
}

template <class Die>
void add_die(Digest& digest, const Die& die) {
  digest.add(die.digest());
  digest.add(die.rows());
  add_fields(digest, die.counters());
}

template <class Node>
std::uint64_t digest_of(const Node& node, const net::Topology& topology) {
  Digest digest;
  if (const auto* die = std::get_if<DieNode>(&node.endpoint.node)) {
    add_die(digest, die->die);
  } else if (const auto* graph = std::get_if<GraphNode>(&node.endpoint.node)) {
    add_die(digest, *graph->die);
  } else if (const auto* io = std::get_if<IoNode>(&node.endpoint.node)) {
    const chiplet::IoCounters counters = io->io.counters();
    for (std::uint64_t word : {counters.read_bytes, counters.write_bytes, counters.bursts, counters.busy_ps})
      digest.add(word);
  } else if (const auto* source = std::get_if<TrafficNode>(&node.endpoint.node)) {
    add_fields(digest, source->counters);
  }
  add_network(digest, interface_of(node).packets, links_of(node, topology));
  return digest.value();
}

std::uint64_t package_digest(const std::vector<NodeOutcome>& mine, std::uint32_t nodes,
                             const boost::mpi::communicator& world) {
  std::vector<std::uint64_t> by_node(nodes, 0);
  for (const NodeOutcome& node : mine) by_node[node.id.value] = node.digest;
  std::vector<std::uint64_t> all(by_node.size());
  boost::mpi::all_reduce(world, by_node.data(), static_cast<int>(by_node.size()), all.data(),
                         std::plus<std::uint64_t>());
  Digest digest;
  for (std::uint64_t word : all) digest.add(word);
  return digest.value();
}

// When the last die ended, or the last packet arrived.
std::uint64_t end_of(const Endpoint& endpoint) {
  if (const auto* die = std::get_if<DieNode>(&endpoint.node)) return die->die.counters().finished_ps;
  if (const auto* graph = std::get_if<GraphNode>(&endpoint.node)) return graph->die->counters().finished_ps;
  if (const auto* source = std::get_if<TrafficNode>(&endpoint.node)) return source->counters.last_delivery_ps;
  return 0;
}

// Of a network whose nodes have endpoints.
template <class AnyModel>
std::vector<NodeOutcome> outcomes_of(const AnyModel& model) {
  std::vector<NodeOutcome> all;
  for (const auto& node : model.nodes()) {
    const std::uint64_t digest = digest_of(node, model.fabric().topology);
    all.push_back({node.id, digest, interface_of(node).packets, end_of(node.endpoint), node.depth, {}});
    if (const auto* source = std::get_if<TrafficNode>(&node.endpoint.node))
      all.back().traffic = source->counters;
  }
  return all;
}

}  // namespace

std::vector<NodeOutcome> outcomes(const Model& model) {
  return outcomes_of(model);
}
std::vector<NodeOutcome> outcomes(const LinksModel& model) {
  return outcomes_of(model);
}

std::vector<NodeOutcome> outcomes(const ClockedModel& model) {
  const net::clocked::Network& network = model.network();
  std::vector<NodeOutcome> all;
  for (std::size_t i = 0; i < network.nodes().size(); ++i) {
    const net::TrafficCounters& counters = network.counters(i);
    Digest digest;
    add_fields(digest, counters);
    add_network(digest, network.packets(i), links_of(model, i));
    all.push_back({network.nodes()[i], digest.value(), network.packets(i), counters.last_delivery_ps,
                   network.depth(i), counters});
  }
  return all;
}

namespace {

std::string blocked_on(const Endpoint& endpoint) {
  if (const auto* die = std::get_if<DieNode>(&endpoint.node))
    return die->die.finished() ? std::string() : die->die.blocked_on();
  if (const auto* graph = std::get_if<GraphNode>(&endpoint.node)) return graph->die->blocked_on();
  if (const auto* io = std::get_if<IoNode>(&endpoint.node))
    return io->io.idle() ? std::string() : io->io.blocked_on();
  return {};
}

template <class AnyModel>
std::vector<std::string> unfinished_of(const AnyModel& model) {
  std::vector<std::string> waiting;
  std::size_t count = 0;
  for (const auto& node : model.nodes()) {
    const std::string reason = blocked_on(node.endpoint);
    if (reason.empty()) continue;
    if (++count <= reported_per_rank)
      waiting.push_back("node " + std::to_string(node.id.value) + ": " + reason);
  }
  if (count > reported_per_rank)
    waiting.push_back("... and " + std::to_string(count - reported_per_rank) + " more on this rank");
  return waiting;
}

void require_none(const std::vector<std::string>& mine, const boost::mpi::communicator& world) {
  if (sum_of(mine.size(), world) == 0) return;
  std::vector<std::vector<std::string>> all;
  boost::mpi::all_gather(world, mine, all);
  std::string report =
      "the simulation stopped with nothing left to do, but programs have not ended; waiting are";
  for (const auto& lines : all)
    for (const std::string& line : lines) report += "\n  " + line;
  throw std::runtime_error(report);
}

}  // namespace

std::vector<std::string> unfinished(const Model& model) {
  return unfinished_of(model);
}

void require_finished(const Model& model, const boost::mpi::communicator& world) {
  require_none(unfinished(model), world);
}
void require_finished(const LinksModel& model, const boost::mpi::communicator& world) {
  require_none(unfinished_of(model), world);
}

void require_finished(const ClockedModel& model, const boost::mpi::communicator& world) {
  if (sum_of(model.network().quiet() ? 0 : 1, world) != 0)
    throw std::logic_error("the simulation stopped with flits in the network, or without all of its credits");
}

namespace {

void take_channels(const IoNode& node, io::LocalRecords& records) {
  const std::vector<chiplet::ChannelTotals>& channels = node.io.channels();
  for (std::uint32_t c = 0; c < channels.size(); ++c) {
    if (!channels[c].busy.keeps()) continue;
    records.channels.push_back({node.io.id().value, c, channels[c].busy_ps});
    records.bins.channels.push_back(channels[c].busy);
  }
}

void add_bins(const Model& model, const Model::Node& node, io::LocalBins& bins) {
  const net::Fabric& fabric = model.fabric();
  for_each_port(node.id, fabric.topology,
                [&](NodeId, net::Port port) { bins.links.push_back(node.router.busy(fabric.timing, port)); });
  bins.nodes.push_back(node.id.value);
  bins.routers.push_back(model.held(node));
  const auto* die = std::get_if<DieNode>(&node.endpoint.node);
  if (die == nullptr) return;
  bins.activations.push_back(die->die.peaks(chiplet::Buffer::activation));
  bins.weights.push_back(die->die.peaks(chiplet::Buffer::weight));
}

void add_bins(const ClockedModel& model, std::size_t local, io::LocalBins& bins) {
  const net::clocked::Network& network = model.network();
  for_each_port(network.nodes()[local], model.fabric().topology,
                [&](NodeId, net::Port port) { bins.links.push_back(network.busy(local, port)); });
  bins.nodes.push_back(network.nodes()[local].value);
  bins.routers.push_back(network.held(local));
}

// Links alone do not tell what their messages wait for.
net::StallTimes stalls_of(const LinksModel::Node&, net::Port) {
  return {};
}
net::StallTimes stalls_of(const Model::Node& node, net::Port port) {
  return node.router.stalls(port);
}

template <class Node>
void add_stalls(const Node& node, const net::Topology& topology, std::vector<io::StallRow>& stalls) {
  for_each_port(node.id, topology, [&](NodeId to, net::Port port) {
    const net::StallTimes times = stalls_of(node, port);
    stalls.push_back({.from = node.id.value,
                      .to = to.value,
                      .sending_ps = counters_of(node, port).busy_ps,
                      .credit_ps = times.credit_ps,
                      .rival_ps = times.rival_ps});
  });
}

void add_stalls(const ClockedModel& model, std::size_t local, std::vector<io::StallRow>& stalls) {
  const net::clocked::Network& network = model.network();
  const NodeId from = network.nodes()[local];
  const auto time_of = [cycle = model.fabric().timing.cycle](std::uint64_t cycles) {
    return cycles * static_cast<std::uint64_t>(cycle.ps);
  };
  for_each_port(from, model.fabric().topology, [&](NodeId to, net::Port port) {
    const net::clocked::PortStalls::Cycles cycles = network.stalls(local, port);
    stalls.push_back({.from = from.value,
                      .to = to.value,
                      .sending_ps = time_of(network.port(local, port).flits),
                      .credit_ps = time_of(static_cast<std::uint64_t>(cycles.credit)),
                      .rival_ps = time_of(static_cast<std::uint64_t>(cycles.rival))});
  });
}

void take_die(Endpoint& endpoint, io::LocalRecords& records) {
  const auto take = [&](const chiplet::DieCounters& counters, std::vector<chiplet::OperationRow>& rows,
                        std::vector<chiplet::WaitRow>& waits) {
    records.die_counters.push_back(counters);
    records.operations_per_die.push_back(rows.size());
    records.operations.insert(records.operations.end(), rows.begin(), rows.end());
    std::vector<chiplet::OperationRow>().swap(rows);
    records.waits_per_die.push_back(waits.size());
    records.waits.insert(records.waits.end(), waits.begin(), waits.end());
    std::vector<chiplet::WaitRow>().swap(waits);
  };
  std::vector<chiplet::OperationRow> no_rows = {};
  std::vector<chiplet::WaitRow> no_waits = {};
  if (auto* die = std::get_if<DieNode>(&endpoint.node)) {
    records.marks.push_back(die->marks);
    take(die->die.counters(), die->rows, die->waits);
  } else if (auto* graph = std::get_if<GraphNode>(&endpoint.node)) {
    take(graph->die->counters(), graph->rows, no_waits);
  } else {
    take({}, no_rows, no_waits);
  }
}

void add_bins(const LinksModel& model, const LinksModel::Node& node, io::LocalBins& bins) {
  for_each_port(node.id, model.fabric().topology,
                [&](NodeId, net::Port port) { bins.links.push_back(counters_of(node, port).busy); });
  bins.nodes.push_back(node.id.value);
  bins.routers.emplace_back(model.fabric().bins);
}

template <class AnyModel>
io::LocalRecords records_of(AnyModel& model) {
  io::LocalRecords records;
  const net::Topology& topology = model.fabric().topology;
  records.bins.grid = model.fabric().bins;
  records.keeps_stalls = model.fabric().stalls;
  for (auto& node : model.nodes()) {
    for (const chiplet::LinkCounters& link : links_of(node, topology)) records.links.push_back(link);
    if (records.keeps_stalls) add_stalls(node, topology, records.stalls);
    if (records.bins.grid.count > 0) add_bins(model, node, records.bins);
    if (const auto* io = std::get_if<IoNode>(&node.endpoint.node)) take_channels(*io, records);
    if (topology.is_io(node.id)) continue;
    records.dies.push_back(node.id.value);
    take_die(node.endpoint, records);
  }
  return records;
}

}  // namespace

std::vector<NodeLog> message_logs(Model& model) {
  std::vector<NodeLog> logs;
  for (Model::Node& node : model.nodes()) logs.push_back({node.id, &node.interface.messages()});
  return logs;
}

std::vector<NodeLog> message_logs(LinksModel& model) {
  std::vector<NodeLog> logs;
  for (LinksModel::Node& node : model.nodes()) logs.push_back({node.id, &node.counters.messages});
  return logs;
}

std::vector<NodeLog> message_logs(ClockedModel& model) {
  net::clocked::Network& network = model.network();
  std::vector<NodeLog> logs;
  for (std::size_t i = 0; i < network.nodes().size(); ++i)
    logs.push_back({network.nodes()[i], &network.messages(i)});
  return logs;
}

void complete_stalls(std::vector<io::StallRow>& stalls, std::int64_t simulated_ps) {
  const auto whole = static_cast<std::uint64_t>(simulated_ps);
  for (io::StallRow& row : stalls)
    row.nothing_ps = whole - std::min(whole, row.sending_ps + row.credit_ps + row.rival_ps);
}

io::LocalRecords take_records(Model& model) {
  return records_of(model);
}
io::LocalRecords take_records(LinksModel& model) {
  return records_of(model);
}

io::LocalRecords take_records(ClockedModel& model) {
  io::LocalRecords records;
  const net::clocked::Network& network = model.network();
  records.bins.grid = model.fabric().bins;
  records.keeps_stalls = model.fabric().stalls;
  for (std::size_t i = 0; i < network.nodes().size(); ++i) {
    for (const chiplet::LinkCounters& link : links_of(model, i)) records.links.push_back(link);
    if (records.keeps_stalls) add_stalls(model, i, records.stalls);
    if (records.bins.grid.count > 0) add_bins(model, i, records.bins);
    records.dies.push_back(network.nodes()[i].value);
    records.die_counters.emplace_back();
    records.operations_per_die.push_back(0);
    records.waits_per_die.push_back(0);
  }
  return records;
}

void add_links(io::Totals& totals, const std::vector<chiplet::LinkCounters>& links) {
  for (const chiplet::LinkCounters& link : links) {
    totals.packet_hops += link.packets;
    totals.flit_hops += link.flits;
    totals.link_bits += link.bytes * 8;
  }
}

std::uint64_t dram_bytes_of(const std::vector<chiplet::DieCounters>& dies_here,
                            const boost::mpi::communicator& world) {
  std::uint64_t bytes = 0;
  for (const chiplet::DieCounters& die : dies_here) bytes += die.dram_read_bytes + die.dram_write_bytes;
  return sum_of(bytes, world);
}

io::Totals sum_up(const std::vector<NodeOutcome>& nodes_here, const io::LocalRecords& records,
                  std::uint32_t nodes, const boost::mpi::communicator& world) {
  io::Totals mine;
  std::uint64_t end = 0;
  for (const NodeOutcome& node : nodes_here) {
    mine.packets += node.packets;
    end = std::max(end, node.end_ps);
  }
  add_links(mine, records.links);
  io::Totals all;
  all.simulated_ps =
      static_cast<std::int64_t>(boost::mpi::all_reduce(world, end, boost::mpi::maximum<std::uint64_t>()));
  all.packets = sum_of(mine.packets, world);
  all.packet_hops = sum_of(mine.packet_hops, world);
  all.flit_hops = sum_of(mine.flit_hops, world);
  all.link_bits = sum_of(mine.link_bits, world);
  all.dram_bytes = dram_bytes_of(records.die_counters, world);
  all.digest = package_digest(nodes_here, nodes, world);
  return all;
}

std::uint64_t critical_path(const std::vector<NodeOutcome>& nodes_here,
                            const boost::mpi::communicator& world) {
  std::uint32_t longest = 0;
  for (const NodeOutcome& node : nodes_here) longest = std::max(longest, node.depth);
  longest = boost::mpi::all_reduce(world, longest, boost::mpi::maximum<std::uint32_t>());
  return longest == std::numeric_limits<std::uint32_t>::max() ? 0 : longest;
}

namespace {

// The sum or the largest over all nodes of all ranks, number by number; the rest stays 0.
net::TrafficCounters combined(const std::vector<NodeOutcome>& nodes_here,
                              const boost::mpi::communicator& world) {
  net::TrafficCounters all;
  for_each_field<net::TrafficCounters>([&](const auto& field) {
    const auto combine = [&](auto number_of) {
      std::uint64_t mine = 0;
      for (const NodeOutcome& node : nodes_here) {
        if (!node.traffic) continue;
        const std::uint64_t one = number_of(*node.traffic);
        mine = field.combine == Combine::sum ? mine + one : std::max(mine, one);
      }
      if (field.combine == Combine::sum) return sum_of(mine, world);
      return boost::mpi::all_reduce(world, mine, boost::mpi::maximum<std::uint64_t>());
    };
    if (field.combine == Combine::none) return;
    if constexpr (std::is_same_v<typename std::decay_t<decltype(field)>::Value, std::uint64_t>) {
      all.*field.member = combine([&](const net::TrafficCounters& c) { return c.*field.member; });
    } else {
      for (std::size_t part = 0; part < net::measured_parts; ++part)
        (all.*field.member)[part] =
            combine([&](const net::TrafficCounters& c) { return (c.*field.member)[part]; });
    }
  });
  return all;
}

std::uint64_t least_latency_ps(const std::vector<NodeOutcome>& nodes_here,
                               const boost::mpi::communicator& world) {
  // Not the largest of 64 bits: a vectorised MPI_MIN was seen to take that for -1, the least of all.
  auto least = static_cast<std::uint64_t>(SimTime::never().ps);
  for (const NodeOutcome& node : nodes_here)
    if (node.traffic && node.traffic->packets_measured > 0)
      least = std::min(least, node.traffic->latency_min_ps);
  return boost::mpi::all_reduce(world, least, boost::mpi::minimum<std::uint64_t>());
}

// What packets of so many links and flits in all take from hand-over to delivery with nothing in their way, were
// all links alike: as the mean of those between dies.
io::Wide alone_ps(const net::Fabric& fabric, const net::TrafficCounters& counters) {
  const net::Timing& timing = fabric.timing;
  std::int64_t links = 0, latency = 0, flit = 0;
  for (std::uint32_t die = 0; die < fabric.topology.dies(); ++die)
    for (const net::Port port : net::die_ports) {
      if (!fabric.topology.neighbour(NodeId{die}, port)) continue;
      const net::LinkTiming link = fabric.link(NodeId{die}, port);
      ++links;
      latency += link.latency.ps;
      flit += link.flit.ps;
    }
  links = std::max<std::int64_t>(links, 1);
  const SimDuration stages = timing.routing_stage + timing.channel_stage;
  const SimDuration ends = timing.overhead + timing.latch_injection() + stages + timing.latch_ejection();
  const std::int64_t link = 2 * timing.cycle.ps + stages.ps + latency / links;
  const std::uint64_t packets = counters.packets_measured;
  const std::uint64_t behind_heads = counters.offered_flits - std::min(counters.offered_flits, packets);
  return io::Wide{packets} * static_cast<std::uint64_t>(ends.ps) +
         io::Wide{counters.hops_sum} * static_cast<std::uint64_t>(link) +
         io::Wide{behind_heads} * static_cast<std::uint64_t>(std::max(flit / links, timing.cycle.ps));
}

}  // namespace

io::TrafficResult traffic_result(const std::vector<NodeOutcome>& nodes_here, const net::Fabric& fabric,
                                 const boost::mpi::communicator& world) {
  const net::TrafficCounters sums = combined(nodes_here, world);
  const std::uint64_t least = least_latency_ps(nodes_here, world);
  const auto cycle = static_cast<std::uint64_t>(fabric.timing.cycle.ps);
  io::TrafficResult all;
  all.packets_measured = sums.packets_measured;
  all.latency_sum_cycles = sums.latency_sum_ps / cycle;
  all.latency_max_cycles = sums.latency_max_ps / cycle;
  all.latency_min_cycles = all.packets_measured == 0 ? 0 : least / cycle;
  all.hops_sum = sums.hops_sum;
  all.offered_flits = sums.offered_flits;
  all.accepted_flits = sums.accepted_flits;
  all.part_packets = sums.part_packets;
  for (std::size_t part = 0; part < net::measured_parts; ++part)
    all.part_latency_cycles[part] = sums.part_latency_ps[part] / cycle;
  all.alone_sum_cycles = io::narrow(alone_ps(fabric, sums) / cycle);
  return all;
}

}  // namespace hecaton::runs
