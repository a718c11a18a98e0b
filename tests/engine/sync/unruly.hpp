// Channels and transports that behave as badly as a network may: what has arrived is noticed late, and in
// another order than it was sent in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "core/engine/base/event.hpp"

namespace hecaton::engine {

template <class Channels>
class UnrulyChannels : public Channels {
 public:
  using EventType = typename Channels::EventType;
  using Channels::Channels;

  template <class Take>
  void poll(Take&& take) {
    if (random_() % 4 != 0) return;
    Channels::poll([&](const EventType& event) { late_.push_back(event); });
    std::shuffle(late_.begin(), late_.end(), random_);
    for (const EventType& event : late_) take(event);
    late_.clear();
  }

 private:
  std::mt19937_64 random_{99};
  std::vector<EventType> late_;
};

template <class Transport>
class UnrulyTransport : public Transport {
 public:
  using EventType = typename Transport::EventType;
  using Transport::Transport;

  bool is_agreed() { return random_() % 4 == 0 && Transport::is_agreed(); }
  template <class Take>
  void receive(Take&& take) {
    std::vector<EventType> events;
    Transport::receive([&](const EventType& event) { events.push_back(event); });
    std::shuffle(events.begin(), events.end(), random_);
    for (const EventType& event : events) take(event);
  }

 private:
  std::mt19937_64 random_{99};
};

}  // namespace hecaton::engine
