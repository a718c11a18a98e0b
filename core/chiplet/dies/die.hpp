// A compute die: it executes its program, one operation after another, and talks to the world through its
// host only.
//
// A message that comes is only noted; if the die can go on because of it, it asks to be woken at the same
// instant, and decides then: first finished DRAM transfers are recorded, then the program goes on as far as
// it can, then write bursts are sent. So a die's behaviour depends on what has come, never on the order in
// which it came within an instant.
//
// Time never passes inside the die except for the matrix engine, the vector unit and waiting; these are
// accounted so that matrix_ps + vector_ps + nop_ps + dram_ps = finished_ps. (The reductions of a collective
// count as vector time, the rest of it as nop time; waiting for DRAM at the end of the program counts as DRAM
// time.)
//
// Chunks are found by (ring, how many collectives the die has run on it, step), so others may run ahead.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/dies/arrivals.hpp"
#include "core/chiplet/dies/dram_port.hpp"
#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/dies/occupancy.hpp"
#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/program/earliest_send.hpp"
#include "core/chiplet/program/exchange.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/tags.hpp"
#include "core/engine/base/field_digest.hpp"

namespace hecaton::chiplet {

// A host may bring someone who follows what a die computes: told of products, passes of the vector unit and
// collectives as they go, and of what each message is. Hosts without one pay nothing.
template <class H>
concept ObservedHost = DieHost<H> && requires(H& h) {
  h.observer();
};

// What is at work: an operation by its place in the program.
struct Work {
  std::size_t index;
  const Op& op;
  Places places;
  std::uint32_t root;
  std::int32_t layer;
  std::int32_t minibatch;
};

struct DieSetup {
  NodeId id;
  const Program* program = nullptr;         // valid, and outlives the die; shared by all dies of a role
  std::array<RingPlace, ring_count> rings;  // indexed by Ring, like the lines of the same dies
  std::array<LinePlace, ring_count> lines;
  DieTimings timings;
  std::vector<DramShare> dram;
};

// Throws std::logic_error if the program asks for what the setup lacks: a ring place that does not exist,
// chunks too large for a message, DRAM without an IO die.
void validate(const DieSetup& setup);

class Die {
 public:
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

  // Everything before `now` having happened: messages that `foresight` is about are sent no sooner.
  SimTime sends_no_sooner(const Foresight& foresight, SimTime now) const;

  NodeId id() const { return id_; }
  // The program has ended and nothing it started is outstanding.
  bool finished() const { return doing_ == Doing::finished; }
  // "all-gather on the row ring, step 2 of 3, waits for chunk 1 from die 7 (layer 4, mini-batch 0)"; empty if
  // finished.
  std::string blocked_on() const;
  const DieCounters& counters() const { return counters_; }
  // Of its buffers, so far.
  const Occupancy& occupancy() const { return occupancy_; }
  std::uint64_t rows() const { return rows_; }
  // Rolling hash over every row finished so far, whether or not the host keeps rows.
  std::uint64_t digest() const { return digest_.value(); }

  // All that changes during a run; what it was set up with is not part of it.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(doing_, woken_, depth_, position_, step_, layer_, minibatch_, operation_start_, busy_until_);
    archive(reducing_ps_, sent_bytes_, sequences_, loops_, steps_, counters_, rows_, digest_, arrivals_,
            dram_, occupancy_);
  }

 private:
  enum class Doing : std::uint8_t {
    next_operation,  // between operations
    computing,       // until busy_until_: matrix engine or vector unit
    exchanging,      // waits for the chunk of step_
    holding,         // until busy_until_, when step_ may begin
    reducing,        // until busy_until_: adds the chunk of step_ to the die's own
    waiting_dram,    // for a slot
    draining,        // program ended, transfers outstanding
    finished
  };
  struct Loop {
    std::uint32_t begin = 0;      // first operation of the body
    std::uint32_t remaining = 0;  // iterations after this one

    template <class Archive>
    void serialize(Archive& archive) {
      archive(begin, remaining);
    }
  };

