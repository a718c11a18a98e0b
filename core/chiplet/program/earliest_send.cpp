#include "core/chiplet/program/earliest_send.hpp"

#include <algorithm>

#include "core/chiplet/program/counters.hpp"

namespace hecaton::chiplet {

namespace {

bool sends_to(const Op& op, const SendingGroups& groups) {
  if (!is_collective(op.code)) return false;
  return (uses_ring(op) ? groups.rings : groups.lines)[static_cast<std::size_t>(op.ring)];
}

std::int64_t least_time(const Op& op, const DieTimings& timings) {
  if (op.code == OpCode::matmul) return matmul_time(timings.matrix, shape_of(op)).ps;
  if (op.code == OpCode::vector) return timings.vector.time_of(op.bytes).ps;
  return 0;
}

// By end_loop the first operation of the body; otherwise 0.
std::vector<std::size_t> begins_of_loops(const Program& program) {
  std::vector<std::size_t> begins(program.size(), 0), open;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (program[i].code == OpCode::loop) open.push_back(i + 1);
    if (program[i].code != OpCode::end_loop) continue;
    begins[i] = open.back();
    open.pop_back();
  }
  return begins;
}

}  // namespace

Foresight::Foresight(const Program& program, const SendingGroups& groups, const DieTimings& timings)
    : until_(program.size() + 1, never.ps), after_(program.size() + 1, never.ps) {
  const std::vector<std::size_t> begins = begins_of_loops(program);
  // Backwards; once more for what follows from going round a loop, until nothing follows.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = program.size(); i-- > 0;) {
      const Op& op = program[i];
      std::int64_t after = until_[i + 1];
      if (op.code == OpCode::end_loop) after = std::min(after, until_[begins[i]]);
      const std::int64_t through = std::min(never.ps, least_time(op, timings) + after);
      const std::int64_t until = sends_to(op, groups) ? 0
                                 : op.skip_last > 0   ? std::min(after, through)
                                                      : through;
      changed = changed || after != after_[i] || until != until_[i];
      after_[i] = after;
      until_[i] = until;
    }
  }
}

}  // namespace hecaton::chiplet
