// A network with nothing but messages on it: each node sends a given list of messages at given times and
// notes when each of those addressed to it arrives.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "core/engine/engine.hpp"
#include "net/package_model.hpp"

namespace hecaton::test {

struct Planned {
  std::int64_t at_ps = 0;
  NodeId from;
  net::OutgoingMessage message;
};

struct Arrival {
  std::int64_t at_ps = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;
  auto operator<=>(const Arrival&) const = default;
};

class Sender {
 public:
  Sender(std::vector<Planned> plan, std::vector<Arrival>* log) : plan_(std::move(plan)), log_(log) {}
  template <class Host>
  void start(Host& host) {
    for (std::uint32_t i = 0; i < plan_.size(); ++i) host.wake_at(SimTime{plan_[i].at_ps}, i);
  }
  template <class Host>
  void on_timer(Host& host, std::uint32_t token) {
    host.hand_over(plan_[token].message);
  }
  template <class Host>
  void on_message(Host& host, const net::DeliveredMessage& delivered) {
    if (!delivered.complete) return;
    const auto& header = delivered.header;
    EXPECT_EQ(header.destination, host.node());
    log_->push_back({host.now().ps, header.source.value, host.node().value, header.tag, header.bytes});
  }

 private:
  std::vector<Planned> plan_;
  std::vector<Arrival>* log_;
};

struct BenchResult {
  std::vector<Arrival> arrivals;  // sorted
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>> links;
  std::vector<std::vector<std::uint64_t>> busy;  // in bins of time, of each of `links`
  std::uint64_t bin_ps = 0;
  // Of each of `links`: for how long it lacked a credit, and had a rival.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stalls;
  std::vector<std::vector<std::uint64_t>> held;  // by the buffers of each router, in bins of time
  std::uint64_t events = 0;
  bool drained = true;
  bool credits_home = true;
};

using BenchModel = net::PackageModel<Sender>;

// The bins of every link, which are as wide as the widest; they add up to what the link has counted.
inline void add_bins(const BenchModel& model, BenchResult& result) {
  std::vector<TimeBins> all;
  for (const auto& node : model.nodes())
    for (std::uint32_t p = 0; p < net::port_count; ++p)
      all.push_back(node.router.busy(model.fabric().timing, static_cast<net::Port>(p)));
  for (const TimeBins& bins : all) result.bin_ps = std::max(result.bin_ps, bins.width_ps());
  for (const auto& node : model.nodes())
    if (model.fabric().bins.count > 0) result.held.push_back(model.held(node).folded(result.bin_ps));
  for (std::size_t i = 0; i < all.size(); ++i) {
    result.busy.push_back(all[i].keeps() ? all[i].folded(result.bin_ps) : std::vector<std::uint64_t>{});
    const std::vector<std::uint64_t>& busy = result.busy.back();
    if (all[i].keeps()) {
      EXPECT_EQ(std::accumulate(busy.begin(), busy.end(), std::uint64_t{0}), std::get<1>(result.links[i]));
    }
  }
}

// The nodes that `owner_of` gives to `self`, under this synchroniser.
template <class Synchroniser>
BenchResult run_messages_on(Synchroniser& synchroniser, std::vector<RankId> owner_of, RankId self,
                            net::NetworkConfig config, const std::vector<Planned>& plan, bool with_io) {
  config.stalls = true;
  const net::Fabric fabric(config, with_io);
  BenchResult result;
  BenchModel model(fabric, std::move(owner_of), self, [&](NodeId id) {
    std::vector<Planned> mine;
    for (const Planned& p : plan)
      if (p.from == id) mine.push_back(p);
    return Sender(std::move(mine), &result.arrivals);
  });
  engine::Engine<BenchModel, Synchroniser> engine(model, synchroniser);
  engine.run();
  std::sort(result.arrivals.begin(), result.arrivals.end());
  result.events = engine.accounting().events;
  const SimTime later = engine.now() + SimDuration{1'000'000'000};
  for (auto& node : model.nodes()) {
    result.drained = result.drained && model.idle(node, later);
    result.credits_home = result.credits_home && node.router.credits_home(fabric, later) &&
                          node.interface.credits_home(fabric, later);
    for (std::uint32_t p = 0; p < net::port_count; ++p) {
      const net::PortCounters& port = node.router.counters().ports[p];
      result.links.emplace_back(node.id.value * 8 + p, port.busy_ps, port.flits, port.packets, port.bytes);
      const net::StallTimes stalls = node.router.stalls(static_cast<net::Port>(p));
      result.stalls.emplace_back(stalls.credit_ps, stalls.rival_ps);
    }
  }
  add_bins(model, result);
  return result;
}

inline BenchResult run_messages(const net::NetworkConfig& config, const std::vector<Planned>& plan,
                                bool with_io = false) {
  engine::Alone alone;
  const net::Topology topology(config.package, with_io);
  return run_messages_on(alone, std::vector<RankId>(topology.nodes()), RankId{0}, config, plan, with_io);
}

inline net::NetworkConfig wormhole_mesh(std::uint32_t rows, std::uint32_t columns) {
  net::NetworkConfig config;
  config.package.rows = rows;
  config.package.columns = columns;
  config.package.topology = net::TopologyKind::mesh;
  config.link.latency_ns = 1.0;
  config.router.switching = net::Switching::wormhole;
  config.router.buffer_flits = 8;
  return config;
}

}  // namespace hecaton::test
