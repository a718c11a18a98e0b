#include "net/package/up_down.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hecaton::net {

namespace {

constexpr std::array<Port, 5> linked_ports{Port::east, Port::west, Port::south, Port::north, Port::io};
constexpr std::uint32_t most_nodes = 8192;
constexpr std::uint32_t unplaced = 0xFFFFFFFFu;

// Links, by the place of the node that they leave. `to` is a place as well.
struct Link {
  Port port;
  std::uint32_t to;
};
struct Links {
  std::array<Link, linked_ports.size()> links;
  std::uint32_t count = 0;
};

// So many destinations are looked at together, each in a lane, that a compiler finds vectors of them.
constexpr std::size_t lanes = 32;
using Distances = std::array<std::uint16_t, lanes>;
using Choices = std::array<std::uint16_t, lanes>;
constexpr std::uint16_t never = 0x7FFF;  // more than any way; one more than it still fits
constexpr std::uint16_t no_port = 0xF;

void shorten(Distances& a, const Distances& b) {
  for (std::size_t lane = 0; lane < lanes; ++lane)
    a[lane] = std::min(a[lane], static_cast<std::uint16_t>(b[lane] + 1));
}

// Where a way over this port is as short as the best.
void choose(Choices& choices, Port port, const Distances& best, const Distances& rest) {
  for (std::size_t lane = 0; lane < lanes; ++lane)
    choices[lane] = static_cast<std::uint16_t>(rest[lane] + 1) == best[lane]
                        ? static_cast<std::uint16_t>(port)
                        : choices[lane];
}

// The ways to a few destinations whose numbers differ by a multiple of 4.
class Block {
 public:
  Block(const std::vector<Links>& links, const std::vector<NodeId>& nodes)
      : links_(links), nodes_(nodes), down_(nodes.size()), any_(nodes.size()) {}

  // entry(lane, place, ports) for every node.
  template <class Entry>
  void find(const std::vector<std::uint32_t>& destinations, std::uint32_t number, Entry&& entry) {
    find_down(destinations);
    any_ = down_;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      for (std::uint32_t l = 0; l < links_[i].count; ++l)
        if (const Link& link = links_[i].links[l]; link.to < i) shorten(any_[i], any_[link.to]);
      Choices still_up, down;
      still_up.fill(no_port);
      down.fill(no_port);
      // Another port first for every pair.
      const std::uint32_t first = (nodes_[i].value + number) % 4;
      for_each_rotated(links_[i], first, [&](const Link& link) {
        if (link.to < i) return choose(still_up, link.port, any_[i], any_[link.to]);
        choose(still_up, link.port, any_[i], down_[link.to]);
        choose(down, link.port, down_[i], down_[link.to]);
      });
      for (std::size_t lane = 0; lane < destinations.size(); ++lane)
        entry(lane, i, static_cast<std::uint8_t>(still_up[lane] | down[lane] << 4U));
    }
  }

 private:
  // Ways that only lead away from the root, found from their end.
  void find_down(const std::vector<std::uint32_t>& destinations) {
    for (Distances& distances : down_) distances.fill(never);
    for (std::size_t lane = 0; lane < destinations.size(); ++lane) down_[destinations[lane]][lane] = 0;
    for (auto i = static_cast<std::uint32_t>(nodes_.size()); i-- > 0;)
      for (std::uint32_t l = 0; l < links_[i].count; ++l)
        if (const Link& link = links_[i].links[l]; link.to > i) shorten(down_[i], down_[link.to]);
  }

  // From the port `first` on, round the ports to other dies; last the port to an IO die.
  template <class Visit>
  static void for_each_rotated(const Links& links, std::uint32_t first, Visit&& visit) {
    const auto number = [](const Link& link) { return static_cast<std::uint32_t>(link.port); };
    for (std::uint32_t l = 0; l < links.count; ++l)
      if (number(links.links[l]) >= first && links.links[l].port != Port::io) visit(links.links[l]);
    for (std::uint32_t l = 0; l < links.count; ++l)
      if (number(links.links[l]) < first || links.links[l].port == Port::io) visit(links.links[l]);
  }

  const std::vector<Links>& links_;
  const std::vector<NodeId>& nodes_;
  std::vector<Distances> down_, any_;
};

std::vector<Links> links_of(const Topology& topology, const std::vector<NodeId>& nodes,
                            const std::vector<std::uint32_t>& order) {
  std::vector<Links> links(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const Port port : linked_ports)
      if (const auto next = topology.neighbour(nodes[i], port))
        links[i].links[links[i].count++] = {port, order[next->value]};
  return links;
}

}  // namespace

std::vector<NodeId> up_down_order(const Topology& topology) {
  if (topology.nodes() > most_nodes)
    throw std::invalid_argument("up-down routing has a table of nodes x nodes; at most 8192 nodes");
  std::vector<NodeId> found;
  std::vector<bool> seen(topology.nodes(), false);
  std::uint32_t alive = 0;
  for (std::uint32_t n = topology.nodes(); n-- > 0;) {
    if (topology.dead(NodeId{n})) continue;
    ++alive;
    found.assign(1, NodeId{n});
  }
  for (NodeId node : found) seen[node.value] = true;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (Port port : linked_ports)
      if (const auto next = topology.neighbour(found[i], port); next && !seen[next->value]) {
        seen[next->value] = true;
        found.push_back(*next);
      }
  if (found.size() != alive || alive == 0)
    throw std::invalid_argument("dead links and dies leave dies that cannot reach each other");
  return found;
}

UpDown::UpDown(const Topology& topology) {
  const std::vector<NodeId> by_order = up_down_order(topology);
  const std::size_t nodes = topology.nodes();
  order_.assign(nodes, unplaced);
  for (std::uint32_t i = 0; i < by_order.size(); ++i) order_[by_order[i].value] = i;
  next_.assign(nodes * nodes, 0xFF);
  const std::vector<Links> links = links_of(topology, by_order, order_);
  Block block(links, by_order);
  for (std::uint32_t number = 0; number < 4; ++number) {
    std::vector<std::uint32_t> destinations;  // places
    const auto find = [&] {
      block.find(destinations, number, [&](std::size_t lane, std::uint32_t place, std::uint8_t ports) {
        next_[by_order[destinations[lane]].value * nodes + by_order[place].value] = ports;
      });
      destinations.clear();
    };
    for (std::size_t d = number; d < nodes; d += 4) {
      if (order_[d] != unplaced) destinations.push_back(order_[d]);
      if (destinations.size() == lanes) find();
    }
    if (!destinations.empty()) find();
  }
}

Port UpDown::port(const Topology& topology, NodeId here, NodeId destination, Port in) const {
  const std::uint8_t entry = next_[destination.value * topology.nodes() + here.value];
  const auto from = topology.neighbour(here, in);
  const bool came_down = from && order_[from->value] < order_[here.value];
  return static_cast<Port>(came_down ? entry >> 4 : entry & 0xF);
}

}  // namespace hecaton::net
