// What the clocked network remembers of a router, packed so that a decision touches few cache lines: sets of
// channels are bits, and bids are kept up to date instead of being looked for.
#pragma once

#include <array>
#include <cstdint>

#include "net/clocked/cycle_lists.hpp"
#include "net/topology.hpp"

namespace hecaton::net::clocked {

// Ports that lead to dies, and the local one; there are no IO dies here.
inline constexpr std::uint32_t die_ports = 5;
inline constexpr std::uint8_t nobody = 0xFF;

// A flit is the number of its worm and two bits.
inline constexpr std::uint32_t head_bit = 0x80000000u;
inline constexpr std::uint32_t tail_bit = 0x40000000u;
inline constexpr std::uint32_t no_worm = 0x3FFFFFFFu;
constexpr std::uint32_t worm_of(std::uint32_t flit) {
  return flit & no_worm;
}

// Who bids, what is free, and the round-robin pointers of the separable allocators; the first of its two
// cache lines is all that a router needs that has nothing to do.
struct alignas(64) RouterState {
  Cycle woken = -1;  // the latest cycle for which it is on a list
  // Length of the longest chain of decisions, each of which had to wait for the one before, up to the latest.
  std::uint32_t depth = 0;
  std::uint8_t bidders = 0;                      // inputs with anything in `want`, one bit each
  std::uint8_t askers = 0;                       // inputs with anything in `heads` or `routing`
  std::array<std::uint16_t, die_ports> heads{};  // input channels whose front flit asks for an output channel
  std::array<std::uint16_t, die_ports> routing{};  // and those that will in the next cycle
  std::array<std::uint16_t, die_ports> free{};     // output channels without an owner
  std::array<std::uint8_t, die_ports> outputs{};   // of each input: which of its `want` are not empty
  std::array<std::uint8_t, die_ports> output_pointer{};
  std::array<std::uint8_t, die_ports> input_pointer{};
  // Input channels that could cross the switch (a flit, an output channel, a credit), by input and output.
  std::array<std::array<std::uint16_t, die_ports>, die_ports> want{};
  std::array<std::uint8_t, die_ports> channel_offset{};
};
static_assert(sizeof(RouterState) == 128);

// A virtual channel of an input. The flits behind the front one are in a ring elsewhere: mostly there are
// none.
struct InputChannel {
  std::uint32_t front = no_worm;  // the flit in front, or the last one that was
  std::uint16_t first = 0;        // of the ring
  std::uint16_t count = 0;        // flits in the buffer, the front one among them
  std::uint16_t usable = 0;       // output channels that the front worm may take
  std::uint8_t out_port = 0;
  std::uint8_t out_channel = nobody;
  std::uint8_t pointer =
      0;  // of the channel allocator: the output channel (port * channels + channel) to try first
};

// A virtual channel of an output, that is, of the next router's input or of the interface.
struct OutputChannel {
  std::uint16_t credits = 0;
  std::uint8_t owner = nobody;  // an input channel (port * channels + channel)
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

// What went out of a port.
struct PortCounters {
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(flits, packets);
  }
};

}  // namespace hecaton::net::clocked
