// An input-buffered virtual-channel router with credit flow control and separable, input-first, round-robin
// allocators, evaluated only when something can change.
//
// Mechanisms (after the router of BookSim2, Jiang et al., ISPASS 2013): a head bids for an output channel
// when it is latched, for the switch a cycle after it got one; every segment bids for the switch; an output
// channel is free again when the tail has won the switch. Bids, grants and pointers are those of a router
// that looks every cycle. Between decisions state follows from times: a run of segments that nobody disturbs
// is one grant and one event, whatever its length. As soon as a rival appears the run is truncated to the
// segments that have started, which changes no time, and the next router is told (`cut`) before the first
// missing segment was due there.
//
// Bypass (topology "bypass-ring"): a worm that follows a ring edge over a skipped die is announced there
// `link` after it started; if the straight output is free at that instant it goes on at once, ahead of other
// bidders and without touching the buffers; otherwise it is latched like any other worm and stays buffered to
// its tail.
//
// Speculative pipeline: a head bids for the switch in the cycle in which it bids for an output channel, where
// others leave it free; if it then gets no channel, or one without a credit, the switch slot is lost.
//
// Two classes: background worms (bulk data of DRAM) bid for the switch only where no other worm does, and
// leave the first virtual channel of every link to the others.
//
// Out: post(SimTime, Phase, NodeId receiver, const Payload&).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"
#include "net/events/output_stalls.hpp"
#include "net/events/router_state.hpp"
#include "net/package/fabric.hpp"
#include "net/package/routing.hpp"

namespace hecaton::net {

class Router {
 public:
  Router(const Fabric& fabric, NodeId node);

  // Fetches into the cache what every decision looks at.
  void prefetch() const {
    __builtin_prefetch(&setup_);
    for (std::uint32_t p = 0; p < setup_.ports; ++p) __builtin_prefetch(&state_.ports[p]);
  }
  const RouterSetup& setup() const { return setup_; }
  const RouterCounters& counters() const { return counters_; }
  // When what is behind the port was busy, the run under way included.
  TimeBins busy(const Timing& timing, Port port) const;
  // For how long worms had a place in the buffers, all added up; of those that are gone, also with a run whose end nobody
  // has looked at.
  TimeBins held(const Timing& timing, const WormPool& worms) const;
  // For how long it was idle, and why, up to the latest decision.
  StallTimes stalls(Port port) const { return stalls_.of(static_cast<std::uint32_t>(port)); }
  // No worm is in its buffers at `now`.
  bool idle(RouterContext& context, SimTime now);
  // Credits of every output channel are home (for tests).
  bool credits_home(const Fabric& fabric, SimTime now);

  // Arrivals; they only change state. Each returns when the node must be settled because of it: `now`, later, or
  // SimTime::never() if it lets nobody do what could not be done without it.
  SimTime receive_head(RouterContext& context, const Payload& payload, SimTime now);
  SimTime receive_body(RouterContext& context, const Payload& payload, SimTime now);
  template <class Out>
  SimTime receive_cut(RouterContext& context, const Payload& payload, SimTime now, Out& out);
  template <class Out>
  SimTime receive_hold(RouterContext& context, const Payload& payload, SimTime now, Out& out);
  SimTime receive_credit(const Fabric& fabric, const Payload& payload, SimTime now);

  // All decisions of the instant `now`. Returns when to settle next if nothing arrives before; SimTime::never(): no
  // need.
  template <class Out>
  SimTime settle(RouterContext& context, SimTime now, Out& out);

  // All that changes during a run, with the worms in its buffers.
  template <class Archive>
  void save(Archive& archive, const WormPool& worms) const {
    state_.save(archive, worms);
    archive(counters_, stalls_);
  }
  template <class Archive>
  void load(Archive& archive, WormPool& worms) {
    state_.load(archive, worms);
    archive(counters_, stalls_);
  }

 private:
  static constexpr std::size_t max_bids = most_ports * 16;
  struct SwitchBid {
    std::uint8_t in, channel, out;
    bool background;
    bool keeps;        // a background worm that has the switch
    bool speculative;  // has no output channel yet
  };
  struct HeadBid {
    std::uint16_t id;      // input channel
    std::uint16_t usable;  // channels of its port, one bit each
  };
  // Everything that bids at one instant; the arrays are filled up to their counts.
  struct Bids {
    std::array<SwitchBid, max_bids> for_switch;
    std::array<HeadBid, max_bids> heads;  // for an output channel
    std::size_t switch_count = 0;
    std::size_t head_count = 0;
    // Admitted bids, and in the second place speculative ones.
    struct Admitted {
      // [input][output], by channel; filled where `outputs` says so
      std::array<std::array<std::uint16_t, most_ports>, most_ports> want;
      std::array<std::uint16_t, most_ports> outputs{};  // of each input, one bit each
    };
    std::array<Admitted, 2> admitted;
    // Outputs that a run keeps to itself, one bit each: to bid for one speculatively costs the input its
    // choice.
    std::uint32_t hopeless = 0;
    // Foreground channels that could use the port now or soon.
    std::array<std::uint8_t, most_ports> rivals_in{}, rivals_out{};
    // All channels that could.
    std::array<std::uint8_t, most_ports> holders_in{}, holders_out{};

