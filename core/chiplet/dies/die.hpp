// A compute die: it executes its program, one operation after another, and talks to the world through its
// host only.
//
// A message that comes is only noted. If the die can go on because of it, it asks to be woken at the same
// instant, and decides then: first finished DRAM transfers are recorded, then the program goes on as far as
// it can, then write bursts are sent. So a die's behaviour depends on what has come, never on the order in
// which it came within an instant.
//
// Time passes inside the die only for the matrix engine, the vector unit and waiting. It is accounted so that
// matrix_ps + vector_ps + nop_ps + dram_ps = finished_ps. (The reductions of a collective count as vector
// time, the rest of it as nop time; waiting for DRAM at the end of the program counts as DRAM time.)
//
// Chunks of collectives are found by their tag (ring, number of the collective on that ring, lane, step), so
// other dies may run ahead. The lanes of a collective share the vector unit, which adds chunks in the order in
// which they come, those of an instant by lane.
//
// A die is three values: DieSetup, which is fixed, DieState and DieTotals, which a checkpoint holds
// (die_state.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "core/chiplet/counts/earliest_send.hpp"
#include "core/chiplet/dies/die_setup.hpp"
#include "core/chiplet/dies/die_state.hpp"
#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/dies/observer.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/program/mark.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/tags.hpp"
#include "core/chiplet/program/waits.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/field_digest.hpp"

namespace hecaton::chiplet {

class Die {
 public:
  // Throws std::logic_error for a setup that validate() refuses.
  explicit Die(DieSetup setup);

  template <DieHost H>
  void start(H& h) {
    run(h);
  }
  template <DieHost H>
  void on_message(H& h, const Message& message);
  template <DieHost H>
  void on_timer(H& h, std::uint32_t /*token*/) {
    run(h);
  }

  // The earliest time at which this die sends a message that `sends` is about, once everything before `now`
  // has happened.
  SimTime earliest_send(const EarliestSend& sends, SimTime now) const;

  NodeId id() const { return setup_.id; }
  // The program has ended and nothing it started is outstanding.
  bool finished() const { return state_.activity == Activity::finished; }
  // "all-gather on the row ring, step 2 of 3, waits for chunk 1 from die 7 (layer 4, mini-batch 0)"; empty if
  // finished.
  std::string blocked_on() const;
  const DieCounters& counters() const { return totals_.counters; }
  // Of its buffers, so far; and when they were how full.
  const Occupancy& occupancy() const { return state_.buffers; }
  const PeakBins& peaks(Buffer buffer) const { return totals_.peaks[static_cast<std::size_t>(buffer)]; }
  std::uint64_t rows() const { return totals_.rows; }
  // Rolling hash over every row finished so far, whether or not the host keeps rows. rows() and digest() leave out the
  // wait at the end of the program: dram_ps and finished_ps say when it was.
  std::uint64_t digest() const { return totals_.digest.value(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_, totals_);
  }

 private:
  const Program& program() const { return *setup_.program; }
  const Op& op() const { return state_.position.op(program()); }
  Places places() const { return setup_.places(op().ring); }
  std::uint32_t root() const { return state_.position.root(program()); }
  DramAccess dram() const { return {setup_.id, setup_.dram, setup_.timings.burst_bytes}; }
  LaneProgress& lane_at(std::uint32_t lane) { return state_.collective.lanes[lane]; }
  const LaneProgress& lane_at(std::uint32_t lane) const { return state_.collective.lanes[lane]; }
  Exchange exchange_now(std::uint32_t lane) const {
    return exchange(op(), places(), root(), lane_at(lane).step, lane);
  }
  std::uint64_t tag_of(std::uint32_t lane, std::uint32_t step) const {
    return collective_tag(op().ring, state_.collective.sequence(op().ring), step, lane);
  }
  LaneProgress* lane_waiting_for(std::uint64_t tag);  // null: none
  Work work(std::uint32_t lane = 0) const {
    const ProgramPosition& at = state_.position;
    return {at.index(), op(), places(), root(), at.layer(), at.minibatch(), lane};
  }

