#include "core/chiplet/dies/die.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

namespace hecaton::chiplet {

namespace {

[[noreturn]] void fail(const DieSetup& setup, const std::string& what) {
  throw std::logic_error("setup of die " + std::to_string(setup.id.value) + ": " + what);
}

void validate_root(const DieSetup& setup, const Op& op, std::uint32_t size) {
  const bool is_there = op.root_loop > 0 || static_cast<std::uint32_t>(op.value) < size;
  if (has_root(op.code) && !is_there) fail(setup, "the root of a collective is not in its group");
}

void validate_on_line(const DieSetup& setup, const Op& op) {
  const LinePlace& place = setup.lines[static_cast<std::size_t>(op.ring)];
  const std::string line = std::string(name_of(op.ring)) + " line";
  if (place.size == 0 || place.position >= place.size) fail(setup, "it has no place in its " + line);
  if (place.size > 1 && place.at(place.position) != setup.id) fail(setup, "it is not in its " + line);
  validate_root(setup, op, place.size);
  if (op.schedule == Schedule::halving_doubling && !std::has_single_bit(place.size)) {
    fail(setup, "halving and doubling needs a power of two on the " + line);
  }
  if (op.units * op.unit_bytes > std::numeric_limits<std::uint32_t>::max()) {
    fail(setup, "a payload on the " + line + " exceeds the 4 GiB of one message");
  }
}

void validate_collective(const DieSetup& setup, const Op& op) {
  if (!uses_ring(op)) return validate_on_line(setup, op);
  const RingPlace& place = setup.rings[static_cast<std::size_t>(op.ring)];
  const std::string ring = std::string(name_of(op.ring)) + " ring";
  if (place.size == 0 || place.position >= place.size) fail(setup, "it has no place in its " + ring);
  validate_root(setup, op, place.size);
  if (place.size > 1 && place.next == setup.id) fail(setup, "it is its own neighbour in its " + ring);
  const std::uint64_t message = op.code == OpCode::all_to_all        ? op.units * op.unit_bytes
                                : op.schedule == Schedule::pipelined ? chunk_bytes(op, op.count, 0)
                                                                     : chunk_bytes(op, place.size, 0);
  if (message > std::numeric_limits<std::uint32_t>::max()) {
    fail(setup, "a chunk on the " + ring + " exceeds the 4 GiB of one message");
  }
}

}  // namespace

void validate(const DieSetup& setup) {
  if (setup.program == nullptr) fail(setup, "it has no program");
  for (const Op& op : *setup.program) {
    if (is_collective(op.code)) validate_collective(setup, op);
    const bool moves = (op.code == OpCode::dram_read || op.code == OpCode::dram_write) && op.bytes > 0;
    const bool reaches =
        std::any_of(setup.dram.begin(), setup.dram.end(), [](const DramShare& s) { return s.weight > 0; });
    if (moves && !reaches) fail(setup, "its program moves DRAM data but it has no IO die");
  }
}

Die::Die(DieSetup setup)
    : id_(setup.id),
      program_(setup.program),
      rings_(setup.rings),
      lines_(setup.lines),
      timings_(setup.timings),
      dram_(setup.id, (validate(setup), std::move(setup.dram)), setup.timings.burst_bytes) {}

SimTime Die::sends_no_sooner(const Foresight& foresight, SimTime now) const {
  switch (doing_) {
    case Doing::next_operation:
      return now;
    case Doing::computing:
    case Doing::holding:
    case Doing::reducing:
      now = std::max(now, busy_until_);
      break;
    case Doing::exchanging:
    case Doing::waiting_dram:
      break;
    case Doing::draining:
    case Doing::finished:
      return SimTime::never();
  }
  return foresight.sends(position_) ? now : now + foresight.after(position_);
}

std::uint32_t Die::root() const {
  if (op().root_loop == 0) return static_cast<std::uint32_t>(op().value);
  const Loop& loop = loops_.at(depth_ - std::size_t{op().root_loop});
  return (*program_)[loop.begin - 1].count - 1 - loop.remaining;
}

bool Die::skips() const {
  if (op().skip_last == 0) return false;
  for (std::size_t level = depth_ - op().skip_last; level < depth_; ++level) {
    if (loops_.at(level).remaining > 0) return false;
  }
  return true;
}

bool Die::control() {
  const Op& o = op();
  if (skips()) {
    ++position_;
    return true;
  }
  switch (o.code) {
    case OpCode::loop:
      loops_.at(depth_++) = {position_ + 1, o.count - 1};
      break;
    case OpCode::end_loop: {
      Loop& loop = loops_.at(depth_ - 1U);
      if (loop.remaining > 0) {
        --loop.remaining;
        position_ = loop.begin;
        return true;
      }
      --depth_;
      break;
    }
    case OpCode::set_layer:
      layer_ = o.value;
      break;
    case OpCode::add_layer:
      layer_ += o.value;
      break;
    case OpCode::set_minibatch:
      minibatch_ = o.value;
      break;
    case OpCode::add_minibatch:
      minibatch_ += o.value;
      break;
    case OpCode::allocate:
      occupancy_.allocate(o.buffer, o.bytes);
      break;
    case OpCode::release:
      release_now();
      break;
    default:
      return false;
  }
  ++position_;
  return true;
}

void Die::release_now() {
  const Op& o = op();
  const auto slot = static_cast<std::uint8_t>(o.value);
  if (o.value < 0 || !dram_.busy(slot)) return occupancy_.release(o.buffer, o.bytes);
  occupancy_.release_after(slot, o.buffer, o.bytes);
}

void Die::end_slots() {
  for (std::uint8_t slot = 0; slot < dram_slots; ++slot)
    if (occupancy_.waits_for(slot) && !dram_.busy(slot)) occupancy_.end_slot(slot);
}

bool Die::end_program(SimTime now) {
  counters_.activation_peak_bytes = occupancy_.peak(Buffer::activation);
  counters_.weight_peak_bytes = occupancy_.peak(Buffer::weight);
  counters_.dram_ps += static_cast<std::uint64_t>((now - operation_start_).ps);
  counters_.finished_ps = static_cast<std::uint64_t>(now.ps);
  doing_ = Doing::finished;
  return false;
}

void Die::account(std::uint64_t elapsed_ps) {
  switch (op().code) {
    case OpCode::matmul:
      counters_.matrix_ps += elapsed_ps;
      break;
    case OpCode::vector:
      counters_.vector_ps += elapsed_ps;
      break;
    case OpCode::dram_wait:
      counters_.dram_ps += elapsed_ps;
      break;
    default:
      counters_.vector_ps += reducing_ps_;
      counters_.nop_ps += elapsed_ps - reducing_ps_;
  }
}

OperationRow Die::row_of_operation() const {
  OperationRow row;
  row.die = id_.value;
  row.kind = kind_of(op().code);
  row.stage = op().stage;
  row.layer = static_cast<std::int16_t>(layer_);
  row.minibatch = minibatch_;
  row.start_ps = operation_start_.ps;
  switch (op().code) {
    case OpCode::matmul:
      row.bytes = matmul_operand_bytes(shape_of(op()));
      break;
    case OpCode::vector:
    case OpCode::dram_read:
    case OpCode::dram_write:
      row.bytes = op().bytes;
      break;
    case OpCode::dram_wait:
      break;
    default:
      row.bytes = sent_bytes_;
  }
  return row;
}

std::string Die::blocked_collective() const {
  const RingPlace& ring = places().ring;
  std::string what = std::string(name_of(kind_of(op().code))) + " on the " + std::string(name_of(op().ring)) +
                     (uses_ring(op()) ? " ring" : " line") + ", step " + std::to_string(step_ + 1) + " of " +
                     std::to_string(steps_) + ", waits for ";
  if (op().schedule == Schedule::ring && op().code != OpCode::all_to_all && !is_cut(op())) {
    what +=
        "chunk " + std::to_string(ring_step(op().code, ring.size, ring.position, step_).receive_chunk) + " ";
  }
  return what + "from die " + std::to_string(exchange_now().from.value);
}

std::string Die::blocked_on() const {
  std::string what;
  switch (doing_) {
    case Doing::finished:
      return {};
    case Doing::next_operation:
      what = "has not been started";
      break;
    case Doing::computing:
    case Doing::reducing:
      what = std::string(name_of(kind_of(op().code))) + " until " + std::to_string(busy_until_.ps) + " ps";
      break;
    case Doing::holding:
    case Doing::exchanging:
      what = blocked_collective();
      break;
    case Doing::waiting_dram:
      what = "waits for DRAM slot " + std::to_string(op().slot) + ": " + dram_.describe(op().slot);
      break;
    case Doing::draining:
      what = "program ended, waits for DRAM: " + dram_.describe(dram_slots);
      break;
  }
  return what + " (layer " + std::to_string(layer_) + ", mini-batch " + std::to_string(minibatch_) + ")";
}

}  // namespace hecaton::chiplet
