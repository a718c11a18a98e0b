// What is attached to a node's interface: a compute die that runs a program or a graph, an IO die or a traffic source. The place where the
// rooms chiplet and net meet: messages here, messages there.
//
// A die may have an observer, who is told what it computes (chiplet::ObservedHost). Which one is known to the
// compiler, so that dies without one pay nothing.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <variant>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/dies/io_die.hpp"
#include "core/chiplet/graph/graph_die.hpp"
#include "core/chiplet/program/tags.hpp"
#include "net/events/interface.hpp"
#include "net/traffic/counters.hpp"

namespace hecaton::runs {

struct NoObserver {};

// The network's host as a die sees it.
template <class NetHost, class Observer = NoObserver>
struct ChipletHost {
  NetHost& net;
  std::vector<chiplet::OperationRow>* rows = nullptr;  // null: rows are not kept
  std::vector<chiplet::WaitRow>* waits = nullptr;      // likewise
  Observer* told = nullptr;
  std::vector<chiplet::Mark>* marks = nullptr;  // of a die

  SimTime now() const { return net.now(); }
  void send(const chiplet::Message& message) {
    const chiplet::MessageKind kind = chiplet::tag_kind(message.tag);
    const bool bulk = kind == chiplet::MessageKind::read_data || kind == chiplet::MessageKind::write_data;
    const bool express = message.route == chiplet::Route::express;
    net.hand_over({message.destination, message.tag, message.bytes, express, bulk});
  }
  void wake_at(SimTime time, std::uint32_t token) { net.wake_at(time, token); }
  void record(const chiplet::OperationRow& row) {
    if (rows != nullptr) rows->push_back(row);
  }
  void waited(const chiplet::WaitRow& wait) {
    if (waits != nullptr) waits->push_back(wait);
  }
  void note(const chiplet::Mark& mark) { marks->push_back(mark); }
  Observer& observer() requires(!std::same_as<Observer, NoObserver>) { return *told; }
};

inline chiplet::Message message_of(const net::DeliveredMessage& delivered) {
  const net::WormHeader& header = delivered.header;
  return {header.source,
          header.destination,
          header.tag,
          header.bytes,
          header.express ? chiplet::Route::express : chiplet::Route::direct,
          header.created};
}

template <class Observer>
struct DieNodeOf {
  chiplet::Die die;
  bool keeps_rows = true;
  bool keeps_waits = false;
  std::vector<chiplet::OperationRow> rows = {};
  std::vector<chiplet::WaitRow> waits = {};
  std::vector<chiplet::Mark> marks = {};                // of sampled programs, which have no checkpoints
  const chiplet::EarliestSend* remote_sends = nullptr;  // messages to other ranks; null: at any time
  [[no_unique_address]] Observer observer = {};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(die);
  }

  // No message of it leaves the rank sooner, everything before `now` having happened.
  SimTime sends_no_sooner(SimTime now) const {
    return remote_sends == nullptr ? now : die.earliest_send(*remote_sends, now);
  }

  template <class Host>
  ChipletHost<Host, Observer> view(Host& host) {
    return {host, keeps_rows ? &rows : nullptr, keeps_waits ? &waits : nullptr, &observer, &marks};
  }
  template <class Host>
  void start(Host& host) {
    auto h = view(host);
    die.start(h);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    if (!delivered.complete) return;
    auto h = view(host);
    die.on_message(h, message_of(delivered));
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    auto h = view(host);
    die.on_timer(h, token);
  }
};
using DieNode = DieNodeOf<NoObserver>;

// A die that runs a graph. On its own, because it is far larger than what else may be at a node.
struct GraphNode {
  std::unique_ptr<chiplet::graph::GraphDie> die;
  bool keeps_rows = true;
  std::vector<chiplet::OperationRow> rows = {};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(*die);
  }

  template <class Host>
  ChipletHost<Host> view(Host& host) {
    return {host, keeps_rows ? &rows : nullptr};
  }
  template <class Host>
  void start(Host& host) {
    auto h = view(host);
    die->start(h);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    if (!delivered.complete) return;
    auto h = view(host);
    die->on_message(h, message_of(delivered));
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    auto h = view(host);
    die->on_timer(h, token);
  }
};

struct IoNode {
  chiplet::IoDie io;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(io);
  }

  template <class Host>
  void start(Host&) {}
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    if (!delivered.complete) return;
    ChipletHost<Host> h{host};
    io.on_message(h, message_of(delivered));
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    ChipletHost<Host> h{host};
    io.on_timer(h, token);
  }
};

// Makes packets, cycle by cycle or as a trace says; each is a message, its tag counts the die's packets. Dead
// dies make none, and packets to them are not made.
struct TrafficNode {
  TrafficNode(const net::Traffic* pattern, const net::Topology* package)
      : traffic(pattern), topology(package) {}

  const net::Traffic* traffic;
  const net::Topology* topology;
  std::uint64_t drawn = 0;
  net::TrafficCounters counters;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(drawn, counters);
  }

  template <class Host>
  void start(Host& host) {
    if (!topology->dead(host.node())) plan_next(host, -1);
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t) {
    const net::Timing& timing = host.fabric().timing;
    const std::int64_t cycle = host.now() / timing.cycle;
    do {
      const NodeId destination = traffic->destination(host.node(), drawn - 1);
      const std::uint32_t bytes = traffic->bytes(host.node(), drawn - 1, timing.flit_bytes);
      if (topology->dead(destination)) continue;
      counters.made(*traffic, cycle, timing.flits_of(bytes));
      host.hand_over({destination, drawn - 1, bytes, false, false});
    } while (plan_next(host, cycle));
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    const net::Timing& timing = host.fabric().timing;
    counters.arrived(*traffic, host.now(), timing.cycle, delivered.flits);
    const SimTime created = delivered.header.created;
    const std::int64_t made_in = created / timing.cycle;
    if (!delivered.complete || !traffic->measures(made_in)) return;
    counters.completed(traffic->part_of(made_in), host.now() - created,
                       host.fabric().hops(delivered.header.source, host.node()));
  }

 private:
  // Whether the next packet is due at once; otherwise it comes by a timer.
  template <class Host>
  bool plan_next(Host& host, std::int64_t cycle) {
    const SimTime next = traffic->next_time(host.node(), cycle, drawn++, host.fabric().timing.cycle);
    if (next == host.now() && cycle >= 0) return true;
    if (next != SimTime::never()) host.wake_at(next, 0);
    return false;
  }
};

// The first kind is the compute die.
template <class Die, class... Others>
struct EndpointOf {
  std::variant<Die, Others...> node;

  // Of the kind that it is; that follows from the deck.
  template <class Archive>
  void serialize(Archive& archive) {
    std::visit([&](auto& n) { archive(n); }, node);
  }

  // No message of it leaves the rank sooner, everything before `now` having happened.
  SimTime sends_no_sooner(SimTime now) const {
    const auto* die = std::get_if<Die>(&node);
    return die == nullptr ? now : die->sends_no_sooner(now);
  }

  template <class Host>
  void start(Host& host) {
    std::visit([&](auto& n) { n.start(host); }, node);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    std::visit([&](auto& n) { n.on_message(host, delivered); }, node);
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    std::visit([&](auto& n) { n.on_timer(host, token); }, node);
  }
};

using Endpoint = EndpointOf<DieNode, IoNode, TrafficNode, GraphNode>;

}  // namespace hecaton::runs
