// The package as a model of the engine without packets and routers: a message goes hop by hop along the way
// that the routes give, and each link stores it, whole, and forwards it. It stands beside PackageModel
// (net/package_model.hpp), whose endpoints it takes: start(host), on_message(host, delivered),
// on_timer(host, token); host: now(), node(), fabric(), hand_over(OutgoingMessage), wake_at(SimTime, token).
//
// A link carries one message at a time, in the order in which they come to its node. So when a message starts
// is known as soon as it comes, no queue is kept, and a hop is one event: the message is at the next node.
//
// Invariants:
//   - Messages at one node at one instant come in the order of their events: first those that pass through,
//     then those that end here (and what their endpoint hands over), then what timers hand over. Only a node
//     posts to itself for the same instant, so this order is the same however nodes lie on ranks.
//   - Nothing reaches another node sooner than its link's way(0), of which lookahead is made.
//   - Endpoints, events, and what save() takes are all that changes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "core/engine/base/time_bins.hpp"
#include "net/events/interface.hpp"
#include "net/links/border_lookahead.hpp"
#include "net/links/timing.hpp"
#include "net/package/fabric.hpp"
#include "net/package/links.hpp"
#include "net/package/packet.hpp"

namespace hecaton::net::links {

template <class Endpoint>
class Model {
 public:
  using Payload = net::Payload;

  struct Link {
    NodeId to;  // where there is no link, the node itself
    LinkSpeed speed;
    SimTime free_at{};      // all messages so far are off it, at this end
    PortCounters counters;  // a message is a packet of one flit; busy times as soon as they are known
  };
  struct Node {
    NodeId id;
    Endpoint endpoint;
    std::uint32_t sequence = 0;  // of the events it has posted
    // The longest chain of events that ends with its latest one, where an event follows the one that posted
    // it and the one before it at the same node. Stops at the largest number.
    std::uint32_t depth = 0;
    std::array<Link, port_count> links{};  // by Port
    InterfaceCounters counters;            // packets: messages that were handed over
  };

  // `owner_of`: by node, the rank that simulates it. `make(id)` gives the endpoint of each node of this rank.
  // Throws as BorderLookahead does.
  template <class Make>
  Model(const Fabric& fabric, std::vector<RankId> owner_of, RankId self, const SpeedOf& speed_of, Make&& make)
      : fabric_(fabric),
        owner_of_(std::move(owner_of)),
        local_(owner_of_.size(), absent),
        neighbours_(neighbours_of(fabric.topology, owner_of_, self)),
        lookahead_(fabric.topology, owner_of_, speed_of) {
    for (std::uint32_t n = 0; n < owner_of_.size(); ++n) {
      if (owner_of_[n] != self) continue;
      local_[n] = static_cast<std::uint32_t>(nodes_.size());
      const NodeId id{n};
      nodes_.push_back(Node{.id = id,
                            .endpoint = make(id),
                            .counters = {.packets = 0, .messages = MessageLog(fabric.messages)}});
      Node& node = nodes_.back();
      for (std::uint32_t p = 0; p < port_count; ++p) {
        const auto to = fabric.topology.neighbour(id, static_cast<Port>(p));
        node.links[p].to = to.value_or(id);
        node.links[p].counters.busy = TimeBins(fabric.bins);
        if (to) node.links[p].speed = speed_of(id, static_cast<Port>(p));
      }
    }
  }

  RankId owner(NodeId node) const { return owner_of_[node.value]; }
  std::span<const RankId> neighbours() const { return neighbours_; }  // ascending
  SimDuration lookahead(const engine::Event<Payload>& event) const { return lookahead_.of(event.receiver()); }
  SimDuration least_lookahead() const { return lookahead_.least(); }
  void prefetch(NodeId id) const { __builtin_prefetch(&nodes_[local_[id.value]]); }

  std::vector<Node>& nodes() { return nodes_; }  // of this rank, by ascending id
  const std::vector<Node>& nodes() const { return nodes_; }
  const Fabric& fabric() const { return fabric_; }
  // No message is on a link at its end here, or waits for one.
  bool idle(const Node& node, SimTime now) const {
    return std::all_of(node.links.begin(), node.links.end(),
                       [now](const Link& link) { return link.free_at <= now; });
  }

  template <class Engine>
  void start(Engine& engine) {
    for (Node& node : nodes_) {
      Host<Engine> host{*this, engine, node, SimTime{}};
      node.endpoint.start(host);
    }
  }

