// Where the program of a die stood still, and until when: for a message, for DRAM, or because it was told to. From
// these and the rows of operations follows the critical path of a step (core/critical_path).
//
// Invariants: waits of a die do not overlap, none is empty, and they lie in rows of collectives or of waits for DRAM,
// pauses apart. What is left of such a collective is additions. So waits and operations tile a die's time.
#pragma once

#include <cstdint>

#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton::chiplet {

// What the program waited for.
enum class WaitCause : std::uint8_t {
  message,  // the chunk of a collective's step
  dram_read,
  dram_write,
  slot,  // the time at which the collective's next step may begin
  pause
};
constexpr auto enum_names(std::type_identity<WaitCause>) {
  using enum WaitCause;
  return named<WaitCause>({{message, "message"},
                           {dram_read, "dram-read"},
                           {dram_write, "dram-write"},
                           {slot, "slot"},
                           {pause, "pause"}});
}

struct WaitRow {
  std::uint32_t die = 0;
  WaitCause cause = WaitCause::message;
  std::uint8_t express = 0;  // 1: the message took an edge of a bypass ring
  std::uint32_t from = 0;    // the node whose message ended the wait; the die itself where none did
  std::uint64_t bytes =
      0;  // of the message; of DRAM: of the transfer that ended, as far as that IO die moved it
  std::int64_t start_ps = 0;   // of the wait
  std::int64_t end_ps = 0;     // when the message was here
  std::int64_t caused_ps = 0;  // when it was handed over; of DRAM: when the die asked; else the start

  static constexpr auto fields() {
    using R = WaitRow;
    return FieldList(
        field<&R::die>("die", "1", "Number of the die"),
        field<&R::cause>("cause", "1", "What it waited for; the attribute names lists the causes"),
        field<&R::express>("express", "1", "1: the message took an edge of a bypass ring"),
        field<&R::from>("from", "1", "Node whose message ended the wait; the die itself where none did"),
        field<&R::bytes>("bytes", "B", "Of the message, or of the transfer that ended, by that IO die"),
        field<&R::start_ps>("start_ps", "ps", "Start"), field<&R::end_ps>("end_ps", "ps", "End"),
        field<&R::caused_ps>("caused_ps", "ps",
                             "When the message was handed over, or the die asked DRAM for the transfer"));
  }
  friend bool operator==(const WaitRow&, const WaitRow&) = default;
};
static_assert(lists_every_member<WaitRow>);

}  // namespace hecaton::chiplet
