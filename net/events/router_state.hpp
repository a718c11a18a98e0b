// A router as three kinds of values: what the deck fixes (RouterSetup), what changes and a checkpoint holds
// (RouterState: input channels with the worms in their buffers, output channels with their credits, the
// round-robin pointers of the separable allocators), and what a result holds (RouterCounters).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/engine/base/time_bins.hpp"
#include "net/events/credit_book.hpp"
#include "net/events/worms.hpp"
#include "net/package/bits.hpp"
#include "net/package/timing.hpp"
#include "net/package/topology.hpp"

namespace hecaton::net {

inline constexpr std::uint8_t no_channel = 0xFF;
inline constexpr std::int16_t no_owner = -1;

// What is behind a port, the same in both directions; behind the local one the node itself.
struct RouterLink {
  NodeId neighbour;
  SimDuration latency;
  SimDuration flit;  // a flit occupies the link for so long
};

// What the deck fixes.
struct RouterSetup {
  NodeId node;
  std::uint32_t channels = 0;        // virtual channels of each port
  std::uint32_t ports = port_count;  // in use: to links, and to the node's interface
  std::array<RouterLink, most_ports> links{};
};

// One virtual channel of an input port: a buffer of worms, of which the front one is being forwarded.
struct InputChannel {
  std::uint32_t front = WormPool::none;
  std::uint32_t back = WormPool::none;
  std::uint8_t out_port = 0;
  std::uint32_t shift_ps = 0;             // by which flits come slower, each, than they leave
  std::uint16_t usable = 0;               // channels of out_port that the front worm may take
  std::uint8_t out_channel = no_channel;  // granted by virtual-channel allocation to the front worm
  bool running = false;                   // a run of several segments is under way
  bool background = false;                // the front worm yields to others
  bool bypassing = false;                 // the front worm passes without touching the buffer, so far
  bool held = false;                      // credits are sent one by one
  bool epoch = false;
  bool last_credited = false;  // the credit of the latest segment was sent
  std::uint32_t holds = 0;     // sent
  SimTime resume_gone{};       // when the segment of the last credit that was sent had left
  bool late = false;           // the schedule is missed already; a hold is due at the next settling
  bool lost = false;           // the latest bid for the switch, to another worm
  std::uint32_t departed = 0;  // segments ever
  std::uint32_t run_flits = 0;
  SimTime run_start{};                    // S of the run's first segment
  SimTime last_start = SimTime::never();  // S of the latest segment; SimTime::never(): none yet
  SimTime last_gone{};                    // when its last flit has left
  SimTime channel_ready{};                // no bid for a virtual channel before
  SimTime switch_ready{};                 // no bid for the switch before

  bool occupied() const { return front != WormPool::none; }
  // The sender's epoch comes with every run; a new one means that all credits were home.
  void follow_epoch(bool senders) {
    if (epoch != senders) held = false;
    epoch = senders;
  }

  // All but the worms, which are elsewhere.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(out_port, shift_ps, usable, out_channel, running, background, bypassing, held, epoch);
    archive(last_credited, holds, resume_gone, late, departed, run_flits, run_start);
    archive(last_start, last_gone, channel_ready, switch_ready, lost);
  }
};

inline std::uint32_t segments_of(const Timing& timing, std::uint32_t flits) {
  return static_cast<std::uint32_t>((flits + timing.segment_flits - 1) / timing.segment_flits);
}

// One virtual channel of an output, that is, of the next router's input port (or of an interface).
struct OutputChannel {
  std::int16_t owner = no_owner;  // input channel index (port * channels + channel)
  SimTime free_at{};              // when un-owned: may be allocated from then on
  // When the last tail sent leaves the next router, if nothing delays it.
  SimTime expected_tail = SimTime::before_all();
  SimTime expected_busy{};  // and when the last flit sent has gone
  SimTime run_expected{};   // expected departure of the first segment of the latest run
  CreditBook credits;

