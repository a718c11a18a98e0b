// Bids at a router, kept as sets of bits, without branches: who bids is as good as random.
#pragma once

#include <cstdint>
#include <type_traits>

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
template <class Router>
inline void bid_if(bool on, const Router router, std::uint32_t in, std::uint32_t bit) {
  auto& want = router.want(in);
  want |= static_cast<std::remove_reference_t<decltype(want)>>(on) << bit;
  set_bit(router.state().bidders, in, on);
}
// And if `off`, no more.
template <class Router>
inline void bid_no_more_if(bool off, const Router router, std::uint32_t in, std::uint32_t bit) {
  auto& want = router.want(in);
  want &= ~(static_cast<std::remove_reference_t<decltype(want)>>(off) << bit);
  clear_bit(router.state().bidders, in, want == 0);
}

// A head asks for an output channel, now or (with a routing stage) a cycle later.
inline void ask(RouterState& state, std::uint32_t in, std::uint32_t channel, bool later) {
  set_bit(later ? state.routing[in] : state.asking[in], channel);
  set_bit(state.askers, in);
}
inline void ask_no_more(RouterState& state, std::uint32_t in, std::uint32_t channel) {
  clear_bit(state.asking[in], channel);
  clear_bit(state.askers, in, (state.asking[in] | state.routing[in]) == 0);
}

}  // namespace hecaton::net::clocked
