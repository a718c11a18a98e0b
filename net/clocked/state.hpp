// What the clocked network remembers of a router, packed so that a decision touches few cache lines: sets of
// channels are bits, and bids are kept up to date instead of being looked for.
#pragma once

#include <array>
#include <cstdint>

#include "net/package/topology.hpp"

namespace hecaton::net::clocked {

// The port of the die among those of its router.
inline constexpr auto local_port = static_cast<std::uint32_t>(Port::local);

// Cycles of the routers' clock since the start of the simulation.
using Cycle = std::int64_t;

// Ports that lead to dies, and the local one; there are no IO dies here.
inline constexpr std::uint32_t die_ports = 5;
inline constexpr std::uint8_t nobody = 0xFF;
inline constexpr std::uint32_t elsewhere = 0xFFFFFFFFu;  // a router of another rank

// A worm's number has 30 bits; of a word of 32 the highest may say that its first flit is meant.
inline constexpr std::uint32_t head_bit = 0x80000000u;
inline constexpr std::uint32_t no_worm = 0x3FFFFFFFu;
constexpr std::uint32_t worm_of(std::uint32_t word) {
  return word & no_worm;
}

// Who bids and asks, and the round-robin pointers of the separable allocators: each is the one to try first,
// and may be one past the last. What could cross the switch is beside it, see Router::want().
struct RouterState {
  // Length of the longest chain of decisions, each of which had to wait for the one before, up to the latest.
  std::uint32_t depth = 0;
  std::uint8_t bidders = 0;                              // inputs that want anything, one bit each
  std::uint8_t askers = 0;                               // inputs with anything in `asking` or `routing`
  std::uint8_t waits_for_credit = 0;                     // the die of this router has something to send
  std::uint8_t chosen = 0;                               // outputs that an input has chosen in this cycle
  std::array<std::uint8_t, die_ports> output_pointer{};  // by input
  std::array<std::uint8_t, die_ports> channel_pointer{};
  std::array<std::uint8_t, die_ports> input_pointer{};  // by output
  // Channels, of which only the first and the last flit of a packet change any.
  std::array<std::uint8_t, die_ports> asking{};   // by input: whose front flit asks for an output channel
  std::array<std::uint8_t, die_ports> routing{};  // and those whose will in the next cycle
  std::array<std::uint8_t, die_ports> free{};     // by output: those without an owner
};
static_assert(sizeof(RouterState) == 40);

// A virtual channel of an input: the packet in front, how much of it is still to go, and how many flits are
// here. Packets are of one length and their flits come one after another, so the flits need not be kept. The
// packets behind the front one are in a ring elsewhere: mostly there are none.
struct InputChannel {
  std::uint32_t worm = no_worm;  // of the packet in front
  std::uint16_t left = 0;        // its flits that have not gone on; 0: no packet is in front
  std::uint16_t count = 0;       // flits in the buffer, of all packets
  std::uint16_t first = 0;       // of the ring
  std::uint16_t waiting = 0;     // packets in it
  // Output channels that the packet may take; none once it has one. `no_packet`: there is none in front.
  std::uint16_t usable = no_packet;
  std::uint8_t out = 0;      // what it has (its number, see Router), before: the first of that port
  std::uint8_t pointer = 0;  // of the channel allocator: the output channel to try first, like `out`

  static constexpr std::uint16_t no_packet = 0xFFFF;
  bool owns() const { return usable == 0; }
  bool asks() const { return usable != 0 && usable != no_packet; }
};
static_assert(sizeof(InputChannel) == 16);

// A virtual channel of an output, that is, of the next router's input or of the interface.
struct OutputChannel {
  std::uint16_t credits = 0;
  std::uint8_t owner = nobody;  // an input channel (its number, see Router)
  std::uint8_t pointer = 0;     // of the channel allocator: the input channel to serve first

  template <class Archive>
  void serialize(Archive& archive) {
    archive(credits, owner, pointer);
  }
};

// A packet that a buffer holds a part of.
struct Worm {
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint64_t tag = 0;
  Cycle created = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(source, destination, tag, created);
  }
};

// What a die has to send.
struct Source {
  Cycle next = -1;          // when its next packet is (or was) made; negative: never
  std::uint64_t drawn = 0;  // packets drawn so far, the next one among them
  std::uint64_t packets = 0;
  std::uint32_t worm = no_worm;  // under way
  std::uint16_t left = 0;        // its flits that are not sent yet
  std::uint8_t channel = 0;      // of the worm under way, or of the latest one
};

}  // namespace hecaton::net::clocked
