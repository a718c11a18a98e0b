#include "io/page/overlap.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hecaton::io {
namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;

using Span = std::pair<std::int64_t, std::int64_t>;  // from, to

// Apart and in order; those that touch or overlap become one.
std::vector<Span> joined(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end());
  std::vector<Span> apart;
  for (const Span& span : spans) {
    if (!apart.empty() && span.first <= apart.back().second)
      apart.back().second = std::max(apart.back().second, span.second);
    else
      apart.push_back(span);
  }
  return apart;
}

// How much of a span the others cover.
std::uint64_t covered(const Span& span, const std::vector<Span>& by) {
  const auto ends_before = [](const Span& each, std::int64_t ps) { return each.second <= ps; };
  std::uint64_t ps = 0;
  for (auto each = std::lower_bound(by.begin(), by.end(), span.first, ends_before);
       each != by.end() && each->first < span.second; ++each)
    ps += static_cast<std::uint64_t>(std::min(each->second, span.second) - std::max(each->first, span.first));
  return ps;
}

bool is_transfer(const OperationRow& row) {
  return row.kind == OperationKind::dram_read || row.kind == OperationKind::dram_write;
}

}  // namespace

void Overlap::add(std::span<const OperationRow> rows) {
  std::vector<Span> spans;
  for (const OperationRow& row : rows)
    if (is_transfer(row)) spans.emplace_back(row.start_ps, row.end_ps);
  const std::vector<Span> transfers = joined(std::move(spans));
  std::uint64_t left = 0;  // of transfers, beside no activity
  for (const Span& transfer : transfers) left += static_cast<std::uint64_t>(transfer.second - transfer.first);
  for (const OperationRow& row : rows) {
    const std::optional<Activity> activity = activity_of(row.kind);
    if (!activity) continue;
    const std::uint64_t beside = covered({row.start_ps, row.end_ps}, transfers);
    Time& time = times_[static_cast<std::size_t>(*activity)];
    time.alone_ps += static_cast<std::uint64_t>(row.end_ps - row.start_ps) - beside;
    time.with_dram_ps += beside;
    left -= std::min(left, beside);
  }
  times_[activity_count].with_dram_ps += left;
}

}  // namespace hecaton::io
