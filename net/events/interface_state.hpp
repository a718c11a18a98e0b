// A network interface as values: messages that wait, worms under way (InterfaceState: what a checkpoint holds),
// and what a result holds (InterfaceCounters).
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/events/router_state.hpp"
#include "net/package/message_log.hpp"

namespace hecaton::net {

struct OutgoingMessage {
  NodeId destination;
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;
  bool express = false;
  bool background = false;  // yields to messages that are not

  template <class Archive>
  void serialize(Archive& archive) {
    archive(destination, tag, bytes, express, background);
  }
};

namespace detail {

// A message that has not been sent, or not all of it.
struct Waiting {
  OutgoingMessage message;
  SimTime created;
  SimTime ready;
  std::uint32_t worms;
  std::uint32_t worms_sent;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(message, created, ready, worms, worms_sent);
  }
};
// A worm on its way into the router.
struct Sending {
  WormHeader header;
  std::uint32_t flits = 0;
  std::uint32_t sent = 0;
  std::uint32_t channel = 0;
  SimTime run_start{};
  std::uint32_t run_flits = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(header, flits, sent, channel, run_start, run_flits);
  }
};
// A worm on its way out of the router, on one channel.
struct Ejecting {
  WormHeader header;
  std::uint32_t flits = 0;
  std::uint32_t announced = 0;
  std::uint32_t run_flits = 0;  // of the run under way
  SimTime run_arrival{};
  SimTime due = SimTime::never();

  template <class Archive>
  void serialize(Archive& archive) {
    archive(header, flits, announced, run_flits, run_arrival, due);
  }
};
// A message of several worms: what has come of it.
struct Assembly {
  std::uint32_t worms = 0;
  std::uint32_t bytes = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(worms, bytes);
  }
};
// Messages of one class.
struct Lane {
  std::deque<Waiting> queue;
  std::optional<Sending> sending;  // the worm under way, until its tail has started for good

  bool pending() const { return !queue.empty() || (sending && sending->sent < sending->flits); }
  bool ready(SimTime now) const {
    return (sending && sending->sent < sending->flits) || (!queue.empty() && queue.front().ready <= now);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(queue, sending);
  }
};

// Messages of several worms, by source and tag; looked up only, never walked.
class Assemblies {
 public:
  Assembly& of(NodeId source, std::uint64_t tag) { return by_source_[source.value][tag]; }
  void erase(NodeId source, std::uint64_t tag) { by_source_[source.value].erase(tag); }

  // In order of source and tag, so that equal states are equal bytes.
  template <class Archive>
  void save(Archive& archive) const {
    archive(in_order());
  }
  template <class Archive>
  void load(Archive& archive) {
    std::vector<Keyed> all;
    archive(all);
    for (const Keyed& keyed : all) by_source_[keyed.source][keyed.tag] = keyed.assembly;
  }

 private:
  struct Keyed {
    std::uint64_t source = 0;
    std::uint64_t tag = 0;
    Assembly assembly;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(source, tag, assembly);
    }
  };

  std::vector<Keyed> in_order() const {
    std::vector<Keyed> all;
    for (const auto& [source, by_tag] : by_source_)
      for (const auto& [tag, assembly] : by_tag) all.push_back({source, tag, assembly});
    std::sort(all.begin(), all.end(), [](const Keyed& a, const Keyed& b) {
      return std::pair(a.source, a.tag) < std::pair(b.source, b.tag);
    });
    return all;
  }

  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Assembly>> by_source_;
};

}  // namespace detail

// A way in and a way out of the router.
struct InterfacePort {
  std::vector<OutputChannel> outputs;      // of the injection channel
  std::vector<detail::Ejecting> ejecting;  // by channel
  std::array<detail::Lane, 2> lanes;       // foreground, background
  std::size_t active = 0;                  // lane of the latest run
  SimTime busy_until;                      // the injection channel carries that run until then
  std::uint32_t last_channel;

  explicit InterfacePort(std::uint32_t channels)
      : outputs(channels), ejecting(channels), last_channel(channels - 1) {}

  // Nothing is waiting, and nothing left to start.
  bool idle() const { return !lanes[0].pending() && !lanes[1].pending(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(outputs, ejecting, lanes, active, busy_until, last_channel);
  }
};

struct InterfaceState {
  std::vector<InterfacePort> ports;
  detail::Assemblies assemblies;

  InterfaceState(std::uint32_t port_number, std::uint32_t channels)
      : ports(port_number, InterfacePort(channels)) {}

  template <class Archive>
  void save(Archive& archive) const {
    for (const InterfacePort& port : ports) archive(port);
    archive(assemblies);
  }
  template <class Archive>
  void load(Archive& archive) {
    for (InterfacePort& port : ports) archive(port);
    archive(assemblies);
  }
};

struct InterfaceCounters {
  std::uint64_t packets = 0;  // injected
  MessageLog messages;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(packets, messages);
  }
};

}  // namespace hecaton::net
