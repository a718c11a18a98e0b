// The network of one rank, cycle by cycle, for packets whose every flit keeps step with the routers' clock.
//
// Wormhole switching of short packets interleaves flits at almost every port: there is hardly a run of flits
// that nothing disturbs, and an event for each of them costs more than the router. Where all delays are whole
// cycles, all that happens happens at the ticks of one clock; so a cycle is one event of the engine, in which
// the routers and dies that have something to do, and no others, do it. What they send is on a list of the
// cycle in which it arrives. All times, counts and round-robin pointers are those of net::Router; a test
// compares them.
//
// Within a cycle: flits are latched, credits come home, dies make packets; then every router that has a bid
// decides on the state so far, both allocators before either changes it. Nothing reaches another node in the
// same cycle, so the order of nodes is free.
#pragma once

#include <array>
#include <boost/align/aligned_allocator.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "net/clocked/cycle_lists.hpp"
#include "net/clocked/source_wheel.hpp"
#include "net/clocked/state.hpp"
#include "net/packet.hpp"
#include "net/router.hpp"
#include "net/traffic_counters.hpp"

namespace hecaton::net::clocked {

// Whether a network and its traffic can be simulated so: a mesh or torus of wormhole routers without
// speculation and adaptive routing, whose latencies are whole cycles and whose links are equally fast, and
// packets of one length.
bool fits(const NetworkConfig& network, const TrafficConfig& traffic);

// What leaves the rank.
struct Crossing {
  NodeId from;
  NodeId to;
  Cycle at = 0;
  Payload payload;
  std::uint32_t depth = 0;
};

class Network {
 public:
  // Nodes of which `owner_of` is `self`. Precondition: fits(). The fabric and the traffic must outlive it.
  Network(const Fabric& fabric, const Traffic& traffic, std::uint32_t packet_flits,
          std::span<const RankId> owner_of, RankId self);

  // Dies begin to make packets.
  void start();
  // All that happens in the cycle `now`; cycles come in ascending order. What leaves the rank is appended.
  void step(Cycle now, std::vector<Crossing>& leaving);
  // The next cycle in which something may happen here; negative: none.
  Cycle next_after(Cycle now) const;
  // From another rank, in the cycle that comes next or is under way; before its step().
  void receive(NodeId to, const Payload& payload, std::uint32_t depth, Cycle now);

  // Of this rank, ascending.
  std::span<const NodeId> nodes() const { return nodes_; }
  const TrafficCounters& counters(std::size_t local) const { return counters_[local]; }
  PortCounters port(std::size_t local, Port port) const;
  std::uint32_t packet_flits() const { return packet_flits_; }
  std::uint64_t packets(std::size_t local) const { return sources_[local].packets; }
  std::uint32_t depth(std::size_t local) const { return routers_[local].depth; }
  // Decisions of routers and flits that dies have sent, so far.
  std::uint64_t decisions() const { return decisions_; }
  // Every buffer is empty, and all credits are home.
  bool quiet() const;

  // The state of every node, what is on its way to it included, as values that any rank can go on from.
  // `pending` are what other ranks sent and step() has not seen; `from` is the first cycle that is not done.
  struct NodeState;  // node_state.hpp
  struct Pending {
    NodeId to;
    Cycle at = 0;
    Payload payload;
    std::uint32_t depth = 0;
  };
  std::vector<NodeState> states(Cycle from, std::span<const Pending> pending) const;
  // Before the first step(); throws std::runtime_error if it makes no sense.
  void restore(std::size_t local, const NodeState& state, Cycle from);

 private:
  // A router (high bits) and one of its channels (low 8 bits): port * channels + channel; from `at_interface`
  // on the injection channels.
  using Place = std::uint32_t;
  static constexpr Place at_interface = 0x80;
  static constexpr Place elsewhere = 0xFFFFFFFFu;
  struct Arrival {
    Place place = 0;
    std::uint32_t flit = 0;
    std::uint32_t depth = 0;
  };
  struct Credit {
    Place place = 0;
    std::uint32_t depth = 0;
  };
  // What is behind a port: the first channel of its far end, and how many cycles a flit and a credit take.
  struct Far {
    Place place = elsewhere;
    std::uint16_t flight = 0;
    std::uint16_t credit = 0;
  };
  struct Grant {
    std::uint8_t in = 0, channel = 0, out = 0;
  };
  struct Grants {
    std::array<Grant, die_ports> of{};
    std::uint32_t count = 0;
  };
  // Output channels that heads have won.
  struct Wins {
    std::array<std::uint8_t, die_ports * 16> head;
    std::array<std::uint8_t, die_ports * 16> target;
    std::uint32_t count = 0;
  };

