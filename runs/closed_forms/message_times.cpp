#include "runs/closed_forms/message_times.hpp"

#include <algorithm>

#include "net/package/hops.hpp"

namespace hecaton::runs {

MessageTimes::MessageTimes(const net::NetworkConfig& config, bool with_io)
    : topology_(config.package, with_io),
      timing_(net::make_timing(config)),
      routing_(config.router.routing),
      interface_ports_(config.interface.ports) {
  if (!config.link.overrides.empty() || topology_.faulty()) fabric_.emplace(config, with_io);
}

bool MessageTimes::knows_way(NodeId from, NodeId to) const {
  if (routing_ == net::Routing::up_down) return true;
  if (routing_ != net::Routing::xy && routing_ != net::Routing::yx) return false;
  return !topology_.has_two_ways(net::Dimension::row, from, to) &&
         !topology_.has_two_ways(net::Dimension::column, from, to);
}

// `latency`: of all links together.
Way MessageTimes::over_links(std::uint64_t links, std::uint64_t routers, Checked latency) const {
  const Checked head_stages =
      (timing_.channel_stage > SimDuration{} ? 1U : 0U) + (timing_.routing_stage > SimDuration{} ? 1U : 0U);
  const auto cycle = static_cast<std::uint64_t>(timing_.cycle.ps);
  const Checked cycles = 2 + (2 + head_stages) * (routers + 1);
  return {overhead() + cycles * cycle + latency, 0, (links + 1) * head_stages * cycle};
}

Way MessageTimes::least_way(NodeId from, NodeId to) const {
  return shortest_over(from, to, false);
}

Way MessageTimes::shortest_over(NodeId from, NodeId to, bool express) const {
  const std::uint64_t links = topology_.hops(from, to);
  const SimDuration latency = fabric_ ? timing_.least_link : timing_.link;
  return over_links(links, express ? 1 : links, Checked{links} * static_cast<std::uint64_t>(latency.ps));
}

Way MessageTimes::way(NodeId from, NodeId to, bool express) const {
  if (!fabric_ || !knows_way(from, to)) return shortest_over(from, to, express);
  SimDuration latency, flit = timing_.cycle;
  std::uint64_t links = 0;
  net::for_each_hop(fabric_->routes, fabric_->topology, from, to, [&](const net::Hop& hop) {
    const net::LinkTiming link = fabric_->link(hop.from, hop.out);
    latency = latency + link.latency;
    flit = std::max(flit, link.flit);
    ++links;
    return true;
  });
  Way way = over_links(links, express ? 1 : links, static_cast<std::uint64_t>(latency.ps));
  way.slow = static_cast<std::uint64_t>((flit - timing_.cycle).ps);
  return way;
}

Way MessageTimes::shortest() const {
  return over_links(1, 1, static_cast<std::uint64_t>(timing_.least_link.ps));
}

Time MessageTimes::message(std::uint64_t bytes, const Way& way) const {
  return stream(1, bytes, way);
}

Time MessageTimes::stream(std::uint64_t count, std::uint64_t bytes, const Way& way) const {
  if (bytes == 0 || count == 0) return {};
  Checked sent = count * sending(bytes);
  const Checked slower = (Checked{count} * flits(bytes) - 1) * way.slow;
  if (slower > way.catch_up) sent += slower - way.catch_up;
  return {way.head + sent, sent};
}

}  // namespace hecaton::runs
