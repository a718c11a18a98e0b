// A timeline that a page can hold, however long the trace is. The overview has all dies: the time of a step is cut
// into equal bins, and each bin knows how long the programs were at what. The detail has the operations themselves,
// of as many dies as fit.
//
// Invariants: an operation is divided among bins exactly, so the bins of an activity add up to the operations of its
// kinds, to the picosecond. Transfers that go on beside the program are in the detail only.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

// What the program of a die is at.
enum class Activity : std::uint8_t { matrix, vector, nop, dram };
constexpr auto enum_names(std::type_identity<Activity>) {
  using enum Activity;
  return named<Activity>(
      {{matrix, "matrix engine"}, {vector, "vector unit"}, {nop, "NoP"}, {dram, "DRAM wait"}});
}
inline constexpr std::size_t activity_count = names_of<Activity>().size();

// None of a transfer beside the program.
std::optional<Activity> activity_of(chiplet::OperationKind kind);

// Dies that follow each other in a lane: one each, or as many rows of the package as it takes to have few lanes.
class Overview {
 public:
  static constexpr std::uint32_t most_lanes = 256;
  using Bin = std::array<std::uint64_t, activity_count>;  // picoseconds, summed over the dies of the lane

  // `end_ps`: no operation ends later; `most_bins`: of all lanes together, roughly.
  Overview(std::uint32_t rows, std::uint32_t columns, std::int64_t end_ps, std::uint32_t most_bins);

  void add(std::span<const chiplet::OperationRow> rows);

  std::uint32_t lanes() const { return lanes_; }
  std::uint32_t dies_per_lane() const { return dies_per_lane_; }
  std::uint32_t bins() const { return bins_; }  // of each lane
  std::int64_t end_ps() const { return end_ps_; }
  // Where a bin begins; that of bin bins() is the end.
  std::int64_t edge_ps(std::uint32_t bin) const;
  const Bin& at(std::uint32_t lane, std::uint32_t bin) const { return cells_[lane * bins_ + bin]; }

 private:
  void add(std::uint32_t lane, Activity activity, std::int64_t start_ps, std::int64_t end_ps);

  std::uint32_t dies_per_lane_;
  std::uint32_t lanes_;
  std::uint32_t bins_;
  std::int64_t end_ps_;
  std::vector<Bin> cells_;
};

// Which operations a page shows one by one.
struct DetailChoice {
  std::vector<std::uint32_t> dies;  // ascending; empty: as many as fit, evenly spread
  std::int64_t from_ps = 0;
  std::int64_t to_ps = std::numeric_limits<std::int64_t>::max();
};

// The dies to show: those that were chosen, or evenly spread ones that have no more than `most_rows` operations
// together. At least one. `offsets`: the first row of each die, and after the last die the number of rows.
std::vector<std::uint32_t> dies_in_detail(std::span<const std::uint64_t> offsets, const DetailChoice& choice,
                                          std::uint64_t most_rows);

struct DieDetail {
  std::uint32_t die = 0;
  bool cut = false;  // not all operations of the window are there: those that come later are left out
  std::vector<chiplet::OperationRow> rows;
};

// Of the rows of a die those that overlap the window, the first `most_rows` of them.
DieDetail detail_of(std::uint32_t die, std::span<const chiplet::OperationRow> rows,
                    const DetailChoice& choice, std::uint64_t most_rows);

}  // namespace hecaton::io
