// The state of one node of the clocked network as values: nothing in it depends on which other nodes are on
// the same rank.
#pragma once

#include <vector>

#include "net/clocked/network.hpp"

namespace hecaton::net::clocked {

struct Network::NodeState {
  // Flits of one worm that follow each other in a buffer.
  struct Piece {
    Worm worm;
    std::uint32_t flits = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(worm, flits);
    }
  };
  struct Input {
    std::vector<Piece> pieces;  // front first
    // The buffer is empty, and the rest of this worm has still to come.
    bool goes_on = false;
    Worm worm;
    std::uint16_t left = 0;  // flits of the packet in front, or under way, that have not gone on
    std::uint8_t out = 0;    // see InputChannel
    std::uint16_t usable = 0;
    std::uint8_t pointer = 0;
    bool routing = false;  // the front flit asks for an output channel in a cycle to come

    template <class Archive>
    void serialize(Archive& archive) {
      archive(pieces, goes_on, worm, left, out, usable, pointer, routing);
    }
  };
  struct Sender {
    Cycle next = -1;
    std::uint64_t drawn = 0;
    std::uint64_t packets = 0;
    std::uint16_t left = 0;
    std::uint8_t channel = 0;
    Worm worm;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(next, drawn, packets, left, channel, worm);
    }
  };
  struct Flit {
    Cycle at = 0;
    std::uint8_t channel = 0;
    bool head = false;
    bool tail = false;
    Worm worm;  // of a head
    std::uint32_t depth = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(at, channel, head, tail, worm, depth);
    }
  };
  struct Slot {
    Cycle at = 0;
    std::uint8_t channel = 0;
    std::uint32_t depth = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(at, channel, depth);
    }
  };

  std::array<std::uint8_t, die_ports> output_pointer{}, input_pointer{}, channel_pointer{};
  std::uint32_t depth = 0;
  std::vector<Input> inputs;
  std::vector<OutputChannel> outputs;
  std::vector<std::uint16_t> injection_credits;
  std::vector<PortCounters> ports;
  Sender sender;
  TrafficCounters counters;
  GrowthBins<std::uint32_t>::Saved sent;
  GrowthBins<std::uint64_t>::Saved held;
  std::uint32_t residents = 0;
  PortStalls::Saved stalls;
  MessageLog messages;
  std::vector<Flit> arriving;   // by time and channel
  std::vector<Slot> returning;  // credits, likewise

  template <class Archive>
  void serialize(Archive& archive) {
    archive(output_pointer, input_pointer, channel_pointer, depth, inputs, outputs, injection_credits, ports,
            sender, counters, sent, held, residents, stalls, messages, arriving, returning);
  }
};

}  // namespace hecaton::net::clocked
