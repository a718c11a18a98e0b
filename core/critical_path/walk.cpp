#include "core/critical_path/walk.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace hecaton::critical {

namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;
using chiplet::WaitCause;
using chiplet::WaitRow;

std::vector<std::uint64_t> starts_of(std::span<const std::uint64_t> counts) {
  std::vector<std::uint64_t> starts{0};
  for (const std::uint64_t count : counts) starts.push_back(starts.back() + count);
  return starts;
}

// Not a transfer, which goes on beside the program.
bool is_of_program(const OperationRow& row) {
  return row.kind != OperationKind::dram_read && row.kind != OperationKind::dram_write;
}

// What the program was at right before a time; null in a pause.
const OperationRow* row_before(std::span<const OperationRow> rows, std::int64_t ps) {
  auto row = std::lower_bound(rows.begin(), rows.end(), ps,
                              [](const OperationRow& r, std::int64_t t) { return r.end_ps < t; });
  while (row != rows.end() && (!is_of_program(*row) || row->start_ps == row->end_ps)) ++row;
  return row != rows.end() && row->start_ps < ps ? &*row : nullptr;
}

// The latest wait that ended until then; null if there is none.
const WaitRow* wait_until(std::span<const WaitRow> waits, std::int64_t ps) {
  const auto next = std::upper_bound(waits.begin(), waits.end(), ps,
                                     [](std::int64_t t, const WaitRow& w) { return t < w.end_ps; });
  return next == waits.begin() ? nullptr : &*std::prev(next);
}

[[noreturn]] void throw_untold(const Place& at) {
  throw std::logic_error("critical path: no row tells what die " + std::to_string(at.die) +
                         " did right before " + std::to_string(at.ps) + " ps");
}

void add(std::vector<Segment>& segments, Segment segment, Part part, std::int64_t start, std::int64_t end) {
  if (start == end) return;
  segment.part = part;
  segment.start_ps = start;
  segment.end_ps = end;
  segments.push_back(segment);
}

struct Parts {
  Part rest, latency, transfer;
};
Parts parts_of(WaitCause cause) {
  if (cause == WaitCause::message) return {Part::contention, Part::latency, Part::serialisation};
  return {Part::dram_queue, Part::dram_latency, Part::dram_transfer};
}

}  // namespace

Place later(const Place& a, const Place& b) {
  if (a.ps != b.ps) return a.ps > b.ps ? a : b;
  return a.die < b.die ? a : b;
}

Walk::Walk(const Records& records, UndisturbedWait undisturbed)
    : records_(records),
      undisturbed_(std::move(undisturbed)),
      first_operation_(starts_of(records.operations_per_die)),
      first_wait_(starts_of(records.waits_per_die)),
      passes_(records.dies.size()) {
  if (first_operation_.size() != records.dies.size() + 1 || first_wait_.size() != records.dies.size() + 1 ||
      first_operation_.back() != records.operations.size() || first_wait_.back() != records.waits.size())
    throw std::logic_error("critical path: rows of dies contradict their counts");
}

bool Walk::holds(std::uint32_t die) const {
  return std::binary_search(records_.dies.begin(), records_.dies.end(), die);
}

std::size_t Walk::index_of(std::uint32_t die) const {
  const auto at = std::lower_bound(records_.dies.begin(), records_.dies.end(), die);
  return static_cast<std::size_t>(at - records_.dies.begin());
}

std::span<const OperationRow> Walk::operations_of(std::size_t i) const {
  return records_.operations.subspan(first_operation_[i], records_.operations_per_die[i]);
}

std::span<const WaitRow> Walk::waits_of(std::size_t i) const {
  return records_.waits.subspan(first_wait_[i], records_.waits_per_die[i]);
}

std::optional<Place> Walk::end() const {
  std::optional<Place> last;
  for (std::size_t i = 0; i < records_.dies.size(); ++i) {
    Place end{records_.dies[i], 0};
    for (const OperationRow& row : operations_of(i)) end.ps = std::max(end.ps, row.end_ps);
    if (!waits_of(i).empty()) end.ps = std::max(end.ps, waits_of(i).back().end_ps);
    last = last ? later(*last, end) : end;
  }
  return last;
}

chiplet::Pass Walk::pass_of(std::size_t i, const OperationRow& row) {
  if (!passes_[i]) passes_[i].emplace(operations_of(i));
  return passes_[i]->pass_of(row);
}

Segment Walk::label(std::size_t i, const OperationRow* row, std::uint32_t die) {
  Segment segment;
  segment.die = segment.from = die;
  if (row == nullptr) return segment;
  segment.kind = row->kind;
  segment.stage = row->stage;
  segment.pass = pass_of(i, *row);
  segment.layer = row->layer;
  segment.minibatch = row->minibatch;
  return segment;
}

// Where on the way something was in the way is not known: that comes first, as a message waits at its interface first.
void Walk::add_wait(const WaitRow& wait, Segment segment, std::vector<Segment>& segments) const {
  if (wait.cause == WaitCause::slot || wait.cause == WaitCause::pause)
    return add(segments, segment, wait.cause == WaitCause::slot ? Part::slot : Part::pause, wait.caused_ps,
               wait.end_ps);
  segment.from = wait.from;
  const Undisturbed alone = undisturbed_(wait);
  const Parts parts = parts_of(wait.cause);
  const std::int64_t transfer = std::max(wait.caused_ps, wait.end_ps - alone.transfer_ps);
  const std::int64_t latency = std::max(wait.caused_ps, transfer - alone.latency_ps);
  add(segments, segment, parts.transfer, transfer, wait.end_ps);
  add(segments, segment, parts.latency, latency, transfer);
  add(segments, segment, parts.rest, wait.caused_ps, latency);
}

Place Walk::step(const Place& at, std::vector<Segment>& segments) {
  const std::size_t i = index_of(at.die);
  const OperationRow* row = row_before(operations_of(i), at.ps);
  const WaitRow* wait = wait_until(waits_of(i), at.ps);
  const Segment segment = label(i, row, at.die);
  if (wait != nullptr && wait->end_ps == at.ps) {
    add_wait(*wait, segment, segments);
    return {wait->cause == WaitCause::message ? wait->from : at.die, wait->caused_ps};
  }
  if (row == nullptr || row->kind == OperationKind::dram_wait) throw_untold(at);
  const std::int64_t start = wait == nullptr ? row->start_ps : std::max(row->start_ps, wait->end_ps);
  add(segments, segment, row->kind == OperationKind::matmul ? Part::compute : Part::vector, start, at.ps);
  return {at.die, start};
}

Place Walk::follow(Place from, std::vector<Segment>& segments) {
  while (from.ps > 0 && holds(from.die)) {
    const Place before = step(from, segments);
    if (before.ps < 0 || before.ps >= from.ps) throw_untold(from);
    from = before;
  }
  return from;
}

}  // namespace hecaton::critical