    void admit(const SwitchBid& bid) {
      Admitted& of = admitted[bid.speculative];
      const bool first = (of.outputs[bid.in] >> bid.out & 1u) == 0;
      const std::uint32_t others = first ? 0 : of.want[bid.in][bid.out];
      of.want[bid.in][bid.out] = static_cast<std::uint16_t>(others | (1u << bid.channel));
      of.outputs[bid.in] = static_cast<std::uint16_t>(of.outputs[bid.in] | (1u << bid.out));
    }
    // Whether a run would be disturbed: a background worm keeps the switch from other background worms.
    // `is_rival`: the run's own channel counts among the rivals.
    bool contested(std::uint32_t in, std::uint32_t out, bool is_rival) const {
      const int own = is_rival ? 1 : 0;
      return rivals_in[in] > own || rivals_out[out] > own;
    }
  };
  struct Grant {
    std::uint8_t in = 0, channel = 0, out = 0;
    bool speculative = false;
  };

  std::uint32_t index(std::uint32_t port, std::uint32_t channel) const {
    return port * setup_.channels + channel;
  }
  InputChannel& input(std::uint32_t port, std::uint32_t channel) {
    return state_.inputs[index(port, channel)];
  }
  OutputChannel& output(std::uint32_t port, std::uint32_t channel) {
    return state_.outputs[index(port, channel)];
  }

  // router_runs.hpp: worms in buffers, runs, credits
  void face_front(const RouterContext& context, std::uint32_t id);
  void pop_worm(RouterContext& context, std::uint32_t id, SimTime tail_start);
  void retire(RouterContext& context, std::uint32_t id, SimTime now);
  void retire_finished(RouterContext& context, SimTime now);
  template <class Out>
  void truncate(RouterContext& context, std::uint32_t id, std::uint32_t segments, Out& out);
  template <class Out>
  void interrupt(RouterContext& context, std::uint32_t id, SimTime now, Out& out);
  template <class Out>
  void miss_schedule(const Fabric& fabric, std::uint32_t id, SimTime now, Out& out);
  template <class Out>
  void send_late_credit(const Fabric& fabric, std::uint32_t port, std::uint32_t channel, SimTime gone,
                        std::uint8_t flags, Out& out);
  bool may_resume(const RouterContext& context, std::uint32_t id, SimTime now, bool contested) const;
  template <class Out>
  void send(RouterContext& context, std::uint32_t id, std::uint32_t flits, bool contested, SimTime now,
            Out& out);
  std::uint32_t run_length(const RouterContext& context, std::uint32_t id, SimTime now, bool contested);
  SimDuration flight(const Timing& timing, std::uint32_t out_port, bool announced) const;
  SimDuration credit_delay_from(const Timing& timing, std::uint32_t out_port) const;
  SimDuration credit_delay_to(const Timing& timing, std::uint32_t in_port) const;
  bool as_announced(const RouterContext& context, const InputChannel& channel) const;
  bool next_die_is_bypassed(const InputChannel& channel, const Worm& worm) const;

  // router_bids.hpp and router_allocate.hpp: bids and grants
  template <class Out>
  void bypass(RouterContext& context, SimTime now, Out& out);
  template <class Out>
  bool pass_through(RouterContext& context, std::uint32_t id, SimTime now, Out& out);
  template <class Out>
  void interrupt_contested_runs(RouterContext& context, SimTime now, Out& out);
  void collect_bids(RouterContext& context, SimTime now, Bids& bids);
  static void admit(Bids& bids);
  bool keeps_switch(const RouterContext& context, const InputChannel& channel, SimTime now) const;
  bool wants_switch(const RouterContext& context, std::uint32_t id, SimTime now, SimTime& wake);
  SimTime head_bid_time(const RouterContext& context, const InputChannel& channel) const;
  std::uint32_t credited(const Fabric& fabric, std::uint32_t port, std::uint32_t channels, SimTime now) const;
  std::uint16_t free_channels(std::uint32_t port, SimTime now) const;
  std::uint32_t choose_way(const RouterContext& context, std::uint32_t id, SimTime now);
  struct Room {  // channels of a port that a worm may take, and what their buffers have free, in segments
    std::uint32_t channels = 0;
    std::uint32_t segments = 0;
  };
  Room room_for(const Fabric& fabric, const Way& way, std::uint32_t segments, SimTime now) const;
  SimTime next_free(const RouterContext& context, const InputChannel& channel, SimTime now) const;
  void bid_speculatively(const RouterContext& context, const HeadBid& head, SimTime now, Bids& bids);
  bool may_speculate(const RouterContext& context, const InputChannel& channel, std::uint32_t port,
                     std::uint32_t out_channel, SimTime now) const;
  bool run_bids(const Fabric& fabric, std::uint32_t port, SimTime now) const;
  bool is_void(const RouterContext& context, const Grant& grant, SimTime now) const;
  std::size_t allocate_switch(const Bids& bids, std::array<Grant, most_ports>& grants);
  void note_grant(const Grant& grant);
  template <class Out>
  void look_ahead(RouterContext& context, Bids& bids, SimTime now, Out& out);
  SimDuration wait_for_flits(const Fabric& fabric, const InputChannel& channel, const Worm& worm) const;
  void allocate_channels(const Fabric& fabric, const Bids& bids, SimTime now);
  template <class Out>
  void note_misses(RouterContext& context, SimTime now, Out& out);
  void note_stalls(const RouterContext& context, SimTime now);
  bool waits(const RouterContext& context, const InputChannel& channel, SimTime now) const;
  SimTime next_wake(const RouterContext& context, SimTime now) const;

  RouterSetup setup_;
  RouterState state_;
  RouterCounters counters_;
  OutputStalls stalls_;
};

}  // namespace hecaton::net

#include "net/events/router_runs.hpp"
// Each part builds on the one before it.
#include "net/events/router_bids.hpp"
#include "net/events/router_stalls.hpp"
// The last one decides.
#include "net/events/router_allocate.hpp"
