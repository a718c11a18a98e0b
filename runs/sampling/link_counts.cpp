#include "runs/sampling/link_counts.hpp"

#include <algorithm>
#include <array>

#include "core/chiplet/program/messages.hpp"
#include "net/package/fabric.hpp"
#include "net/package/hops.hpp"
#include "net/package/links.hpp"
#include "runs/wiring/package.hpp"

namespace hecaton::runs {

namespace {

struct Flow {
  std::uint64_t flits = 0, packets = 0, bytes = 0;
};

// Of one message.
Flow flow_of(const net::Timing& timing, std::uint64_t bytes) {
  const auto flits_of = [&](std::uint64_t part) {
    return (part + timing.flit_bytes - 1) / timing.flit_bytes;
  };
  const std::uint64_t packet = std::uint64_t{timing.packet_flits} * timing.flit_bytes;
  if (timing.worm_is_message) {
    const std::uint64_t flits = flits_of(bytes), segment = timing.packet_flits;
    return {flits, (flits + segment - 1) / segment, bytes};
  }
  return {bytes / packet * timing.packet_flits + flits_of(bytes % packet), (bytes + packet - 1) / packet,
          bytes};
}

class Counter {
 public:
  explicit Counter(const Workload& workload)
      : fabric_(network_of(workload.deck()), workload.has_io()), ports_(fabric_.topology.nodes()) {}

  void add(NodeId from, NodeId to, std::uint64_t bytes, std::uint64_t times) {
    const Flow one = flow_of(fabric_.timing, bytes);
    all_.packets += one.packets * times;
    net::for_each_hop(fabric_.routes, fabric_.topology, from, to, [&](const net::Hop& hop) {
      Flow& flow = ports_[hop.from.value][static_cast<std::size_t>(hop.out)];
      flow.flits += one.flits * times;
      flow.packets += one.packets * times;
      flow.bytes += one.bytes * times;
      return true;
    });
  }

  LinkCounts take() {
    for (std::uint32_t node = 0; node < ports_.size(); ++node) add_links(NodeId{node});
    return std::move(all_);
  }

 private:
  void add_links(NodeId node) {
    const std::size_t first = all_.links.size();
    for (std::uint32_t p = 0; p < net::port_count; ++p) {
      const auto port = static_cast<net::Port>(p);
      const auto neighbour = fabric_.topology.neighbour(node, port);
      if (!neighbour) continue;
      const Flow& flow = ports_[node.value][p];
      const auto flit = static_cast<std::uint64_t>(fabric_.link(node, port).flit.ps);
      all_.links.push_back(
          {node.value, neighbour->value, flow.flits * flit, flow.flits, flow.packets, flow.bytes});
    }
    std::sort(all_.links.begin() + static_cast<std::ptrdiff_t>(first), all_.links.end(),
              [](const auto& a, const auto& b) { return a.to < b.to; });
  }

  const net::Fabric fabric_;
  std::vector<std::array<Flow, net::port_count>> ports_;  // by node
  LinkCounts all_;
};

}  // namespace

LinkCounts count_links(const Workload& workload) {
  Counter counter(workload);
  for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
    const chiplet::DieSetup setup = workload.die_setup(NodeId{d});
    chiplet::MessageCounts messages;
    chiplet::count_messages(messages, setup.id, *setup.program, {setup.rings, setup.lines}, setup.dram,
                            setup.timings.burst_bytes);
    messages.for_each([&](NodeId from, NodeId to, std::uint64_t bytes, std::uint64_t times) {
      counter.add(from, to, bytes, times);
    });
  }
  return counter.take();
}

}  // namespace hecaton::runs
