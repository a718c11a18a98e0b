#include "core/chiplet/dies/die.hpp"

#include <algorithm>
#include <utility>

namespace hecaton::chiplet {

Die::Die(DieSetup setup) : setup_((validate(setup), std::move(setup))) {
  state_.dram = DramTransfers(dram());
  totals_.peaks.fill(PeakBins(setup_.bins));
}

SimTime Die::earliest_send(const EarliestSend& sends, SimTime now) const {
  const std::uint32_t index = state_.position.index();
  switch (state_.activity) {
    case Activity::next_operation:
      return now;
    case Activity::computing:
    case Activity::pausing:
      now = std::max(now, state_.busy_until);
      break;
    case Activity::exchanging:
      now = lanes_go_on(now, sends.sends(index));
      break;
    case Activity::waiting_dram:
      break;
    case Activity::draining:
    case Activity::finished:
      return SimTime::never();
  }
  return sends.sends(index) ? now : now + sends.after(index);
}

// When the first of its lanes, or the last, can go on at the earliest.
SimTime Die::lanes_go_on(SimTime now, bool first) const {
  SimTime time = first ? SimTime::never() : now;
  for (const LaneProgress& lane : state_.collective.lanes) {
    if (lane.at == LaneProgress::At::ended) continue;
    const SimTime goes_on = lane.is_busy() ? std::max(now, lane.busy_until) : now;
    time = first ? std::min(time, goes_on) : std::max(time, goes_on);
  }
  return time == SimTime::never() ? now : time;
}

LaneProgress* Die::lane_waiting_for(std::uint64_t tag) {
  for (std::uint32_t lane = 0; lane < lane_count(op()); ++lane) {
    LaneProgress& at = lane_at(lane);
    if (at.at == LaneProgress::At::waiting && tag == tag_of(lane, at.step)) return &at;
  }
  return nullptr;
}

bool Die::control(SimTime now) {
  if (state_.position.control(program())) return true;
  const Op& o = op();
  if (o.code == OpCode::allocate) {
    state_.buffers.allocate(o.buffer, o.bytes);
  } else if (o.code == OpCode::release) {
    release_now();
  } else {
    return false;
  }
  note_buffers(now);
  state_.position.next();
  return true;
}

void Die::release_now() {
  const Op& o = op();
  const auto slot = static_cast<std::uint8_t>(o.value);
  if (o.value < 0 || !state_.dram.busy(slot)) return state_.buffers.release(o.buffer, o.bytes);
  state_.buffers.release_after(slot, o.buffer, o.bytes);
}

void Die::complete_releases(SimTime now) {
  for (std::uint8_t slot = 0; slot < dram_slots; ++slot)
    if (state_.buffers.has_deferred(slot) && !state_.dram.busy(slot)) state_.buffers.complete(slot);
  note_buffers(now);
}

void Die::note_buffers(SimTime now) {
  for (const Buffer buffer : {Buffer::activation, Buffer::weight})
    totals_.peaks[static_cast<std::size_t>(buffer)].set(now, state_.buffers.held(buffer));
}

Mark Die::mark_now(SimTime now) const {
  const DieCounters& counters = totals_.counters;
  return {now, counters.nop_ps, counters.dram_ps, state_.dram.outstanding()};
}

bool Die::waits_for(const DramTransfers::Transfer& transfer) const {
  return state_.activity == Activity::draining ||
         (state_.activity == Activity::waiting_dram && op().slot == transfer.slot);
}

bool Die::dram_wait_ends() const {
  if (state_.activity == Activity::draining) return !state_.dram.busy();
  return state_.activity == Activity::waiting_dram && !state_.dram.busy(op().slot);
}

WaitRow Die::wait_for_dram(const DramTransfers::Transfer& transfer) const {
  WaitRow wait;
  wait.cause = transfer.row.kind == OperationKind::dram_read ? WaitCause::dram_read : WaitCause::dram_write;
  wait.from = transfer.last_io.value;
  split_bytes(transfer.row.bytes, setup_.dram, [&](std::size_t share, std::uint64_t bytes) {
    if (setup_.dram[share].io == transfer.last_io) wait.bytes += bytes;
  });
  wait.start_ps = state_.operation_start.ps;
  wait.caused_ps = transfer.row.start_ps;
  return wait;
}

WaitRow Die::wait_for_chunk(const LaneProgress& lane, std::uint64_t bytes) const {
  WaitRow wait;
  wait.cause = WaitCause::message;
  wait.express = lane.chunk_express ? 1 : 0;
  wait.from = lane.chunk_from.value;
  wait.bytes = bytes;
  wait.start_ps = state_.wait_start.ps;
  wait.caused_ps = lane.chunk_sent.ps;
  return wait;
}

// No message ends it.
WaitRow Die::wait_until_due(WaitCause cause) const {
  WaitRow wait;
  wait.cause = cause;
  wait.from = setup_.id.value;
  wait.start_ps = wait.caused_ps = state_.wait_start.ps;
  return wait;
}

void Die::complete_counters(SimTime now) {
  DieCounters& counters = totals_.counters;
  counters.activation_peak_bytes = state_.buffers.peak(Buffer::activation);
  counters.weight_peak_bytes = state_.buffers.peak(Buffer::weight);
  counters.dram_ps += static_cast<std::uint64_t>((now - state_.operation_start).ps);
  counters.finished_ps = static_cast<std::uint64_t>(now.ps);
}

void Die::account(std::uint64_t elapsed_ps) {
  DieCounters& counters = totals_.counters;
  switch (op().code) {
    case OpCode::matmul:
      counters.matrix_ps += elapsed_ps;
      break;
    case OpCode::vector:
      counters.vector_ps += elapsed_ps;
      break;
    case OpCode::dram_wait:
      counters.dram_ps += elapsed_ps;
      break;
    default:
      counters.vector_ps += state_.collective.reducing_ps;
      counters.nop_ps += elapsed_ps - state_.collective.reducing_ps;
  }
}

OperationRow Die::row_of_operation() const {
  OperationRow row;
  row.die = setup_.id.value;
  row.kind = kind_of(op().code);
  row.stage = op().stage;
  row.layer = static_cast<std::int16_t>(state_.position.layer());
  row.minibatch = state_.position.minibatch();
  row.start_ps = state_.operation_start.ps;
  switch (op().code) {
    case OpCode::matmul:
      row.bytes = matmul_operand_bytes(shape_of(op()));
      row.macs = matmul_macs(shape_of(op()));
      break;
    case OpCode::vector:
    case OpCode::dram_read:
    case OpCode::dram_write:
      row.bytes = op().bytes;
      break;
    case OpCode::dram_wait:
      break;
    default:
      row.bytes = state_.collective.sent_bytes;
  }
  return row;
}

// Of the first lane that has not ended.
std::string Die::blocked_collective() const {
  std::uint32_t lane = 0;
  while (lane + 1 < lane_count(op()) && lane_at(lane).at == LaneProgress::At::ended) ++lane;
  const LaneProgress& at = lane_at(lane);
  if (at.at == LaneProgress::At::reducing)
    return std::string(name_of(kind_of(op().code))) + " until " + std::to_string(at.busy_until.ps) + " ps";
  const RingPlace& ring = places().ring;
  std::string what = std::string(name_of(kind_of(op().code))) + " on the " + std::string(name_of(op().ring)) +
                     (uses_ring(op()) ? " ring" : " line");
  if (has_lanes(op())) what += ", lane " + std::to_string(lane);
  what += ", step " + std::to_string(at.step + 1) + " of " + std::to_string(at.steps) + ", waits for ";
  if (op().schedule == Schedule::ring && op().code != OpCode::all_to_all && !is_cut(op()) &&
      !has_lanes(op())) {
    const RingStep step = ring_step(op().code, ring.size, ring.position, at.step);
    what += "chunk " + std::to_string(step.receive_chunk) + " ";
  }
  return what + "from die " + std::to_string(exchange_now(lane).from.value);
}

std::string Die::blocked_on() const {
  std::string what;
  switch (state_.activity) {
    case Activity::finished:
      return {};
    case Activity::next_operation:
      what = "has not been started";
      break;
    case Activity::computing:
      what =
          std::string(name_of(kind_of(op().code))) + " until " + std::to_string(state_.busy_until.ps) + " ps";
      break;
    case Activity::exchanging:
      what = blocked_collective();
      break;
    case Activity::pausing:
      what = "stands still until " + std::to_string(state_.busy_until.ps) + " ps";
      break;
    case Activity::waiting_dram:
      what = "waits for DRAM slot " + std::to_string(op().slot) + ": " + state_.dram.describe(op().slot);
      break;
    case Activity::draining:
      what = "program ended, waits for DRAM: " + state_.dram.describe(dram_slots);
      break;
  }
  return what + " (layer " + std::to_string(state_.position.layer()) + ", mini-batch " +
         std::to_string(state_.position.minibatch()) + ")";
}

}  // namespace hecaton::chiplet
