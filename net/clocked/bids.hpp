// Bids at a router, kept as sets of bits, without branches: who bids is as good as random.
#pragma once

#include "net/clocked/node_set.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

template <class Set>
inline void set_bit(Set& set, std::uint32_t bit, bool on = true) {
  set = static_cast<Set>(set | (std::uint32_t{on} << bit));
}
template <class Set>
inline void clear_bit(Set& set, std::uint32_t bit, bool off = true) {
  set = static_cast<Set>(set & ~(std::uint32_t{off} << bit));
}

// If `on`, a channel of an input bids for the switch from now on. `bit` is its number in `want`.
inline void bid_if(bool on, RouterState& state, std::uint32_t in, std::uint32_t bit) {
  state.want[in] |= std::uint64_t{on} << bit;
  set_bit(state.bidders, in, on);
}
// And if `off`, no more.
inline void bid_no_more_if(bool off, RouterState& state, std::uint32_t in, std::uint32_t bit) {
  state.want[in] &= ~(std::uint64_t{off} << bit);
  clear_bit(state.bidders, in, state.want[in] == 0);
}

// A head asks for an output channel, now or (with a routing stage) a cycle later.
inline void ask(RouterState& state, ChannelSets& sets, std::uint32_t in, std::uint32_t channel, bool later) {
  set_bit(later ? sets.routing[in] : sets.asking[in], channel);
  set_bit(state.askers, in);
}
inline void ask_no_more(RouterState& state, ChannelSets& sets, std::uint32_t in, std::uint32_t channel) {
  clear_bit(sets.asking[in], channel);
  clear_bit(state.askers, in, (sets.asking[in] | sets.routing[in]) == 0);
}

}  // namespace hecaton::net::clocked
