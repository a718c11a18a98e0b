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
#include <cstdint>
#include <span>
#include <vector>

#include "net/clocked/list.hpp"
#include "net/clocked/mail.hpp"
#include "net/clocked/node_set.hpp"
#include "net/clocked/routers.hpp"
#include "net/clocked/source_wheel.hpp"
#include "net/clocked/state.hpp"
#include "net/package/fabric.hpp"
#include "net/package/packet.hpp"
#include "net/traffic/counters.hpp"

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
  std::span<const NodeId> nodes() const { return nodes_; }
  const TrafficCounters& counters(std::size_t local) const { return counters_[local]; }
  PortCounters port(std::size_t local, Port port) const;
  std::uint32_t packet_flits() const { return packet_flits_; }
  std::uint64_t packets(std::size_t local) const { return sources_[local].packets; }
  std::uint32_t depth(std::size_t local) const { return routers_[local].state().depth; }
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
  // An input of a router: number * bid_inputs + input.
  using Bid = std::uint32_t;
  static constexpr std::uint32_t bid_inputs = 8;
  static Bid bid_of(std::uint32_t router, std::uint32_t in) { return router * bid_inputs + in; }
  // An input channel may cross the switch, unless another input has chosen the same output.
  struct Grant {
    std::uint32_t router = 0;
    std::uint8_t in = 0, out = 0, channel = 0;
  };
  // A head has won an output channel.
  struct Win {
    std::uint32_t router = 0;
    std::uint8_t head = 0, target = 0;
  };

  // Hot: instances for each capacity C of the routers.
  template <std::uint32_t C>
  void run_cycle(Cycle now);
  template <std::uint32_t C>
  void latch();
  template <std::uint32_t C>
  void read_marks();
  template <std::uint32_t C>
  void take_back(Mail<Credit>& mail);
  template <std::uint32_t C>
  void collect_bids();
  template <std::uint32_t C>
  void choose();
  template <std::uint32_t C>
  void allocate_channels(std::uint32_t number);
  template <std::uint32_t C>
  void own(Win win);
  template <std::uint32_t C>
  void send(Cycle now);
  template <std::uint32_t C>
  void send_marks();
  template <std::uint32_t C>
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
  void connect(std::uint32_t number, Port port);
  void draw_next(std::uint32_t router, Cycle after);
  void leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload);
  // Place `slot` (below twice its size) of the ring of an input channel.
  std::uint32_t& ring(std::uint32_t router, std::uint32_t id, std::uint32_t slot) {
    const std::size_t input = std::size_t{router} * routers_.channels_each() + id;
    return rings_[input * ring_size_ + (slot < ring_size_ ? slot : slot - ring_size_)];
  }
  std::uint32_t last_worm(std::uint32_t router, std::uint32_t id) {
    const InputChannel& input = routers_[router].input(id);
    return input.waiting == 0 ? input.worm : ring(router, id, input.first + input.waiting - 1u);
  }
  // What came from another rank, or was restored, is a worm of its own in every router; its last flit takes
  // the sender's along.
  void end_worm(std::uint32_t router, std::uint32_t id, std::uint32_t senders) {
    if (senders != last_worm(router, id)) drop_worm(senders);
  }
  std::uint32_t take_worm();
  Worm worm_from(const Payload& payload) const {
    return {payload.source, payload.destination, payload.tag, payload.created / fabric_.timing.cycle};
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
  std::uint32_t depth_;  // flits of a buffer
  std::uint32_t packet_flits_;
  std::uint32_t ring_size_;  // packets behind the front one that a buffer can hold the head of
  DimensionOrder order_;
  bool routing_stage_;
  bool copies_ = false;  // of worms may be under way, see end_worm()
  std::uint32_t ejection_, ejection_credit_, injection_, injection_credit_;  // cycles that these take

  std::vector<NodeId> nodes_;
  std::vector<std::uint32_t> local_;  // by node
  Routers routers_;
  std::vector<std::uint32_t> rings_;  // worms
  std::vector<Source> sources_;
  std::vector<TrafficCounters> counters_;
  std::vector<Worm> worms_;
  std::vector<std::uint32_t> spare_worms_;

  Mail<Arrival> arrivals_;
  Mail<Mark> marks_;
  Mail<Credit> credits_;
  Mail<Credit> ejections_;  // credits of ejection channels
  SourceWheel wheel_;
  NodeSet busy_;     // routers with a bid, and some that had one in the latest cycle
  NodeSet senders_;  // dies that send, in this cycle or the next
  // Of this cycle:
  List<Bid> bids_;
  List<std::uint32_t> askers_;  // routers
  List<Grant> grants_;
  List<const Grant*> heads_, tails_;  // flits that have crossed a switch
  std::vector<Win> wins_;
  std::vector<Crossing>* leaving_ = nullptr;  // during step()
  std::uint64_t decisions_ = 0;
};

}  // namespace hecaton::net::clocked