  template <class Event, class Engine>
  void handle(const Event& event, Engine& engine) {
    Node& node = nodes_[local_[event.receiver().value]];
    lengthen(node.depth, event.depth);
    Host<Engine> host{*this, engine, node, event.time};
    const Payload& payload = event.payload;
    if (payload.kind == EventKind::timer)
      node.endpoint.on_timer(host, static_cast<std::uint32_t>(payload.tag));
    else if (payload.kind == EventKind::delivered)
      deliver(node, header_of(payload), host);
    else
      send_on(node, header_of(payload), static_cast<Port>(payload.port), host);
  }

  // All is decided when it comes.
  template <class Engine>
  void settle(SimTime, Engine&) {}

  // All that changes of a node during a run, between two instants.
  template <class Archive>
  void save(Archive& archive, const Node& node) const {
    archive(node.sequence, node.depth, node.endpoint, node.counters);
    for (const Link& link : node.links) archive(link.free_at, link.counters);
  }
  template <class Archive>
  void load(Archive& archive, Node& node) {
    archive(node.sequence, node.depth, node.endpoint, node.counters);
    for (Link& link : node.links) archive(link.free_at, link.counters);
  }

  // What an endpoint sees.
  template <class Engine>
  struct Host {
    Model& model;
    Engine& engine;
    Node& self;
    SimTime time;

    SimTime now() const { return time; }
    NodeId node() const { return self.id; }
    const Fabric& fabric() const { return model.fabric_; }
    void hand_over(const OutgoingMessage& message) { model.take_over(self, message, *this); }
    void wake_at(SimTime at, std::uint32_t token) {
      Payload payload;
      payload.kind = EventKind::timer;
      payload.tag = token;
      post(at, engine::Phase::timer, self.id, payload);
    }
    void post(SimTime at, engine::Phase phase, NodeId to, const Payload& payload) {
      engine.post(at, phase, to, self.id, self.sequence++, payload, self.depth);
    }
  };

 private:
  static constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

  static void lengthen(std::uint32_t& depth, std::uint32_t posted_at) {
    depth = std::max(depth, posted_at);
    if (depth < std::numeric_limits<std::uint32_t>::max()) ++depth;
  }

  template <class AnyHost>
  void take_over(Node& node, const OutgoingMessage& message, AnyHost& host) {
    WormHeader header;
    header.source = node.id;
    header.destination = message.destination;
    header.tag = message.tag;
    header.created = host.now();
    header.bytes = message.bytes;
    header.express = message.express;
    header.background = message.background;
    ++node.counters.packets;
    SimTime out = host.now();
    if (message.destination == node.id)
      post_message(out, node.id, Port::local, header, host);
    else
      out = send_on(node, header, Port::local, host);
    node.counters.messages.left({header.created, header.destination.value, header.tag}, out);
  }

  // A message that is here, having come by `in`, takes its next link; returns when it starts there.
  template <class AnyHost>
  SimTime send_on(Node& node, const WormHeader& header, Port in, AnyHost& host) {
    const Port out = fabric_.routes.way(fabric_.topology, node.id, header, in, 0).port;
    Link& link = node.links[static_cast<std::size_t>(out)];
    const SimDuration busy = link.speed.busy(header.bytes);
    const SimTime start = std::max(host.now(), link.free_at);
    link.free_at = start + busy;
    link.counters.sent(busy, 1, 1);
    link.counters.bytes += header.bytes;
    link.counters.busy.add(start, link.free_at);
    post_message(start + link.speed.way(header.bytes), link.to, Topology::opposite(out), header, host);
    return start;
  }

  template <class AnyHost>
  static void post_message(SimTime at, NodeId to, Port in, const WormHeader& header, AnyHost& host) {
    const bool ends = to == header.destination;
    Payload payload = head_payload(header);
    payload.kind = ends ? EventKind::delivered : EventKind::head;
    payload.port = static_cast<std::uint8_t>(in);
    payload.flits = 1;
    host.post(at, ends ? engine::Phase::delivery : engine::Phase::arrival, to, payload);
  }

  template <class AnyHost>
  static void deliver(Node& node, const WormHeader& header, AnyHost& host) {
    node.counters.messages.arrived(header, node.id, header.bytes, host.now());
    node.endpoint.on_message(host, DeliveredMessage{header, 1, true});
  }

  const Fabric& fabric_;
  std::vector<RankId> owner_of_;
  std::vector<std::uint32_t> local_;  // node -> index in nodes_
  std::vector<RankId> neighbours_;
  BorderLookahead lookahead_;
  std::vector<Node> nodes_;
};

}  // namespace hecaton::net::links