  std::size_t at(std::uint32_t router, std::uint32_t id) const { return std::size_t{router} * stride_ + id; }
  std::uint32_t port_of(std::uint32_t id) const { return id / channels_; }
  std::uint32_t channel_of(std::uint32_t id) const { return id % channels_; }
  // Hot: instances for the usual numbers of virtual channels C, and for any (0).
  template <std::uint32_t C>
  std::uint32_t channels() const {
    return C != 0 ? C : channels_;
  }
  template <std::uint32_t C>
  std::size_t at(std::uint32_t router, std::uint32_t id) const {
    return std::size_t{router} * (die_ports * channels<C>()) + id;
  }
  template <std::uint32_t C>
  void run_cycle(Cycle now);
  template <std::uint32_t C>
  void latch(const Arrival& arrival, Cycle now);
  template <std::uint32_t C>
  void take_back(const Credit& credit, Cycle now);
  template <std::uint32_t C>
  void decide(std::uint32_t router, Cycle now);
  template <std::uint32_t C>
  void allocate_switch(const RouterState& state, Grants& grants) const;
  template <std::uint32_t C>
  void allocate_channels(std::uint32_t router, Wins& wins) const;
  template <std::uint32_t C>
  void send(std::uint32_t router, const Grant& grant, Cycle now);
  template <std::uint32_t C>
  void own(std::uint32_t router, std::uint32_t head, std::uint32_t target);
  template <std::uint32_t C>
  void face_front(std::uint32_t router, std::uint32_t id);
  template <std::uint32_t C>
  void give_credit(std::uint32_t router, std::uint32_t port, std::uint32_t channel, Cycle now);
  void forward(std::uint32_t router, std::uint32_t out, std::uint32_t out_channel, std::uint32_t flit,
               Cycle now);
  void cross(std::uint32_t router, std::uint32_t out, std::uint32_t out_channel, std::uint32_t flit,
             Cycle at);
  void eject(std::uint32_t router, std::uint32_t worm, Cycle now);
  Port next_by_coordinates(std::uint32_t router, std::uint32_t destination) const;
  void inject(std::uint32_t router, Cycle now);
  bool begin_packet(std::uint32_t router, Cycle now);
  void draw_next(std::uint32_t router, Cycle after);
  void leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload);
  void wake(std::uint32_t router, Cycle now) {
    RouterState& state = routers_[router];
    if (state.woken == now) return;
    state.woken = now;
    awake_.push_back(router);
  }
  void wake_source(std::uint32_t router, Cycle now) {
    if (sending_[router] == now) return;
    sending_[router] = now;
    senders_.push_back(router);
  }
  // Place `slot` (below twice its size) of the ring of an input channel.
  std::uint32_t& ring(std::size_t input, std::uint32_t slot) {
    return rings_[input * depth_ + (slot < depth_ ? slot : slot - depth_)];
  }
  std::uint32_t last_worm(std::size_t input) const {
    const InputChannel& channel = inputs_[input];
    if (channel.count <= 1) return worm_of(channel.front);
    const std::uint32_t slot = channel.first + channel.count - 2u;
    return worm_of(rings_[input * depth_ + (slot < depth_ ? slot : slot - depth_)]);
  }
  // What came from another rank, or was restored, is a worm of its own in every router; its last flit takes
  // the sender's along.
  std::uint32_t own_flit(std::size_t input, std::uint32_t flit) {
    if ((flit & head_bit) != 0) return flit;
    const std::uint32_t worm = last_worm(input);
    if (worm_of(flit) == worm) return flit;
    if ((flit & tail_bit) != 0 && worm_of(flit) != no_worm) drop_worm(worm_of(flit));
    return (flit & tail_bit) | worm;
  }
  std::uint32_t take_worm();
  Worm worm_from(const Payload& payload) const {
    return {payload.source, payload.destination, payload.tag, payload.created_ps / fabric_.timing.cycle};
  }

  // node_state.cpp
  void fill_input(std::uint32_t router, std::uint32_t id, NodeState& state) const;
  void add_coming(Cycle from, std::vector<NodeState>& all) const;
  void add_pending(const Pending& event, NodeState& state) const;
  std::uint32_t keep(const Worm& worm);
  void restore_input(std::uint32_t router, std::uint32_t id, const NodeState& state);
  void restore_outputs(std::uint32_t router, const NodeState& state);
  void restore_coming(std::uint32_t router, const NodeState& state, Cycle from);
  void restore_sender(std::uint32_t router, const NodeState& state, Cycle from);
  void drop_worm(std::uint32_t worm) { spare_worms_.push_back(worm); }

  const Fabric& fabric_;
  const Traffic& traffic_;
  std::uint32_t channels_;
  std::uint32_t stride_;  // channels of a router
  std::uint32_t depth_;   // flits of a buffer
  std::uint32_t packet_flits_;
  DimensionOrder order_;
  bool routing_stage_;
  Cycle ejection_, ejection_credit_, injection_, injection_credit_;  // cycles that these take

  std::vector<NodeId> nodes_;
  std::vector<std::uint32_t> local_;  // by node
  std::vector<RouterState> routers_;
  std::vector<InputChannel, boost::alignment::aligned_allocator<InputChannel, 64>> inputs_;
  std::vector<OutputChannel> outputs_;
  std::vector<std::uint32_t> rings_;  // flits
  std::vector<Far> far_;              // by router and port
  std::vector<PortCounters> ports_;
  std::vector<Source> sources_;
  std::vector<std::uint16_t> injection_credits_;
  std::vector<TrafficCounters> counters_;
  std::vector<Worm> worms_;
  std::vector<std::uint32_t> spare_worms_;

  CycleLists<Arrival> arrivals_;
  CycleLists<Credit> credits_;
  SourceWheel wheel_;
  std::vector<std::uint32_t> awake_;       // routers with a bid in this cycle
  std::vector<std::uint32_t> awake_next_;  // and in the next one
  std::vector<Cycle> sending_;  // by die: the latest cycle for which it is on a list of those that send
  std::vector<std::uint32_t> senders_, senders_next_;
  std::vector<Crossing>* leaving_ = nullptr;  // during step()
  std::uint64_t decisions_ = 0;
};

}  // namespace hecaton::net::clocked