  template <DieHost H>
  void run(H& h);
  // Each returns true if the die can go on at once.
  template <DieHost H>
  bool advance(H& h);
  template <DieHost H>
  bool begin_operation(H& h);
  template <DieHost H>
  bool begin_collective(H& h);
  template <DieHost H>
  bool compute(H& h, SimDuration time, Activity activity);
  template <DieHost H>
  bool advance_lanes(H& h);
  // Each of these returns true if the lane can go on at once.
  template <DieHost H>
  bool advance_lane(H& h, std::uint32_t lane);
  template <DieHost H>
  bool receive_chunk(H& h, std::uint32_t lane);
  template <DieHost H>
  bool add_chunk(H& h, std::uint32_t lane, std::uint64_t bytes);
  template <DieHost H>
  bool begin_step(H& h, std::uint32_t lane);
  template <DieHost H>
  bool end_step(H& h, std::uint32_t lane);
  template <DieHost H>
  bool end_holding(H& h, std::uint32_t lane);
  template <DieHost H>
  bool end_operation(H& h);
  template <DieHost H>
  bool begin_pause(H& h);
  template <DieHost H>
  bool end_pause(H& h);
  template <DieHost H>
  bool start_transfer(H& h);
  template <DieHost H>
  void send_chunk(H& h, std::uint32_t lane);
  template <DieHost H>
  void finish_row(H& h, const OperationRow& row);
  template <DieHost H>
  void take_transfers(H& h);  // those that are complete
  template <DieHost H>
  void end_wait(H& h, WaitRow wait);  // now

  bool control(SimTime now);            // loops, labels, buffers; false if the operation is something else
  void release_now();                   // a release, or deferred until its DRAM slot is complete
  void complete_releases(SimTime now);  // those whose DRAM slot has nothing outstanding
  void note_buffers(SimTime now);
  bool waits_for(const DramTransfers::Transfer& transfer) const;
  bool dram_wait_ends() const;
  // Rows without their die and end.
  WaitRow wait_for_dram(const DramTransfers::Transfer& transfer) const;
  WaitRow wait_for_chunk(const LaneProgress& lane, std::uint64_t bytes) const;
  WaitRow wait_until_due(WaitCause cause) const;
  Mark mark_now(SimTime now) const;
  template <DieHost H>
  bool end_program(H& h);
  void complete_counters(SimTime now);
  void account(std::uint64_t elapsed_ps);  // adds the operation's time to its counter
  OperationRow row_of_operation() const;   // from operation_start; the end is not set
  SimTime lanes_go_on(SimTime now, bool first) const;
  std::string blocked_collective() const;

