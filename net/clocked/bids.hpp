// Bids at a router, kept as sets of bits.
#pragma once

#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

inline void set_bit(std::uint16_t& set, std::uint32_t bit) {
  set = static_cast<std::uint16_t>(set | (1u << bit));
}
inline void set_bit(std::uint8_t& set, std::uint32_t bit) {
  set = static_cast<std::uint8_t>(set | (1u << bit));
}
inline void clear_bit(std::uint16_t& set, std::uint32_t bit) {
  set = static_cast<std::uint16_t>(set & ~(1u << bit));
}
inline void clear_bit(std::uint8_t& set, std::uint32_t bit) {
  set = static_cast<std::uint8_t>(set & ~(1u << bit));
}

// An input channel bids for the switch, or does no more.
inline void bid(RouterState& state, std::uint32_t in, std::uint32_t channel, std::uint32_t out) {
  set_bit(state.want[in][out], channel);
  set_bit(state.outputs[in], out);
  set_bit(state.bidders, in);
}
inline void bid_no_more(RouterState& state, std::uint32_t in, std::uint32_t channel, std::uint32_t out) {
  clear_bit(state.want[in][out], channel);
  if (state.want[in][out] != 0) return;
  clear_bit(state.outputs[in], out);
  if (state.outputs[in] == 0) clear_bit(state.bidders, in);
}

// A head asks for an output channel, now or (with a routing stage) a cycle later.
inline void ask(RouterState& state, std::uint32_t in, std::uint32_t channel, bool later) {
  set_bit(later ? state.routing[in] : state.heads[in], channel);
  set_bit(state.askers, in);
}
inline void ask_no_more(RouterState& state, std::uint32_t in, std::uint32_t channel) {
  clear_bit(state.heads[in], channel);
  if ((state.heads[in] | state.routing[in]) == 0) clear_bit(state.askers, in);
}

}  // namespace hecaton::net::clocked
