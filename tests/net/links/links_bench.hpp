// Messages over links and nothing else: each node hands over messages at given times, may answer what comes, and notes
// when it came.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/engine/engine.hpp"
#include "net/links/model.hpp"

namespace hecaton::test {

struct Spoken {
  SimTime at;
  NodeId from;
  net::OutgoingMessage message;
};

struct Heard {
  std::int64_t at_ps = 0;
  std::uint32_t to = 0;
  std::uint32_t from = 0;
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;
  std::int64_t created_ps = 0;
  auto operator<=>(const Heard&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(at_ps, to, from, tag, bytes, created_ps);
  }
};

// What a node sends in the instant in which a message comes, if anything.
using Answer = std::function<std::optional<net::OutgoingMessage>(const net::WormHeader&)>;

class Talker {
 public:
  Talker(std::vector<Spoken> script, Answer answer)
      : script_(std::move(script)), answer_(std::move(answer)) {}

  template <class Host>
  void start(Host& host) {
    for (std::uint32_t i = 0; i < script_.size(); ++i) host.wake_at(script_[i].at, i);
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    host.hand_over(script_[token].message);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    const net::WormHeader& header = delivered.header;
    heard.push_back(
        {host.now().ps, host.node().value, header.source.value, header.tag, header.bytes, header.created.ps});
    if (!delivered.complete || header.destination != host.node()) heard.back().at_ps = -1;
    if (!answer_) return;
    if (const auto message = answer_(header)) host.hand_over(*message);
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(heard);
  }

  std::vector<Heard> heard;  // in the order in which it came

 private:
  std::vector<Spoken> script_;  // of this node
  Answer answer_;
};

using TalkModel = net::links::Model<Talker>;

// All that makes a run.
struct Talk {
  net::NetworkConfig config;
  net::links::SpeedOf speed_of;
  std::vector<Spoken> script;
  Answer answer;
  bool with_io = false;

  TalkModel model(const net::Fabric& fabric, std::vector<RankId> owner_of, RankId self) const {
    return TalkModel(fabric, std::move(owner_of), self, speed_of, [this](NodeId id) {
      std::vector<Spoken> mine;
      for (const Spoken& spoken : script)
        if (spoken.from == id) mine.push_back(spoken);
      return Talker(std::move(mine), answer);
    });
  }
};

// Of each link that has carried something: node and port, busy time, messages, bytes, when it is free.
using LinkRow = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t>;

struct TalkResult {
  std::vector<Heard> heard;  // sorted
  std::vector<LinkRow> links;
  bool operator==(const TalkResult&) const = default;
};

inline TalkResult result_of(const TalkModel& model) {
  TalkResult result;
  for (const auto& node : model.nodes()) {
    result.heard.insert(result.heard.end(), node.endpoint.heard.begin(), node.endpoint.heard.end());
    for (std::uint32_t p = 0; p < net::port_count; ++p) {
      const auto& link = node.links[p];
      if (link.counters.packets == 0) continue;
      result.links.emplace_back(node.id.value * net::port_count + p, link.counters.busy_ps,
                                link.counters.packets, link.counters.bytes, link.free_at.ps);
    }
  }
  std::sort(result.heard.begin(), result.heard.end());
  return result;
}

inline TalkResult run_talk_alone(const Talk& talk) {
  const net::Fabric fabric(talk.config, talk.with_io);
  TalkModel model = talk.model(fabric, std::vector<RankId>(fabric.topology.nodes()), RankId{0});
  engine::Alone alone;
  engine::Engine<TalkModel, engine::Alone> engine(model, alone);
  engine.run();
  return result_of(model);
}

inline net::NetworkConfig package_of(net::TopologyKind topology, std::uint32_t rows, std::uint32_t columns) {
  net::NetworkConfig config;
  config.package.topology = topology;
  config.package.rows = rows;
  config.package.columns = columns;
  return config;
}

}  // namespace hecaton::test
