// The package as a model of the engine: every node is a component made of a router, an interface and whatever
// is attached to it (a die, an IO die, a traffic source). This file only moves events to where they belong.
//
// Endpoint concept (all statically dispatched):
//   start(host)                  once, at time 0
//   on_message(host, delivered)  the last flit of a worm is here; `delivered.complete`: and so is the message
//   on_timer(host, token)        a wake-up that it asked for
//   sends_no_sooner(now)         optional: a bound for its messages to other ranks
// host: now(), node(), hand_over(OutgoingMessage), wake_at(SimTime, token).
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"
#include "net/events/interface.hpp"
#include "net/events/router.hpp"
#include "net/lookahead/message_lookahead.hpp"
#include "net/lookahead/node_lookahead.hpp"
#include "net/package/links.hpp"

namespace hecaton::net {

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
    // By Part: a settle event is pending for then, if later than now.
    std::array<SimTime, 2> next_wake{SimTime::before_all(), SimTime::before_all()};
    std::uint8_t touched = 0;  // by Part, one bit each: has decisions to take at this instant
  };

  // `owner_of`: by node, the rank that simulates it. `make(id)` gives the endpoint of each node of this rank.
  template <class Make>
  PackageModel(const Fabric& fabric, std::vector<RankId> owner_of, RankId self, Make&& make)
      : fabric_(fabric),
        owner_of_(std::move(owner_of)),
        self_(self),
        local_(owner_of_.size(), absent),
        node_lookahead_(fabric, owner_of_, bypass_links_of(fabric), {}),
        levels_(levels_of(node_lookahead_, fabric, owner_of_, self, bypass_links_of(fabric), {})),
        injection_{fabric.timing.latch_injection()} {
    for (std::uint32_t n = 0; n < owner_of_.size(); ++n) {
      if (owner_of_[n] != self) continue;
      local_[n] = static_cast<std::uint32_t>(nodes_.size());
      const NodeId id{n};
      nodes_.push_back(Node{id, Router(fabric, id), Interface(fabric, id), make(id)});
    }
    neighbours_ = neighbours_of(fabric.topology, owner_of_, self);
  }

  // The region of each node, if it is not that of its owner (a dry run), and what lookahead is made of.
  void set_regions(std::span<const RankId> region_of, BypassLinks bypass_links,
                   const LookaheadSources& sources) {
    node_lookahead_ = NodeLookahead(fabric_, region_of, bypass_links, sources);
    levels_ = levels_of(node_lookahead_, fabric_, region_of, self_, bypass_links, sources);
    injection_ = sources.interface ? fabric_.timing.latch_injection() : SimDuration{};
    knows_messages_ = sources.messages && !fabric_.routes.adaptive();
  }
  // `sends_out`: by node, whether its messages may leave the region of its rank. From then on lookahead follows
  // from messages too, where ways follow from headers. Before the run.
  void use_messages(const std::vector<bool>& sends_out, const LookaheadSources& sources) {
    if (sources.messages && !fabric_.routes.adaptive())
      messages_.emplace(fabric_, node_lookahead_, owner_of_, self_, sends_out, sources);
  }

  RankId owner(NodeId node) const { return owner_of_[node.value]; }
  std::span<const RankId> neighbours() const { return neighbours_; }  // ascending

  // An effect moves from node to node; what happens at an interface or an endpoint has to
  // pass the injection channel first.
  SimDuration lookahead(const engine::Event<Payload>& event) const {
    const Payload& payload = event.payload;
    const bool outside_router = payload.kind == EventKind::timer || payload.port >= ejection_port;
    const SimDuration way = node_lookahead_.of(event.receiver());
    return outside_router ? way + injection_ : way;
  }
  SimDuration least_lookahead() const { return node_lookahead_.least(); }
  std::span<const engine::Level> levels() const { return levels_.levels; }
  std::size_t level_of(NodeId node) const { return levels_.of[node.value]; }

  // Beyond the lookahead of single events: nothing that is here has an effect on another rank before. Nothing
  // that is not in the queue yet comes from there before `horizon`.
  template <class Queue>
  SimTime silent_until(Queue& queue, SimTime horizon) {
    if (!messages_) return SimTime{};
    const SimTime next = queue.next_time(), sure = std::min(next, horizon);
    if (messages_->lost() && is_time_to_look() && is_empty(queue, sure)) find_again(queue);
    return messages_->silent_until(next, sure, *this);
  }
  // A dry run's view of the same: until when a message of which this arrives beyond the border is on its way
  // there, if nothing delays it. For ever where messages are not looked at.
  SimTime underway_until(SimTime arrival, const Payload& payload) const {
    if (!knows_messages_) return SimTime::never();
    if (payload.kind != EventKind::head) return SimTime{};
    return arrival + fabric_.timing.flits_of(payload.bytes) * fabric_.timing.cycle;
  }
  const Interface& interface(NodeId node) const { return nodes_[local_[node.value]].interface; }
  SimTime sends_no_sooner(NodeId node, SimTime now) const {
    const Endpoint& endpoint = nodes_[local_[node.value]].endpoint;
    if constexpr (requires { endpoint.sends_no_sooner(now); })
      return endpoint.sends_no_sooner(now);
    else
      return now;
  }
  // Another rank has sent this; it is handled when its time has come.
  void expect(const engine::Event<Payload>& event) {
    if (messages_) messages_->expect(event.receiver(), event.time);
  }

  void prefetch(NodeId id) const { nodes_[local_[id.value]].router.prefetch(); }

  std::vector<Node>& nodes() { return nodes_; }  // of this rank, by ascending id
  const std::vector<Node>& nodes() const { return nodes_; }
  const Fabric& fabric() const { return fabric_; }
  // For how long messages had a place in the buffers of its router, once all is over.
  TimeBins held(const Node& node) const { return node.router.held(fabric_.timing, routers_.worms); }
  // No worm is in the buffers of its router, and no message waits at its interface.
  bool idle(Node& node, SimTime now) { return node.interface.idle() && node.router.idle(routers_, now); }

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
    const SimTime now = event.time;
    const bool ejecting = payload.port >= ejection_port && payload.port < injection_port;
    const bool injecting = payload.port >= injection_port;
    SimTime due = now;  // when the node's router or interface has something to decide
    switch (payload.kind) {
      case EventKind::head:
        if (messages_ && owner(event.sender()) != self_) messages_->came_in(payload);
        if (ejecting) return node.interface.receive_head(fabric_, payload, now, host);
        due = node.router.receive_head(routers_, payload, now);
        break;
      case EventKind::body:
        if (ejecting) return node.interface.receive_body(fabric_, payload, now, host);
        due = node.router.receive_body(routers_, payload, now);
        break;
      case EventKind::cut:
        if (ejecting) return node.interface.receive_cut(payload);
        due = node.router.receive_cut(routers_, payload, now, host);
        break;
      case EventKind::hold:
        if (injecting)
          node.interface.receive_hold(fabric_, payload, now, host);
        else
          due = node.router.receive_hold(routers_, payload, now, host);
        break;
      case EventKind::credit:
        if (injecting)
          node.interface.receive_credit(fabric_, payload, now);
        else
          due = node.router.receive_credit(fabric_, payload, now);
        break;
      case EventKind::settle:
        break;
      case EventKind::delivered:
        if (const auto delivered = node.interface.receive_delivered(payload, now)) {
          if (messages_) messages_->delivered(delivered->header, delivered->complete);
          node.endpoint.on_message(host, *delivered);
        }
        return;
      case EventKind::timer:
        node.endpoint.on_timer(host, static_cast<std::uint32_t>(payload.tag));
        return;
    }
    if (due == now)
      touch(node, injecting ? interface_part : router_part);
    else
      wake(node, router_part, due, now, host);
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
        wake(node, router_part, node.router.settle(routers_, now, host), now, host);
      if ((parts >> interface_part & 1u) != 0)
        wake(node, interface_part, node.interface.settle(fabric_, now, host), now, host);
    }
    touched_.clear();
  }

  // All that changes of a node during a run, between two instants.
  template <class Archive>
  void save(Archive& archive, const Node& node) const {
    archive(node.sequence, node.depth, node.next_wake, node.endpoint);
    node.router.save(archive, routers_.worms);
    node.interface.save(archive);
  }
  template <class Archive>
  void load(Archive& archive, Node& node) {
    archive(node.sequence, node.depth, node.next_wake, node.endpoint);
    node.router.load(archive, routers_.worms);
    node.interface.load(archive);
    if (messages_) messages_->lose_track();
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
      if (model.messages_) model.messages_->handed_over(self.id, message, time);
      self.interface.hand_over(model.fabric_, message, time);
      model.touch(self, interface_part);
    }
    void wake_at(SimTime at, std::uint32_t token) {
      Payload payload;
      payload.kind = EventKind::timer;
      payload.tag = token;
      if (model.messages_) model.messages_->woken_at(self.id, at);
      post(at, engine::Phase::timer, self.id, payload);
    }
    void post(SimTime at, engine::Phase phase, NodeId to, const Payload& payload) {
      if (model.messages_ && to != self.id && model.owner(to) != model.self_)
        model.messages_->posted(to, payload, at);
      engine.post(at, phase, to, self.id, self.sequence++, payload, self.depth);
    }
  };

 private:
  static BypassLinks bypass_links_of(const Fabric& fabric) {
    return fabric.bypasses ? BypassLinks::all : BypassLinks::none;
  }
  // Looking takes long, so ever more rarely.
  bool is_time_to_look() {
    if (++looked_ < look_at_) return false;
    looked_ = 0;
    look_at_ = std::min(2 * look_at_, most_between_looks);
    return true;
  }
  // No message is under way on this rank, or waits.
  template <class Queue>
  bool is_empty(Queue& queue, SimTime now) {
    bool empty = true;
    queue.for_each([&](const auto& event) {
      empty = empty && (event.payload.kind == EventKind::timer || event.payload.kind == EventKind::settle);
    });
    for (Node& node : nodes_) empty = empty && idle(node, now);
    return empty;
  }
  template <class Queue>
  void find_again(Queue& queue) {
    messages_->find_again();
    queue.for_each([&](const auto& event) {
      if (event.payload.kind == EventKind::timer) messages_->woken_at(event.receiver(), event.time);
    });
  }

  static constexpr std::uint32_t most_between_looks = 1u << 12;
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
  void wake(Node& node, Part part, SimTime at, SimTime now, AnyHost& host) {
    SimTime& pending = node.next_wake[part];
    if (at == SimTime::never() || (pending > now && pending <= at)) return;
    pending = at;
    Payload payload;
    payload.kind = EventKind::settle;
    payload.port = part == interface_part ? injection_port : 0;
    host.post(at, engine::Phase::arrival, node.id, payload);
  }

  const Fabric& fabric_;
  RouterContext routers_{fabric_, {}};
  std::vector<RankId> owner_of_;
  RankId self_;
  std::vector<std::uint32_t> local_;  // node -> index in nodes_
  std::vector<RankId> neighbours_;
  NodeLookahead node_lookahead_;
  Levels levels_;
  SimDuration injection_;        // from an interface to its router, as far as it is reckoned with
  bool knows_messages_ = false;  // by set_regions
  std::optional<MessageLookahead> messages_;
  std::uint32_t looked_ = 0;  // while messages_ has lost track
  std::uint32_t look_at_ = 1;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace hecaton::net
