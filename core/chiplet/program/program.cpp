#include "core/chiplet/program/program.hpp"

#include <array>
#include <bitset>
#include <stdexcept>
#include <string>

namespace hecaton::chiplet {

namespace {

[[noreturn]] void fail(std::size_t index, const std::string& what) {
  throw std::logic_error("operation " + std::to_string(index) + " of the program: " + what);
}

using Slots = std::bitset<dram_slots>;

bool is_transfer(OpCode code) {
  return code == OpCode::dram_read || code == OpCode::dram_write;
}

Slots slots_used(const Program& program) {
  Slots used;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Op& op = program[i];
    if (!is_transfer(op.code) && op.code != OpCode::dram_wait) continue;
    if (op.slot >= dram_slots) fail(i, "DRAM slot " + std::to_string(op.slot) + " does not exist");
    if (is_transfer(op.code)) used.set(op.slot);
  }
  return used;
}

void validate_lanes(const Op& op, std::size_t index) {
  if (op.directions == 0 || op.directions > most_directions) fail(index, "a number of ways round a ring");
  if (!has_lanes(op)) return;
  if (!can_have_lanes(op)) fail(index, "lanes of a collective that has none");
  if (op.axes == Axes::all && op.ring != Ring::package) fail(index, "two axes of less than the package");
  if (op.axes == Axes::all && op.slot_ps > 0) fail(index, "steps at equal intervals along two axes");
}

void validate_operation(const Op& op, std::size_t index, const Slots& slots) {
  if (op.code == OpCode::matmul && (op.count == 0 || op.m == 0 || op.k == 0 || op.n == 0)) {
    fail(index, "a matrix product without elements");
  }
  if (op.skip_last > 0 && (op.code == OpCode::loop || op.code == OpCode::end_loop)) {
    fail(index, "skip_last on the border of a loop");
  }
  if (op.code == OpCode::dram_wait && !slots.test(op.slot)) {
    fail(index, "waits for DRAM slot " + std::to_string(op.slot) + ", which nothing uses");
  }
  if (!is_collective(op.code)) return;
  if (static_cast<std::size_t>(op.ring) >= ring_count) fail(index, "a ring that does not exist");
  if (!goes_with(op.code, op.schedule)) fail(index, "a schedule that is not one of this operation");
  if (has_root(op.code) && op.value < 0) fail(index, "a root that does not exist");
  if (op.count == 0 && (uses_ring(op) || goes_in_chunks(op) || op.schedule == Schedule::direct))
    fail(index, "a pipeline of no chunks");
  if (op.root_loop > 0 && op.skip_last > 0) fail(index, "skip_last on an operation whose root moves");
  validate_lanes(op, index);
  std::uint64_t bytes = 0;
  if (op.unit_bytes == 0 || __builtin_mul_overflow(op.units, op.unit_bytes, &bytes)) {
    fail(index, "a payload of no unit size or of more than 64 bits");
  }
}

}  // namespace

void validate(const Program& program) {
  const Slots slots = slots_used(program);
  std::array<std::size_t, max_loop_depth> begins{};
  std::size_t depth = 0;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Op& op = program[i];
    validate_operation(op, i, slots);
    if (op.root_loop > depth) fail(i, "a root that moves with a loop that is not there");
    if (op.skip_last > depth) fail(i, "skip_last counts more loops than there are around it");
    if (op.only_round != every_round && depth == 0) fail(i, "a round of a loop that is not there");
    if (op.code == OpCode::loop) {
      if (op.count == 0) fail(i, "a loop of no iterations");
      if (depth == max_loop_depth) fail(i, "loops nest too deep");
      begins[depth++] = i;
    } else if (op.code == OpCode::end_loop) {
      if (depth == 0) fail(i, "end_loop without a loop");
      if (begins[--depth] + 1 == i) fail(i, "an empty loop");
    }
  }
  if (depth > 0) fail(begins[depth - 1], "a loop without end_loop");
}

OperationKind kind_of(OpCode code) {
  switch (code) {
    case OpCode::matmul:
      return OperationKind::matmul;
    case OpCode::vector:
      return OperationKind::vector;
    case OpCode::all_gather:
      return OperationKind::all_gather;
    case OpCode::reduce_scatter:
      return OperationKind::reduce_scatter;
    case OpCode::all_reduce:
      return OperationKind::all_reduce;
    case OpCode::broadcast:
      return OperationKind::broadcast;
    case OpCode::reduce:
      return OperationKind::reduce;
    case OpCode::all_to_all:
      return OperationKind::all_to_all;
    case OpCode::dram_read:
      return OperationKind::dram_read;
    case OpCode::dram_write:
      return OperationKind::dram_write;
    case OpCode::dram_wait:
      return OperationKind::dram_wait;
    default:
      return OperationKind::idle;
  }
}

}  // namespace hecaton::chiplet
