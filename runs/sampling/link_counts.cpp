#include "runs/sampling/link_counts.hpp"

#include <array>

#include "core/chiplet/counts/messages.hpp"
#include "net/package/fabric.hpp"
#include "net/package/hops.hpp"
#include "net/package/links.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/results.hpp"

namespace hecaton::runs {

namespace {

struct Flow {
  std::uint64_t flits = 0, packets = 0, bytes = 0;
};

Flow flow_of(const net::Timing& timing, const std::uint64_t message_bytes) {
  const auto bytes = static_cast<std::uint32_t>(message_bytes);
  return {timing.flits_of(bytes), timing.packets_of(bytes), bytes};
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
    const auto of_port = [&](net::Port port) {
      const Flow& flow = ports_[node.value][static_cast<std::size_t>(port)];
      const auto flit = static_cast<std::uint64_t>(fabric_.link(node, port).flit.ps);
      return chiplet::LinkCounters{
          .busy_ps = flow.flits * flit, .flits = flow.flits, .packets = flow.packets, .bytes = flow.bytes};
    };
    for (const chiplet::LinkCounters& link : link_rows(node, fabric_.topology, of_port))
      all_.links.push_back(link);
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
