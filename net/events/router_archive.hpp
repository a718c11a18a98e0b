// Router, saved and loaded: all that changes during a run. Included by router.hpp.
#pragma once

#include "net/events/router.hpp"

namespace hecaton::net {

template <class Archive>
void Router::save(Archive& archive, const WormPool& worms) const {
  archive(ports_);
  for (const InputChannel& channel : inputs_) {
    archive(channel);
    std::uint32_t count = 0;
    for (std::uint32_t w = channel.front; w != WormPool::none; w = worms[w].next) ++count;
    archive(count);
    for (std::uint32_t w = channel.front; w != WormPool::none; w = worms[w].next) archive(worms[w]);
  }
  for (const OutputChannel& channel : outputs_) archive(channel);
  archive(channel_in_pointer_, channel_out_pointer_);
}

template <class Archive>
void Router::load(Archive& archive, WormPool& worms) {
  archive(ports_);
  for (InputChannel& channel : inputs_) {
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
  for (OutputChannel& channel : outputs_) archive(channel);
  archive(channel_in_pointer_, channel_out_pointer_);
}

}  // namespace hecaton::net
