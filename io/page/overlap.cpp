#include "io/page/overlap.hpp"

#include <algorithm>
#include <array>
#include <optional>
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

// What of the first the others do not cover; of both those in each are apart and in order.
std::vector<Span> without(const std::vector<Span>& spans, const std::vector<Span>& others) {
  std::vector<Span> left;
  auto other = others.begin();
  for (auto [from, to] : spans) {
    while (other != others.end() && other->second <= from) ++other;
    for (auto each = other; each != others.end() && each->first < to; ++each) {
      if (from < each->first) left.emplace_back(from, each->first);
      from = std::max(from, each->second);
    }
    if (from < to) left.emplace_back(from, to);
  }
  return left;
}

bool is_transfer(const OperationRow& row) {
  return row.kind == OperationKind::dram_read || row.kind == OperationKind::dram_write;
}

}  // namespace

void Overlap::add(std::span<const OperationRow> rows) {
  std::vector<Span> of_transfers;
  for (const OperationRow& row : rows)
    if (is_transfer(row)) of_transfers.emplace_back(row.start_ps, row.end_ps);
  const std::vector<Span> transfers = joined(std::move(of_transfers));
  std::uint64_t left = 0;  // of transfers, beside no activity
  for (const Span& transfer : transfers) left += static_cast<std::uint64_t>(transfer.second - transfer.first);
  std::array<std::vector<Span>, activity_count> of_activity;
  for (const OperationRow& row : rows)
    if (const std::optional<Activity> activity = activity_of(row.kind))
      of_activity[static_cast<std::size_t>(*activity)].emplace_back(row.start_ps, row.end_ps);
  std::vector<Span> taken;
  for (const Activity activity : values_of<Activity>()) {
    const std::vector<Span> spans = joined(std::move(of_activity[static_cast<std::size_t>(activity)]));
    Time& time = times_[static_cast<std::size_t>(activity)];
    for (const Span& span : without(spans, taken)) {
      const std::uint64_t beside = covered(span, transfers);
      time.alone_ps += static_cast<std::uint64_t>(span.second - span.first) - beside;
      time.with_dram_ps += beside;
      left -= std::min(left, beside);
    }
    taken.insert(taken.end(), spans.begin(), spans.end());
    taken = joined(std::move(taken));
  }
  times_[activity_count].with_dram_ps += left;
}

}  // namespace hecaton::io