  // When a run that arrives at `arrival` begins to leave the next router, if nothing else delays it there.
  // `at_once`: the receiver passes it on, or consumes it, as it arrives (a bypass, an ejecting interface).
  SimTime expected_departure(const Timing& timing, SimTime arrival, bool head, bool at_once) const {
    if (at_once) return arrival;
    const SimTime front =
        std::max(arrival, expected_tail + timing.cycle) + timing.routing_stage + timing.channel_stage;
    return std::max(head ? front : arrival, expected_busy);
  }
  // Whether a run of `segments` starting now would find a credit for each of them in time.
  bool sustains(const Timing& timing, SimTime now, SimTime arrival, bool head, bool at_once,
                std::uint32_t segments, SimDuration credit_delay) {
    const SimTime departure = expected_departure(timing, arrival, head, at_once);
    return credits.sustains(timing, now, segments,
                            departure + timing.segment - timing.cycle + credit_delay - now);
  }
  // A run is sent: reckons when it leaves the next router, and so when its credits return.
  void book(const Timing& timing, SimTime arrival, bool head, bool tail, std::uint32_t flits, bool at_once,
            SimDuration credit_delay) {
    const std::uint32_t segments = segments_of(timing, flits);
    run_expected = expected_departure(timing, arrival, head, at_once);
    expected_busy = run_expected + flits * timing.cycle;
    if (tail) expected_tail = run_expected + (segments - 1) * timing.segment;
    const auto last_flits = static_cast<std::uint32_t>(flits - (segments - 1) * timing.segment_flits);
    credits.sent(timing, run_expected, {segments, last_flits, head, tail, at_once}, credit_delay);
  }
  // The last credit to be sent has come, for a whole segment that began to leave the next router at
  // `departure`. (What is out leaves no sooner than was reckoned before: delays only grow.)
  void resume(const Timing& timing, SimTime departure, bool tail, std::uint32_t holds,
              SimDuration credit_delay) {
    if (!credits.last_credit(holds)) return;
    expected_busy = departure + timing.segment;
    if (tail) expected_tail = departure;
    const auto leaves = [&](const CreditBook::Segments& segments, SimTime no_sooner) {
      return departure_of(timing, segments, no_sooner);
    };
    credits.reckon(timing, credit_delay, leaves);
  }
  // When the first of segments that are out leaves the next router, after all that was asked for before.
  SimTime departure_of(const Timing& timing, const CreditBook::Segments& segments, SimTime no_sooner) {
    run_expected = no_sooner;
    if (!segments.at_once) {
      if (segments.head)
        run_expected = std::max(run_expected,
                                expected_tail + timing.cycle + timing.routing_stage + timing.channel_stage);
      run_expected = std::max(run_expected, expected_busy);
    }
    const SimTime last = run_expected + (segments.count - 1) * timing.segment;
    expected_busy = last + std::int64_t{segments.last_flits} * timing.cycle;
    if (segments.tail) expected_tail = last;
    return run_expected;
  }
  // Of the latest run only `segments` were sent, `removed` were not.
  void unbook(const Timing& timing, std::uint32_t segments, std::uint32_t removed) {
    credits.unsend(timing, removed);
    expected_busy = run_expected + segments * timing.segment;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(owner, free_at, expected_tail, expected_busy, run_expected, credits);
  }
};

// One port: its input's and its output's side of the crossbar.
struct PortState {
  SimTime in_busy;                  // the input's way into the crossbar is taken until
  SimTime out_busy;                 // the output is taken until
  std::int16_t out_run = no_owner;  // input channel whose run holds the output
  std::uint16_t occupied = 0;       // input channels with a worm, one bit each
  std::uint16_t running = 0;        // of these, the ones with a run under way
  // Round-robin pointers of the separable input-first switch allocator.
  std::uint8_t channel_offset = 0;  // stage 0, per input
  std::uint8_t output_pointer = 0;  // stage 1, per input
  std::uint8_t input_pointer = 0;   // stage 2, per output

  template <class Archive>
  void serialize(Archive& archive) {
    archive(in_busy, out_busy, out_run, occupied, running, channel_offset, output_pointer, input_pointer);
  }
};

// What a checkpoint holds of a router. Channels are indexed by port * channels + channel.
struct RouterState {
  std::array<PortState, most_ports> ports{};
  // Ports with an occupied channel, and with a run under way: one bit each, so that decisions look at no others. They
  // follow from the ports' own bits, and are no part of a checkpoint.
  std::uint16_t occupied = 0;
  std::uint16_t running = 0;
  std::vector<InputChannel> inputs;
  std::vector<OutputChannel> outputs;
  // Round-robin pointers of the channel allocator, over port * channels + channel of the other side.
  std::vector<std::uint8_t> channel_in_pointer;
  std::vector<std::uint8_t> channel_out_pointer;

