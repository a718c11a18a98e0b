// Events and their total order.
//
// An event is a small trivially copyable record. Its key is (time, phase, receiver, sender, sequence):
// nothing in it depends on how the package is cut into ranks, so ordering by the full key gives one order at
// any rank count. `sequence` counts what a sender has sent; it may wrap, because only events pending at one
// instant are compared.
#pragma once

#include <compare>
#include <cstdint>
#include <type_traits>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::engine {

// What happens within one instant, in this order. When the last event of an instant is done, the model
// settles: every decision (arbitration, injection) is taken knowing everything that arrived.
enum class Phase : std::uint32_t { arrival = 0, delivery = 1, timer = 2 };

inline constexpr std::uint32_t receiver_bits = 30;
constexpr NodeId receiver_of(std::uint32_t phase_and_receiver) {
  return NodeId{phase_and_receiver & ((1u << receiver_bits) - 1)};
}

template <class Payload>
struct Event {
  SimTime time;
  std::uint32_t phase_and_receiver = 0;
  std::uint32_t sender_id = 0;
  std::uint32_t sequence = 0;
  // How many events, one after another, had to be processed before this one was posted, if the model counts
  // them; no part of the key. It takes what would be padding before most payloads.
  std::uint32_t depth = 0;
  Payload payload{};

  Event() = default;
  Event(SimTime at, Phase phase, NodeId to, NodeId from, std::uint32_t seq, const Payload& what,
        std::uint32_t chain = 0)
      : time(at),
        phase_and_receiver((static_cast<std::uint32_t>(phase) << receiver_bits) | to.value),
        sender_id(from.value),
        sequence(seq),
        depth(chain),
        payload(what) {
    static_assert(std::is_trivially_copyable_v<Payload>);
  }

  Phase phase() const { return static_cast<Phase>(phase_and_receiver >> receiver_bits); }
  NodeId receiver() const { return receiver_of(phase_and_receiver); }
  NodeId sender() const { return NodeId{sender_id}; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(time, phase_and_receiver, sender_id, sequence, depth, payload);
  }
};

// The full-key order; for events of one instant only, given that callers compare times first.
template <class Payload>
bool precedes_within_instant(const Event<Payload>& a, const Event<Payload>& b) {
  if (a.phase_and_receiver != b.phase_and_receiver) return a.phase_and_receiver < b.phase_and_receiver;
  if (a.sender_id != b.sender_id) return a.sender_id < b.sender_id;
  return static_cast<std::int32_t>(a.sequence - b.sequence) < 0;
}

template <class Payload>
bool precedes(const Event<Payload>& a, const Event<Payload>& b) {
  return a.time != b.time ? a.time < b.time : precedes_within_instant(a, b);
}

}  // namespace hecaton::engine
