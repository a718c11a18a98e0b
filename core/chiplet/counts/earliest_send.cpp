#include "core/chiplet/counts/earliest_send.hpp"

#include <algorithm>

#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet {

namespace {

bool sends_to(const Op& op, const SendingGroups& groups) {
  if (!is_collective(op.code)) return false;
  const auto& used = uses_ring(op) ? groups.rings : groups.lines;
  bool sends = false;
  for_each_group_of(op, [&](Ring group) { sends = sends || used[static_cast<std::size_t>(group)]; });
  return sends;
}

std::int64_t least_time(const Op& op, const DieTimings& timings) {
  if (op.code == OpCode::matmul) return matmul_time(timings.matrix, shape_of(op)).ps;
  if (op.code == OpCode::vector) return timings.vector.time_of(op.bytes).ps;
  return 0;
}

// For each end_loop the first operation of the loop's body; 0 for other operations.
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

EarliestSend::EarliestSend(const Program& program, const SendingGroups& groups, const DieTimings& timings)
    : from_start_(program.size() + 1, never.ps), from_end_(program.size() + 1, never.ps) {
  const std::vector<std::size_t> begins = begins_of_loops(program);
  // From the last operation to the first. A loop that goes on leads back, so this is repeated until nothing
  // changes.
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = program.size(); i-- > 0;) {
      const Op& op = program[i];
      std::int64_t from_end = from_start_[i + 1];
      if (op.code == OpCode::end_loop) from_end = std::min(from_end, from_start_[begins[i]]);
      const std::int64_t through = std::min(never.ps, least_time(op, timings) + from_end);
      const std::int64_t from_start = sends_to(op, groups) ? 0
                                      : op.skip_last > 0   ? std::min(from_end, through)
                                                           : through;
      changed = changed || from_end != from_end_[i] || from_start != from_start_[i];
      from_end_[i] = from_end;
      from_start_[i] = from_start;
    }
  }
}

}  // namespace hecaton::chiplet
