#include "io/page/timeline.hpp"

#include <algorithm>

namespace hecaton::io {

using chiplet::OperationKind;
using chiplet::OperationRow;

namespace {

constexpr std::uint32_t fewest_bins = 32, most_bins_of_lane = 600;

// A product of two 64-bit numbers has 128 bits.
__extension__ using Product = unsigned __int128;

std::uint32_t lane_size(std::uint32_t rows, std::uint32_t columns) {
  if (std::uint64_t{rows} * columns <= Overview::most_lanes) return 1;
  const std::uint32_t rows_per_lane = (rows + Overview::most_lanes - 1) / Overview::most_lanes;
  return columns * rows_per_lane;
}

// Dies evenly spread over the package.
std::vector<std::uint32_t> spread(std::uint64_t count, std::uint64_t dies) {
  std::vector<std::uint32_t> chosen;
  for (std::uint64_t i = 0; i < count; ++i) chosen.push_back(static_cast<std::uint32_t>(i * dies / count));
  return chosen;
}

}  // namespace

std::optional<Activity> activity_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::matmul:
      return Activity::matrix;
    case OperationKind::vector:
      return Activity::vector;
    case OperationKind::dram_wait:
      return Activity::dram;
    case OperationKind::dram_read:
    case OperationKind::dram_write:
    case OperationKind::idle:
      return std::nullopt;
    default:
      return Activity::nop;
  }
}

Overview::Overview(std::uint32_t rows, std::uint32_t columns, std::int64_t end_ps, std::uint32_t most_bins)
    : dies_per_lane_(lane_size(rows, columns)),
      lanes_((rows * columns + dies_per_lane_ - 1) / dies_per_lane_),
      bins_(std::clamp(most_bins / lanes_, fewest_bins, most_bins_of_lane)),
      end_ps_(std::max<std::int64_t>(end_ps, 1)),
      cells_(std::size_t{lanes_} * bins_) {}

std::int64_t Overview::edge_ps(std::uint32_t bin) const {
  return static_cast<std::int64_t>(Product{static_cast<std::uint64_t>(end_ps_)} * bin / bins_);
}

void Overview::add(std::span<const OperationRow> rows) {
  for (const OperationRow& row : rows)
    if (const auto activity = activity_of(row.kind))
      add(row.die / dies_per_lane_, *activity, row.start_ps, row.end_ps);
}

void Overview::add(std::uint32_t lane, Activity activity, std::int64_t start_ps, std::int64_t end_ps) {
  auto bin = static_cast<std::uint32_t>(Product{static_cast<std::uint64_t>(start_ps)} * bins_ /
                                        static_cast<std::uint64_t>(end_ps_));
  while (start_ps < end_ps) {
    const std::int64_t until = std::min(end_ps, edge_ps(bin + 1));
    if (until > start_ps)
      cells_[std::size_t{lane} * bins_ + bin][static_cast<std::size_t>(activity)] +=
          static_cast<std::uint64_t>(until - start_ps);
    start_ps = std::max(start_ps, until);
    ++bin;
  }
}

std::vector<std::uint32_t> dies_in_detail(std::span<const std::uint64_t> offsets, const DetailChoice& choice,
                                          std::uint64_t most_rows) {
  if (!choice.dies.empty()) return choice.dies;
  const std::uint64_t dies = offsets.size() - 1;
  const auto rows_of = [&](const std::vector<std::uint32_t>& chosen) {
    std::uint64_t rows = 0;
    for (const std::uint32_t die : chosen) rows += offsets[die + std::size_t{1}] - offsets[die];
    return rows;
  };
  const std::uint64_t mean = std::max<std::uint64_t>(1, offsets.back() / dies);
  for (std::uint64_t count = std::min(dies, most_rows / mean + 1); count > 1;
       count -= std::max<std::uint64_t>(1, count / 16))
    if (std::vector<std::uint32_t> chosen = spread(count, dies); rows_of(chosen) <= most_rows) return chosen;
  return {0};
}

DieDetail detail_of(std::uint32_t die, std::span<const OperationRow> rows, const DetailChoice& choice,
                    std::uint64_t most_rows) {
  DieDetail detail;
  detail.die = die;
  for (const OperationRow& row : rows) {
    if (row.end_ps < choice.from_ps || row.start_ps > choice.to_ps) continue;
    detail.cut = detail.rows.size() >= most_rows;
    if (detail.cut) break;
    detail.rows.push_back(row);
  }
  return detail;
}

}  // namespace hecaton::io