  const Op& op() const { return (*program_)[position_]; }
  Places places() const {
    const auto group = static_cast<std::size_t>(op().ring);
    return {rings_[group], lines_[group]};
  }
  std::uint32_t root() const;
  Exchange exchange_now() const { return exchange(op(), places(), root(), step_); }
  std::uint64_t tag_of(std::uint32_t step) const {
    return ring_tag(op().ring, sequences_[static_cast<std::size_t>(op().ring)], step);
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
  bool compute(H& h, SimDuration time, Doing doing);
  template <DieHost H>
  bool receive_chunk(H& h);
  template <DieHost H>
  bool begin_step(H& h);
  template <DieHost H>
  bool end_step(H& h);
  template <DieHost H>
  bool end_operation(H& h);
  template <DieHost H>
  bool start_transfer(H& h);
  template <DieHost H>
  void send_chunk(H& h);
  template <DieHost H>
  void finish_row(H& h, const OperationRow& row);

  Work work() const { return {position_, op(), places(), root(), layer_, minibatch_}; }
  bool skips() const;  // the operation is passed over: see Op::skip_last
  bool control();      // loops, labels, buffers; false if the operation is something else
  void release_now();  // a release, or what it waits for
  void end_slots();    // what waited for DRAM slots in which nothing is outstanding is released
  bool end_program(SimTime now);
  void account(std::uint64_t elapsed_ps);  // adds the operation's time to its counter
  OperationRow row_of_operation() const;   // from operation_start_; the end is not set
  std::string blocked_collective() const;

  NodeId id_;
  Doing doing_ = Doing::next_operation;
  bool woken_ = false;          // a wake-up for this instant is under way
  std::uint8_t depth_ = 0;      // loops entered
  std::uint32_t position_ = 0;  // in the program
  std::uint32_t step_ = 0;      // of the running collective
  std::int32_t layer_ = -1;
  std::int32_t minibatch_ = -1;
  const Program* program_;
  SimTime operation_start_;
  SimTime busy_until_;
  std::uint64_t reducing_ps_ = 0;                      // of the running collective
  std::uint64_t sent_bytes_ = 0;                       // of the running collective
  std::array<std::uint64_t, ring_count> sequences_{};  // collectives begun per ring, the running one included
  std::array<Loop, max_loop_depth> loops_{};
  std::array<RingPlace, ring_count> rings_;
  std::array<LinePlace, ring_count> lines_;
  std::uint32_t steps_ = 0;  // of the running collective
  DieTimings timings_;
  DieCounters counters_;
  std::uint64_t rows_ = 0;
  Digest digest_;
  ArrivalSet arrivals_;
  DramPort dram_;
  Occupancy occupancy_;
};

template <DieHost H>
void Die::on_message(H& h, const Message& message) {
  bool can_go_on = false;
  if (tag_kind(message.tag) == MessageKind::ring_chunk) {
    arrivals_.insert(message.tag);
    can_go_on = doing_ == Doing::exchanging && message.tag == tag_of(step_);
  } else {
    can_go_on = dram_.note(message, h.now());
  }
  if (!can_go_on || woken_) return;
  woken_ = true;
  h.wake_at(h.now(), 0);
}

template <DieHost H>
void Die::run(H& h) {
  woken_ = false;
  dram_.take_finished([&](const OperationRow& row) { finish_row(h, row); });
  if (occupancy_.is_waiting()) end_slots();
  while (advance(h)) {
  }
  dram_.pump(h);
}

template <DieHost H>
bool Die::advance(H& h) {
  switch (doing_) {
    case Doing::next_operation:
      return begin_operation(h);
    case Doing::computing:
      return h.now() >= busy_until_ && end_operation(h);
    case Doing::exchanging:
      return receive_chunk(h);
    case Doing::holding:
      return h.now() >= busy_until_ && begin_step(h);
    case Doing::reducing:
      return h.now() >= busy_until_ && end_step(h);
    case Doing::waiting_dram:
      return !dram_.busy(op().slot) && end_operation(h);
    case Doing::draining:
      return !dram_.busy() && end_program(h.now());
    case Doing::finished:
      return false;
  }
  return false;
}

template <DieHost H>
bool Die::begin_operation(H& h) {
  if (position_ == program_->size()) {
    operation_start_ = h.now();
    doing_ = Doing::draining;
    return true;
  }
  if (control()) return true;
  operation_start_ = h.now();
  switch (op().code) {
    case OpCode::matmul:
      if constexpr (ObservedHost<H>) h.observer().multiply(work());
      count_matmul(counters_, timings_.matrix, shape_of(op()));
      return compute(h, matmul_time(timings_.matrix, shape_of(op())), Doing::computing);
    case OpCode::vector:
      if constexpr (ObservedHost<H>) h.observer().touch(work());
      count_vector(counters_, op().bytes);
      return compute(h, timings_.vector.time_of(op().bytes), Doing::computing);
    case OpCode::dram_read:
    case OpCode::dram_write:
      return start_transfer(h);
    case OpCode::dram_wait:
      doing_ = Doing::waiting_dram;
      return true;
    default:
      return begin_collective(h);
  }
}

// Keeps the die busy for a time; with no time to spend it goes on at once.
template <DieHost H>
bool Die::compute(H& h, SimDuration time, Doing doing) {
  doing_ = doing;
  busy_until_ = h.now() + time;
  if (time == SimDuration{}) return true;
  h.wake_at(busy_until_, 0);
  return false;
}

template <DieHost H>
bool Die::start_transfer(H& h) {
  const OperationRow row = row_of_operation();
  if (op().code == OpCode::dram_read) {
    count_dram_read(counters_, row.bytes);
    dram_.start_read(h, row, op().slot);
  } else {
    count_dram_write(counters_, row.bytes);
    dram_.start_write(row, op().slot);
  }
  dram_.take_finished([&](const OperationRow& done) { finish_row(h, done); });  // one of no bytes is
  ++position_;
  return true;
}

template <DieHost H>
bool Die::begin_collective(H& h) {
  ++sequences_[static_cast<std::size_t>(op().ring)];
  step_ = 0;
  reducing_ps_ = 0;
  sent_bytes_ = 0;
  steps_ = exchange_steps(op(), places());
  if constexpr (ObservedHost<H>) h.observer().begin(work());
  if (steps_ == 0) return end_operation(h);
  send_chunk(h);
  doing_ = Doing::exchanging;
  return true;
}

template <DieHost H>
void Die::send_chunk(H& h) {
  const Exchange now = exchange_now();
  if (now.send_bytes == 0) return;
  count_send(counters_, now.send_bytes);
  sent_bytes_ += now.send_bytes;
  const Message message{id_, now.to, tag_of(now.send_step), static_cast<std::uint32_t>(now.send_bytes),
                        now.route};
  if constexpr (ObservedHost<H>) h.observer().send(work(), now, step_, message);
  h.send(message);
}

template <DieHost H>
bool Die::receive_chunk(H& h) {
  const Exchange now = exchange_now();
  const std::uint64_t bytes = now.receive_bytes;
  if (bytes == 0) return end_step(h);
  if (!arrivals_.take(tag_of(step_))) return false;
  if constexpr (ObservedHost<H>) h.observer().receive(work(), now, step_, tag_of(step_));
  count_receive(counters_, bytes);
  if (!now.reduces) return end_step(h);
  count_reduction(counters_, bytes);
  const SimDuration time = timings_.vector.time_of(bytes);
  reducing_ps_ += static_cast<std::uint64_t>(time.ps);
  return compute(h, time, Doing::reducing);
}

template <DieHost H>
bool Die::end_step(H& h) {
  if (++step_ == steps_) return end_operation(h);
  const SimTime slot = operation_start_ + SimDuration{static_cast<std::int64_t>(step_ * op().slot_ps)};
  if (h.now() >= slot) return begin_step(h);
  return compute(h, slot - h.now(), Doing::holding);
}

template <DieHost H>
bool Die::begin_step(H& h) {
  send_chunk(h);
  doing_ = Doing::exchanging;
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
  ++position_;
  doing_ = Doing::next_operation;
  return true;
}

template <DieHost H>
void Die::finish_row(H& h, const OperationRow& row) {
  ++rows_;
  add_fields(digest_, row);
  h.record(row);
}

}  // namespace hecaton::chiplet
