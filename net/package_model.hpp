// The package as a model of the engine: every node is a component made of a router, an interface and whatever
// is attached to it (a die, an IO die, a traffic source). This file only moves events to where they belong.
//
// Endpoint concept (all statically dispatched):
//   start(host)                       once, at time 0
//   on_message(host, delivered)       the last flit of a message is here (of each worm, if it wants to count
//   them) on_timer(host, token)             a wake-up it asked for
// host: now(), node(), hand_over(OutgoingMessage), wake_at(SimTime, token).
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

#include "core/engine/event.hpp"
#include "net/borders.hpp"
#include "net/interface.hpp"
#include "net/router.hpp"

namespace hecaton::net {

// What a rank may build on when it promises that nothing will cross a border for a while; beside these, link
// latency, and the times of all pending events. To switch one off changes how often ranks wait, nothing else.
struct LookaheadSources {
  bool router = true;     // cycles between a decision of a router and its effect on the next one
  bool distance = true;   // links between a node and the border
  bool interface = true;  // what happens at a die has to pass its injection channel first
};

template <class Endpoint>
class PackageModel {
 public:
  using Payload = net::Payload;

  // The two parts of a node that take decisions; they meet only through events.
  enum Part : std::uint8_t { router_part, interface_part };

  struct Node {
    NodeId id;
    Router router;
    Interface interface;
    Endpoint endpoint;
    std::uint32_t sequence = 0;  // of the events it has posted
    // The longest chain of events that ends with its latest one, where an event follows the one that posted
    // it and the one before it at the same node. Stops at the largest number.
    std::uint32_t depth = 0;
    std::array<std::int64_t, 2> next_wake{
        -1, -1};               // by Part: a settle event is pending for then, if later than now
    std::uint8_t touched = 0;  // by Part, one bit each: has decisions to take at this instant
  };

  // `owner_of`: by node, the rank that simulates it. `make(id)` gives the endpoint of each node of this rank.
  template <class Make>
  PackageModel(Fabric& fabric, std::vector<RankId> owner_of, RankId self, Make&& make)
      : fabric_(fabric), owner_of_(std::move(owner_of)), local_(owner_of_.size(), absent) {
    for (std::uint32_t n = 0; n < owner_of_.size(); ++n) {
      if (owner_of_[n] != self) continue;
      local_[n] = static_cast<std::uint32_t>(nodes_.size());
      const NodeId id{n};
      nodes_.push_back(Node{id, Router(fabric, id), Interface(fabric, id), make(id)});
    }
    set_borders(owner_of_, {});
    neighbours_ = neighbours_of(fabric.topology, owner_of_, self);
  }

  // The regions, by node, between which events are to be bounded, if not those of the owners (a dry run), and
  // on what grounds.
  void set_borders(std::span<const RankId> region_of, const LookaheadSources& sources) {
    measure_borders(region_of);
    if (!sources.router) fabric_.least_hop = SimDuration{fabric_.timing.lookahead(true)};
    if (!sources.distance)
      for (std::int64_t& hops : hops_to_border_) hops = std::min<std::int64_t>(hops, 1);
    injection_ = SimDuration{sources.interface ? fabric_.timing.latch_injection() : 0};
  }

  RankId owner(NodeId node) const { return owner_of_[node.value]; }
  std::span<const RankId> neighbours() const { return neighbours_; }  // ascending

  // An effect moves from node to node, a hop at a time; what happens at an interface or an endpoint has to
  // pass the injection channel first.
  SimDuration reach(const engine::Event<Payload>& event) const {
    const Payload& payload = event.payload;
    const bool outside_router = payload.kind == EventKind::timer || payload.port >= ejection_port;
    const SimDuration hops = fabric_.least_hop * hops_to_border_[event.receiver().value];
    return outside_router ? hops + injection_ : hops;
  }
  SimDuration least_reach() const { return fabric_.least_hop; }

  void prefetch(NodeId id) const { nodes_[local_[id.value]].router.prefetch(); }

  std::vector<Node>& nodes() { return nodes_; }  // of this rank, by ascending id
  const std::vector<Node>& nodes() const { return nodes_; }
  Fabric& fabric() { return fabric_; }
  const Fabric& fabric() const { return fabric_; }

  template <class Engine>
  void start(Engine& engine) {
    for (Node& node : nodes_) {
      Host<Engine> host{*this, engine, node, SimTime{}};
      node.endpoint.start(host);
    }
    settle(SimTime{}, engine);
  }

  template <class Event, class Engine>
  void handle(const Event& event, Engine& engine) {
    Node& node = nodes_[local_[event.receiver().value]];
    lengthen(node.depth, event.depth);
    Host<Engine> host{*this, engine, node, event.time};
    const Payload& payload = event.payload;
    const std::int64_t now = event.time.ps;
    const bool ejecting = payload.port == ejection_port;
    const bool injecting = payload.port == injection_port;
    switch (payload.kind) {
      case EventKind::head:
        if (ejecting) return node.interface.receive_head(fabric_, payload, now, host);
        node.router.receive_head(fabric_, payload, now);
        break;
      case EventKind::body:
        if (ejecting) return node.interface.receive_body(fabric_, payload, now, host);
        node.router.receive_body(fabric_, payload, now);
        break;
      case EventKind::cut:
        if (ejecting) return node.interface.receive_cut(payload);
        node.router.receive_cut(fabric_, payload, host);
        break;
      case EventKind::hold:
        injecting ? node.interface.receive_hold(fabric_, payload, now, host)
                  : node.router.receive_hold(fabric_, payload, now, host);
        break;
      case EventKind::credit:
        injecting ? node.interface.receive_credit(fabric_, payload, now)
                  : node.router.receive_credit(fabric_, payload, now);
        break;
      case EventKind::settle:
        break;
      case EventKind::delivered:
        if (const auto delivered = node.interface.receive_delivered(payload, now))
          node.endpoint.on_message(host, *delivered);
        return;
      case EventKind::timer:
        node.endpoint.on_timer(host, static_cast<std::uint32_t>(payload.tag));
        return;
    }
    touch(node, injecting ? interface_part : router_part);
  }