  explicit RouterState(std::size_t all_channels)
      : inputs(all_channels),
        outputs(all_channels),
        channel_in_pointer(all_channels, 0),
        channel_out_pointer(all_channels, 0) {}

  void occupy(std::uint32_t port, std::uint32_t channel) {
    set(occupied, port, ports[port].occupied, channel);
  }
  void vacate(std::uint32_t port, std::uint32_t channel) {
    clear(occupied, port, ports[port].occupied, channel);
  }
  void begin_run(std::uint32_t port, std::uint32_t channel) {
    set(running, port, ports[port].running, channel);
  }
  void end_run(std::uint32_t port, std::uint32_t channel) {
    clear(running, port, ports[port].running, channel);
  }

  // With the worms in the buffers, which are in the pool.
  template <class Archive>
  void save(Archive& archive, const WormPool& worms) const;
  template <class Archive>
  void load(Archive& archive, WormPool& worms);

 private:
  static void set(std::uint16_t& all, std::uint32_t port, std::uint16_t& of_port, std::uint32_t channel) {
    of_port = static_cast<std::uint16_t>(of_port | (1u << channel));
    all = static_cast<std::uint16_t>(all | (1u << port));
  }
  static void clear(std::uint16_t& all, std::uint32_t port, std::uint16_t& of_port, std::uint32_t channel) {
    of_port = static_cast<std::uint16_t>(of_port & ~(1u << channel));
    if (of_port == 0) all = static_cast<std::uint16_t>(all & ~(1u << port));
  }
};

// What went out of a port.
struct PortCounters {
  std::uint64_t busy_ps = 0;
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  TimeBins busy;  // but for the run under way

  void sent(SimDuration time, std::uint32_t flit_number, std::uint32_t packet_number) {
    busy_ps += static_cast<std::uint64_t>(time.ps);
    flits += flit_number;
    packets += packet_number;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(busy_ps, flits, packets, bytes, busy);
  }
};

// What a result holds of a router.
struct RouterCounters {
  std::array<PortCounters, most_ports> ports{};
  TimeBins
      held;  // for how long worms had a place in its buffers, of those that are gone; all of them added up

  template <class Archive>
  void serialize(Archive& archive) {
    archive(ports, held);
  }
};

template <class Archive>
void RouterState::save(Archive& archive, const WormPool& worms) const {
  archive(ports);
  for (const InputChannel& channel : inputs) {
    archive(channel);
    std::uint32_t count = 0;
    for (std::uint32_t w = channel.front; w != WormPool::none; w = worms[w].next) ++count;
    archive(count);
    for (std::uint32_t w = channel.front; w != WormPool::none; w = worms[w].next) archive(worms[w]);
  }
  for (const OutputChannel& channel : outputs) archive(channel);
  archive(channel_in_pointer, channel_out_pointer);
}

template <class Archive>
void RouterState::load(Archive& archive, WormPool& worms) {
  archive(ports);
  occupied = running = 0;
  for (std::uint32_t p = 0; p < ports.size(); ++p) {
    if (ports[p].occupied != 0) occupied = static_cast<std::uint16_t>(occupied | (1u << p));
    if (ports[p].running != 0) running = static_cast<std::uint16_t>(running | (1u << p));
  }
  for (InputChannel& channel : inputs) {
    archive(channel);
    std::uint32_t count = 0;
    archive(count);
    channel.front = channel.back = WormPool::none;
    for (; count > 0; --count) {
      const std::uint32_t slot = worms.take();
      worms[slot] = Worm{};
      archive(worms[slot]);
      worms[slot].next = WormPool::none;
      (channel.back == WormPool::none ? channel.front : worms[channel.back].next) = slot;
      channel.back = slot;
    }
  }
  for (OutputChannel& channel : outputs) archive(channel);
  archive(channel_in_pointer, channel_out_pointer);
}

}  // namespace hecaton::net