  DieSetup setup_;
  DieState state_;
  DieTotals totals_;
};

template <DieHost H>
void Die::on_message(H& h, const Message& message) {
  bool can_go_on = false;
  if (tag_kind(message.tag) == MessageKind::collective_chunk) {
    state_.chunks.insert(message.tag);
    LaneProgress* lane = state_.activity == Activity::exchanging ? lane_waiting_for(message.tag) : nullptr;
    can_go_on = lane != nullptr;
    if (can_go_on) {
      lane->chunk_sent = message.sent;
      lane->chunk_express = message.route == Route::express;
      lane->chunk_from = message.source;
    }
  } else {
    can_go_on = state_.dram.note(message, h.now());
  }
  if (!can_go_on || state_.is_woken) return;
  state_.is_woken = true;
  h.wake_at(h.now(), 0);
}

template <DieHost H>
void Die::run(H& h) {
  state_.is_woken = false;
  take_transfers(h);
  if (state_.buffers.has_deferred()) complete_releases(h.now());
  while (advance(h)) {
  }
  state_.dram.pump(h, dram());
}

template <DieHost H>
bool Die::advance(H& h) {
  switch (state_.activity) {
    case Activity::next_operation:
      return begin_operation(h);
    case Activity::computing:
      return h.now() >= state_.busy_until && end_operation(h);
    case Activity::exchanging:
      return advance_lanes(h);
    case Activity::waiting_dram:
      return !state_.dram.busy(op().slot) && end_operation(h);
    case Activity::pausing:
      return h.now() >= state_.busy_until && end_pause(h);
    case Activity::draining:
      return !state_.dram.busy() && end_program(h);
    case Activity::finished:
      return false;
  }
  return false;
}

template <DieHost H>
bool Die::begin_operation(H& h) {
  if (state_.position.at_end(program())) {
    state_.operation_start = h.now();
    state_.activity = Activity::draining;
    return true;
  }
  if (control(h.now())) return true;
  state_.operation_start = h.now();
  switch (op().code) {
    case OpCode::matmul:
      if constexpr (ObservedHost<H>) h.observer().multiply(work());
      count_matmul(totals_.counters, setup_.timings.matrix, shape_of(op()));
      return compute(h, matmul_time(setup_.timings.matrix, shape_of(op())), Activity::computing);
    case OpCode::vector:
      if constexpr (ObservedHost<H>) h.observer().touch(work());
      count_vector(totals_.counters, op().bytes);
      return compute(h, setup_.timings.vector.time_of(op().bytes), Activity::computing);
    case OpCode::dram_read:
    case OpCode::dram_write:
      return start_transfer(h);
    case OpCode::dram_wait:
      state_.activity = Activity::waiting_dram;
      return true;
    case OpCode::mark:
      if (state_.position.in_round(program(), op().only_round)) h.note(mark_now(h.now()));
      state_.position.next();
      return true;
    case OpCode::pause:
      return begin_pause(h);
    default:
      return begin_collective(h);
  }
}

// Keeps the die busy for a time; with no time to spend it goes on at once.
template <DieHost H>
bool Die::compute(H& h, SimDuration time, Activity activity) {
  state_.activity = activity;
  state_.busy_until = h.now() + time;
  if (time == SimDuration{}) return true;
  h.wake_at(state_.busy_until, 0);
  return false;
}

template <DieHost H>
bool Die::begin_pause(H& h) {
  state_.wait_start = h.now();
  if (!state_.position.in_round(program(), op().only_round)) return end_pause(h);
  return compute(h, SimDuration{static_cast<std::int64_t>(op().slot_ps)}, Activity::pausing);
}

template <DieHost H>
bool Die::start_transfer(H& h) {
  const OperationRow row = row_of_operation();
  if (op().code == OpCode::dram_read) {
    count_dram_read(totals_.counters, row.bytes);
    state_.dram.start_read(h, dram(), row, op().slot);
  } else {
    count_dram_write(totals_.counters, row.bytes);
    state_.dram.start_write(dram(), row, op().slot);
  }
  state_.dram.take_finished([&](const auto& done) { finish_row(h, done.row); });  // one of no bytes is
  state_.position.next();
  return true;
}

template <DieHost H>
bool Die::begin_collective(H& h) {
  const std::uint32_t steps = exchange_steps(op(), places());
  state_.collective.begin(op().ring, lane_count(op()), steps);
  if constexpr (ObservedHost<H>) h.observer().begin(work());
  if (steps == 0) return end_operation(h);
  state_.activity = Activity::exchanging;
  state_.wait_start = h.now();
  for (std::uint32_t lane = 0; lane < lane_count(op()); ++lane) begin_step(h, lane);
  return true;
}

template <DieHost H>
bool Die::advance_lanes(H& h) {
  for (std::uint32_t lane = 0; lane < lane_count(op()); ++lane) {
    while (advance_lane(h, lane)) {
    }
  }
  return state_.collective.ended() && end_operation(h);
}

template <DieHost H>
bool Die::advance_lane(H& h, std::uint32_t lane) {
  switch (lane_at(lane).at) {
    case LaneProgress::At::waiting:
      return receive_chunk(h, lane);
    case LaneProgress::At::holding:
      return h.now() >= lane_at(lane).busy_until && end_holding(h, lane);
    case LaneProgress::At::reducing:
      return h.now() >= lane_at(lane).busy_until && end_step(h, lane);
    case LaneProgress::At::ended:
      return false;
  }
  return false;
}

template <DieHost H>
void Die::send_chunk(H& h, std::uint32_t lane) {
  const Exchange now = exchange_now(lane);
  if (now.send_bytes == 0) return;
  count_send(totals_.counters, now.send_bytes);
  state_.collective.sent_bytes += now.send_bytes;
  const Message message{setup_.id, now.to, tag_of(lane, now.send_step),
                        static_cast<std::uint32_t>(now.send_bytes), now.route};
  if constexpr (ObservedHost<H>) h.observer().send(work(lane), now, lane_at(lane).step, message);
  h.send(message);
}

template <DieHost H>
bool Die::receive_chunk(H& h, std::uint32_t lane) {
  const Exchange now = exchange_now(lane);
  const std::uint64_t bytes = now.receive_bytes;
  if (bytes == 0) return end_step(h, lane);
  const std::uint64_t tag = tag_of(lane, lane_at(lane).step);
  if (!state_.chunks.take(tag)) return false;
  if constexpr (ObservedHost<H>) h.observer().receive(work(lane), now, lane_at(lane).step, tag);
  if (h.now() > state_.wait_start) end_wait(h, wait_for_chunk(lane_at(lane), bytes));
  state_.wait_start = std::max(state_.wait_start, h.now());
  count_receive(totals_.counters, bytes);
  return now.reduces ? add_chunk(h, lane, bytes) : end_step(h, lane);
}

// Behind what the vector unit is adding for other lanes.
template <DieHost H>
bool Die::add_chunk(H& h, std::uint32_t lane, std::uint64_t bytes) {
  count_reduction(totals_.counters, bytes);
  const SimDuration time = setup_.timings.vector.time_of(bytes);
  state_.collective.reducing_ps += static_cast<std::uint64_t>(time.ps);
  const SimTime added = state_.wait_start + time;  // now, or when the unit has added what came before
  state_.wait_start = added;
  lane_at(lane).at = LaneProgress::At::reducing;
  lane_at(lane).busy_until = added;
  if (added == h.now()) return true;
  h.wake_at(added, 0);
  return false;
}

template <DieHost H>
bool Die::end_step(H& h, std::uint32_t lane) {
  LaneProgress& at = lane_at(lane);
  if (++at.step == at.steps) {
    at.at = LaneProgress::At::ended;
    return false;
  }
  const SimTime slot =
      state_.operation_start + SimDuration{static_cast<std::int64_t>(at.step * op().slot_ps)};
  if (h.now() >= slot) return begin_step(h, lane);
  at.at = LaneProgress::At::holding;
  at.busy_until = slot;
  h.wake_at(slot, 0);
  return false;
}

template <DieHost H>
bool Die::begin_step(H& h, std::uint32_t lane) {
  send_chunk(h, lane);
  lane_at(lane).at = LaneProgress::At::waiting;
  return true;
}

template <DieHost H>
bool Die::end_holding(H& h, std::uint32_t lane) {
  if (h.now() > state_.wait_start) end_wait(h, wait_until_due(WaitCause::slot));
  state_.wait_start = std::max(state_.wait_start, h.now());
  return begin_step(h, lane);
}

template <DieHost H>
bool Die::end_pause(H& h) {
  if (h.now() > state_.wait_start) end_wait(h, wait_until_due(WaitCause::pause));
  state_.position.next();
  state_.activity = Activity::next_operation;
  return true;
}

template <DieHost H>
bool Die::end_operation(H& h) {
  if constexpr (ObservedHost<H>) {
    if (is_collective(op().code)) h.observer().end(work());
  }
  OperationRow row = row_of_operation();
  row.end_ps = h.now().ps;
  account(static_cast<std::uint64_t>(row.end_ps - row.start_ps));
  finish_row(h, row);
  state_.position.next();
  state_.activity = Activity::next_operation;
  return true;
}

template <DieHost H>
bool Die::end_program(H& h) {
  complete_counters(h.now());
  if (h.now() > state_.operation_start) {
    h.record({.die = setup_.id.value,
              .kind = OperationKind::dram_wait,
              .start_ps = state_.operation_start.ps,
              .end_ps = h.now().ps});
  }
  state_.activity = Activity::finished;
  return false;
}

template <DieHost H>
void Die::finish_row(H& h, const OperationRow& row) {
  ++totals_.rows;
  add_fields(totals_.digest, row);
  h.record(row);
}

// Of transfers that end a wait together the one that was started first counts.
template <DieHost H>
void Die::take_transfers(H& h) {
  std::optional<WaitRow> wait;
  state_.dram.take_finished([&](const DramTransfers::Transfer& done) {
    if (!wait && waits_for(done)) wait = wait_for_dram(done);
    finish_row(h, done.row);
  });
  if (wait && dram_wait_ends()) end_wait(h, *wait);
}

template <DieHost H>
void Die::end_wait(H& h, WaitRow wait) {
  wait.die = setup_.id.value;
  wait.end_ps = h.now().ps;
  h.waited(wait);
}

}  // namespace hecaton::chiplet