  // Every touched node takes its decisions. What one node decides reaches another only later, so their order
  // within the instant is free.
  template <class Engine>
  void settle(SimTime now, Engine& engine) {
    for (std::uint32_t index : touched_) {
      Node& node = nodes_[index];
      const std::uint8_t parts = node.touched;
      node.touched = 0;
      Host<Engine> host{*this, engine, node, now};
      if ((parts >> router_part & 1u) != 0)
        wake(node, router_part, node.router.settle(fabric_, now.ps, host), now.ps, host);
      if ((parts >> interface_part & 1u) != 0)
        wake(node, interface_part, node.interface.settle(fabric_, now.ps, host), now.ps, host);
    }
    touched_.clear();
  }

  // All that changes of a node during a run, between two instants.
  template <class Archive>
  void save(Archive& archive, const Node& node) const {
    archive(node.sequence, node.depth, node.next_wake, node.endpoint);
    node.router.save(archive, fabric_.worms);
    node.interface.save(archive);
  }
  template <class Archive>
  void load(Archive& archive, Node& node) {
    archive(node.sequence, node.depth, node.next_wake, node.endpoint);
    node.router.load(archive, fabric_.worms);
    node.interface.load(archive);
  }

  // What an endpoint sees, and through what a router or interface posts.
  template <class Engine>
  struct Host {
    PackageModel& model;
    Engine& engine;
    Node& self;
    SimTime time;

    SimTime now() const { return time; }
    NodeId node() const { return self.id; }
    const Fabric& fabric() const { return model.fabric_; }
    void hand_over(const OutgoingMessage& message) {
      self.interface.hand_over(model.fabric_, message, time.ps);
      model.touch(self, interface_part);
    }
    void wake_at(SimTime at, std::uint32_t token) {
      Payload payload;
      payload.kind = EventKind::timer;
      payload.tag = token;
      post(at.ps, engine::Phase::timer, self.id, payload);
    }
    void post(std::int64_t time_ps, engine::Phase phase, NodeId to, const Payload& payload) {
      engine.post(SimTime{time_ps}, phase, to, self.id, self.sequence++, payload, self.depth);
    }
  };

 private:
  // Hops from each node to the nearest one of another rank than its own, by breadth-first search from the
  // borders.
  void measure_borders(std::span<const RankId> region_of) {
    const Topology& topology = fabric_.topology;
    hops_to_border_.assign(region_of.size(), 0);
    std::vector<NodeId> wave;
    const auto visit = [&](NodeId node, std::int64_t hops, std::vector<NodeId>& into) {
      if (hops_to_border_[node.value] != 0) return;
      hops_to_border_[node.value] = hops;
      into.push_back(node);
    };
    for_each_link(topology, [&](NodeId from, NodeId to) {
      if (region_of[from.value] != region_of[to.value]) visit(from, 1, wave);
    });
    for (std::int64_t hops = 2; !wave.empty(); ++hops) {
      std::vector<NodeId> next;
      for (NodeId node : wave)
        for (std::uint32_t p = 0; p < port_count; ++p)
          if (const auto neighbour = topology.neighbour(node, static_cast<Port>(p)))
            visit(*neighbour, hops, next);
      wave = std::move(next);
    }
  }

  static constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

  static void lengthen(std::uint32_t& depth, std::uint32_t posted_at) {
    depth = std::max(depth, posted_at);
    if (depth < std::numeric_limits<std::uint32_t>::max()) ++depth;
  }

  void touch(Node& node, Part part) {
    if (node.touched == 0) touched_.push_back(local_[node.id.value]);
    node.touched = static_cast<std::uint8_t>(node.touched | (1u << part));
  }

  template <class AnyHost>
  void wake(Node& node, Part part, std::int64_t at, std::int64_t now, AnyHost& host) {
    std::int64_t& pending = node.next_wake[part];
    if (at == never_ps || (pending > now && pending <= at)) return;
    pending = at;
    Payload payload;
    payload.kind = EventKind::settle;
    payload.port = part == interface_part ? injection_port : 0;
    host.post(at, engine::Phase::arrival, node.id, payload);
  }

  Fabric& fabric_;
  std::vector<RankId> owner_of_;
  std::vector<std::uint32_t> local_;  // node -> index in nodes_
  std::vector<RankId> neighbours_;
  std::vector<std::int64_t> hops_to_border_;  // by node; 0 if there is one rank only
  SimDuration injection_;  // from an interface to its router, as far as it is reckoned with
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace hecaton::net
