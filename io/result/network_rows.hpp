// What a run says of its network beside the counters of links: why links were idle, and what became of each message.
#pragma once

#include <cstdint>
#include <tuple>

#include "core/engine/base/fields.hpp"

namespace hecaton::io {

// One directed link: its time in four parts, which add up to the simulated time.
struct StallRow {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t sending_ps = 0;
  std::uint64_t credit_ps = 0;
  std::uint64_t rival_ps = 0;
  std::uint64_t nothing_ps = 0;

  static constexpr auto fields() {
    using R = StallRow;
    using enum Combine;
    return FieldList(
        field<&R::from>("from", "1", "Node the link leaves; IO dies follow the dies"),
        field<&R::to>("to", "1", "Node the link enters"),
        field<&R::sending_ps>("sending_ps", "ps", "Time the link was transmitting", sum),
        field<&R::credit_ps>("credit_ps", "ps",
                             "Idle: a message that has a virtual channel of the link waits for a credit",
                             sum),
        field<&R::rival_ps>("rival_ps", "ps",
                            "Idle, without such a message: one waits because another has its virtual channel "
                            "or its input's way through the switch",
                            sum),
        field<&R::nothing_ps>("nothing_ps", "ps", "Idle: nothing was there to be sent", sum));
  }
  friend bool operator==(const StallRow&, const StallRow&) = default;
};
static_assert(lists_every_member<StallRow>);

// One message that has arrived.
struct MessageRow {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t bytes = 0;
  std::uint32_t hops = 0;
  std::int64_t handed_over_ps = 0;
  std::int64_t head_out_ps = 0;
  std::int64_t arrived_ps = 0;
  std::int64_t waited_ps = 0;

  static constexpr auto fields() {
    using R = MessageRow;
    return FieldList(
        field<&R::from>("from", "1", "Node that sent it; IO dies follow the dies"),
        field<&R::to>("to", "1", "Node it was for"), field<&R::bytes>("bytes", "B", "Its bytes"),
        field<&R::hops>("hops", "1", "Links on its way"),
        field<&R::handed_over_ps>("handed_over_ps", "ps", "When it was handed over to the network interface"),
        field<&R::head_out_ps>("head_out_ps", "ps", "When its first flit left the interface"),
        field<&R::arrived_ps>("arrived_ps", "ps", "When its last flit was there"),
        field<&R::waited_ps>("waited_ps", "ps",
                             "From hand-over to arrival, less what it takes alone in the network"));
  }
  friend bool operator==(const MessageRow&, const MessageRow&) = default;
  // Rows of one node in a trace; of two that are equal in all this it does not matter.
  friend bool operator<(const MessageRow& a, const MessageRow& b) {
    const auto key = [](const MessageRow& row) {
      return std::tie(row.handed_over_ps, row.head_out_ps, row.to, row.arrived_ps, row.bytes);
    };
    return key(a) < key(b);
  }
};
static_assert(lists_every_member<MessageRow>);

}  // namespace hecaton::io
