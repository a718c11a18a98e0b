// What a die needs of the world around it. Dies are templates over their host: no virtual call, no include of
// the network or the engine's loop.
//
// The host promises two things. A message is delivered once, whole, at or after the time at which it was
// sent. All messages that reach a die at an instant are delivered before the wake-ups of that instant (the
// engine's phases do that). So the order of messages, and of wake-ups, within an instant changes nothing: a
// die only notes a message when it comes, and decides when it is woken.
#pragma once

#include <concepts>
#include <cstdint>

#include "core/chiplet/program/mark.hpp"
#include "core/chiplet/program/message.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/chiplet/program/waits.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

// send: the message is handed to the network interface now. wake_at: on_timer(token) is called at that time,
// which may be now; a wake-up that is no longer needed does no harm.
template <class H>
concept MessageHost = requires(H& h, const Message& message, SimTime time, std::uint32_t token) {
  { h.now() } -> std::same_as<SimTime>;
  h.send(message);
  h.wake_at(time, token);
};

// record: one finished operation, waited: one wait that has ended; the host keeps or drops them. note: the program has
// passed a mark.
template <class H>
concept DieHost = MessageHost<H> &&
    requires(H& h, const OperationRow& row, const WaitRow& wait, const Mark& mark) {
  h.record(row);
  h.waited(wait);
  h.note(mark);
};

}  // namespace hecaton::chiplet
