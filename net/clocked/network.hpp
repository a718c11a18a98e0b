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
//
// A network is what the deck fixes (NetworkSetup), what changes (NetworkState) and what a result holds
// (NetworkCounters).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "net/clocked/network_state.hpp"
#include "net/clocked/routers.hpp"
#include "net/clocked/setup.hpp"
#include "net/clocked/state.hpp"
#include "net/package/fabric.hpp"
#include "net/package/packet.hpp"
#include "net/traffic/counters.hpp"

namespace hecaton::net::clocked {

// What went out of a port.
struct PortCounters {
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(flits, packets);
  }
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
  std::span<const NodeId> nodes() const { return setup_.nodes; }
  const TrafficCounters& counters(std::size_t local) const { return counters_.traffic[local]; }
  PortCounters port(std::size_t local, Port port) const;
  // When what is behind the port was busy.
  TimeBins busy(std::size_t local, Port port) const;
  // For how long packets had a place in the router's buffers, all of them added up.
  TimeBins held(std::size_t local) const;
  // For how many cycles it was idle, and why, once all is quiet.
  PortStalls::Cycles stalls(std::size_t local, Port port) const {
    return counters_.stalls.of(local, static_cast<std::size_t>(port), 0);
  }
  MessageLog& messages(std::size_t local) { return counters_.messages[local]; }
  std::uint32_t packet_flits() const { return setup_.packet_flits; }
  std::uint64_t packets(std::size_t local) const { return state_.sources[local].packets; }
  std::uint32_t depth(std::size_t local) const { return state_.routers[local].state().depth; }
  // Decisions of routers and flits that dies have sent, so far.
  std::uint64_t decisions() const { return counters_.decisions; }
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
  // Hot: instances for each capacity C of the routers, and for what is recorded.
  template <std::uint32_t C, Records R>
  void run_cycle(Cycle now);
  template <std::uint32_t C, Records R>
  void latch(Cycle now);
  template <std::uint32_t C, Records R>
  void read_marks(Cycle now);
  template <std::uint32_t C, Records R>
  void take_back(Mail<Credit>& mail, Cycle now);
  template <std::uint32_t C>
  void collect_bids();
  template <std::uint32_t C, Records R>
  void choose();
  template <std::uint32_t C, Records R>
  void allocate_channels(std::uint32_t number);
  void open_bins(Cycle now);
  void count_rivals();
  template <std::uint32_t C, Records R>
  void own(Win win, Cycle now);
  template <std::uint32_t C, Records R>
  void send(Cycle now);
  template <std::uint32_t C>
  void send_marks();
  template <std::uint32_t C, Records R>
  void release(Cycle now);
  template <std::uint32_t C>
  void face_next(Router<C> router, std::uint32_t number, std::uint32_t id);
  template <std::uint32_t C>
  void face_front(Router<C> router, std::uint32_t number, std::uint32_t id);
  template <std::uint32_t C>
  void inject(std::uint32_t number, Cycle now);
  static void settle_rivals(Grant rival, Grant* end, std::uint32_t first);
  void return_credit(Grant grant, Cycle at);
  void cross(std::uint32_t router, std::uint32_t target, const InputChannel& input, Cycle at);
  void eject(std::uint32_t router, std::uint32_t worm, Cycle now);
  Port next_by_coordinates(std::uint32_t router, std::uint32_t destination) const;
  bool begin_packet(std::uint32_t router, Cycle now);
  void draw_next(std::uint32_t router, Cycle after);
  void leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload);
  // Sums of what bins tell the growth of: of a cell, and up to a cycle.
  auto flits_up_to() const {
    return [this](std::size_t cell, Cycle) {
      return port(cell / die_ports, static_cast<Port>(cell % die_ports)).flits;
    };
  }
  auto residents_up_to() const {
    return [this](std::size_t router, Cycle at) { return counters_.residents[router].up_to(at); };
  }
  // Place `slot` (below twice its size) of the ring of an input channel.
  std::uint32_t& ring(std::uint32_t router, std::uint32_t id, std::uint32_t slot) {
    const std::size_t input = std::size_t{router} * state_.routers.channels_each() + id;
    const std::uint32_t size = setup_.ring_size;
    return state_.rings[input * size + (slot < size ? slot : slot - size)];
  }
  std::uint32_t last_worm(std::uint32_t router, std::uint32_t id) {
    const InputChannel& input = state_.routers[router].input(id);
    return input.waiting == 0 ? input.worm : ring(router, id, input.first + input.waiting - 1u);
  }
  // What came from another rank, or was restored, is a worm of its own in every router; its last flit takes
  // the sender's along.
  void end_worm(std::uint32_t router, std::uint32_t id, std::uint32_t senders) {
    if (senders != last_worm(router, id)) state_.drop_worm(senders);
  }

  // node_state.cpp
  void fill_input(std::uint32_t router, std::uint32_t id, NodeState& state) const;
  void add_coming(Cycle from, std::vector<NodeState>& all) const;
  void add_pending(const Pending& event, NodeState& state) const;
  std::uint32_t keep(const Worm& worm);
  void restore_input(std::uint32_t router, std::uint32_t id, const NodeState& state);
  void restore_outputs(std::uint32_t router, const NodeState& state, Cycle from);
  void restore_coming(std::uint32_t router, const NodeState& state, Cycle from);
  void restore_sender(std::uint32_t router, const NodeState& state, Cycle from);

  NetworkSetup setup_;
  NetworkState state_;
  NetworkCounters counters_;
  CycleLists lists_;
};

}  // namespace hecaton::net::clocked
