// The changing parts of a rank's clocked network: NetworkState says where everything is, NetworkCounters what
// has been, and CycleLists holds what one loop of a cycle leaves to the next, which is nothing between cycles.
//
// Two things that touch every flit are in the routers' memory all the same, one cache line from what they are
// used with (see routers.hpp): a port's link, which is setup, and its packets so far, which is a counter.
#pragma once

#include <cstdint>
#include <vector>

#include "net/clocked/growth_bins.hpp"
#include "net/clocked/list.hpp"
#include "net/clocked/mail.hpp"
#include "net/clocked/node_set.hpp"
#include "net/clocked/port_stalls.hpp"
#include "net/clocked/routers.hpp"
#include "net/clocked/setup.hpp"
#include "net/clocked/source_wheel.hpp"
#include "net/clocked/state.hpp"
#include "net/package/message_log.hpp"
#include "net/package/packet.hpp"
#include "net/traffic/counters.hpp"

namespace hecaton::net::clocked {

struct NetworkState {
  // Empty buffers, all credits home, nobody sends.
  explicit NetworkState(const NetworkSetup& setup);

  Routers routers;
  std::vector<std::uint32_t> rings;  // of input channels: worms behind the front one
  std::vector<Source> sources;
  std::vector<Worm> worms;
  std::vector<std::uint32_t> spare_worms;
  bool copies;  // of worms may be under way, see Network::end_worm()

  Mail<Arrival> arrivals;
  Mail<Mark> marks;
  Mail<Credit> credits;
  Mail<Credit> ejections;  // credits of ejection channels
  SourceWheel wheel;
  NodeSet busy;     // routers with a bid, and some that had one in the latest cycle
  NodeSet senders;  // dies that send, in this cycle or the next

  std::uint32_t take_worm() {
    if (spare_worms.empty()) {
      worms.emplace_back();
      return static_cast<std::uint32_t>(worms.size() - 1);
    }
    const std::uint32_t worm = spare_worms.back();
    spare_worms.pop_back();
    return worm;
  }
  void drop_worm(std::uint32_t worm) { spare_worms.push_back(worm); }
};

// Packets in the buffers of a router: each has a place from the cycle in which its head is latched to the one after its last
// flit has won the switch.
struct Residents {
  // Of those that have gone, their cycles; of those that are here, what they came too late for. Modulo 2^64.
  std::uint64_t cycles = 0;
  std::uint32_t packets = 0;

  void come(Cycle from) {
    cycles -= static_cast<std::uint64_t>(from);
    ++packets;
  }
  void go(Cycle from) {
    cycles += static_cast<std::uint64_t>(from);
    --packets;
  }
  // Cycles of all packets up to the beginning of one, which is no earlier than the latest come() and go().
  std::uint64_t up_to(Cycle at) const { return cycles + packets * static_cast<std::uint64_t>(at); }
};

// What is recorded on the way, each with what is before it: nothing, so that it costs nothing; when links were busy and buffers
// full; why links were idle.
enum class Records : std::uint8_t { none, bins, stalls };

struct NetworkCounters {
  explicit NetworkCounters(const NetworkSetup& setup)
      : traffic(setup.nodes.size()),
        residents(setup.nodes.size()),
        sent(setup.fabric.bins, setup.fabric.timing.cycle, setup.nodes.size() * die_ports),
        held(setup.fabric.bins, setup.fabric.timing.cycle, setup.nodes.size()),
        stalls(setup.fabric.stalls ? setup.nodes.size() : 0),
        messages(setup.nodes.size(), MessageLog(setup.fabric.messages)),
        records(setup.fabric.stalls           ? Records::stalls
                : setup.fabric.bins.count > 0 ? Records::bins
                                              : Records::none) {}

  std::vector<TrafficCounters> traffic;  // by router
  std::uint64_t decisions = 0;           // of routers, and flits that dies have sent
  std::vector<Residents> residents;      // by router; counted where bins are kept
  GrowthBins<std::uint32_t> sent;        // flits, by router and port
  GrowthBins<std::uint64_t> held;        // cycles of packets in buffers, by router
  PortStalls stalls;
  std::vector<MessageLog> messages;  // by router
  Records records;
};

// An input of a router bids for the switch: number * bid_inputs + input.
using Bid = std::uint32_t;
inline constexpr std::uint32_t bid_inputs = 8;
constexpr Bid bid_of(std::uint32_t router, std::uint32_t in) {
  return router * bid_inputs + in;
}

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

// What leaves the rank.
struct Crossing {
  NodeId from;
  NodeId to;
  Cycle at = 0;
  Payload payload;
  std::uint32_t depth = 0;
};

struct CycleLists {
  explicit CycleLists(std::size_t routers)
      : bids(die_ports * routers, die_ports),
        askers(routers, 1),
        grants(die_ports * routers, 0),
        heads(die_ports * routers, 1),
        tails(die_ports * routers, 1) {}

  List<Bid> bids;
  List<std::uint32_t> askers;  // routers
  List<Grant> grants;
  List<const Grant*> heads, tails;  // flits that have crossed a switch
  std::vector<Win> wins;
  std::vector<Crossing>* leaving = nullptr;  // during Network::step()
};

}  // namespace hecaton::net::clocked
