// When something was busy: its time at work in bins of simulated time.
//
// Bins have one width and lie side by side from time 0 on. There are at most so many of them; when time goes beyond
// the last one, each two become one and the width doubles. So the width follows from the end of the latest interval
// alone, whatever the order of intervals, and an interval counts the same whole or in parts: a sum over bins is the
// sum of all intervals, to the picosecond. Intervals may come in any order; in that of time they cost least: one that
// lies in the bin of the one before it is two comparisons and an addition.
//
// Widths are the least one times a power of two, so bins of different widths can be folded to the widest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/engine/base/packed_counts.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton {

struct BinGrid {
  std::uint32_t count = 0;  // of bins; 0: none are kept
  SimDuration least{};      // width at the beginning

  friend bool operator==(const BinGrid&, const BinGrid&) = default;
  // The narrowest bins that reach up to `end`.
  std::uint64_t width_up_to(SimTime end) const {
    auto width = static_cast<std::uint64_t>(least.ps);
    while (end.ps > 0 && static_cast<std::uint64_t>(end.ps - 1) / width >= count) width *= 2;
    return width;
  }
};

class TimeBins {
 public:
  TimeBins() = default;  // keeps none
  // Precondition: the grid's width is at least a picosecond.
  explicit TimeBins(BinGrid grid) : count_(grid.count), width_(static_cast<std::uint64_t>(grid.least.ps)) {
    if (count_ > 0) to_ = static_cast<std::int64_t>(width_);
  }
  // Of this width, what was busy in each.
  TimeBins(BinGrid grid, std::uint64_t width_ps, std::vector<std::uint64_t> busy_ps) : TimeBins(grid) {
    width_ = width_ps;
    to_ = static_cast<std::int64_t>(width_);
    bins_ = std::move(busy_ps);
  }

  bool keeps() const { return count_ > 0; }
  std::uint64_t width_ps() const { return width_; }

  void add(SimTime start, SimTime end) {
    if (start.ps >= from_ && end.ps <= to_) {
      here_ += static_cast<std::uint64_t>(end.ps - start.ps);
    } else {
      add_elsewhere(static_cast<std::uint64_t>(start.ps), static_cast<std::uint64_t>(end.ps));
    }
  }

  // All bins, of a width that is this one's times a power of two.
  std::vector<std::uint64_t> folded(std::uint64_t width_ps) const {
    TimeBins copy = *this;
    copy.put_away();
    while (copy.width_ < width_ps) copy.fold();
    copy.bins_.resize(count_, 0);
    return std::move(copy.bins_);
  }

  template <class Archive>
  void save(Archive& archive) const {
    TimeBins copy = *this;
    copy.put_away();
    archive(copy.count_, copy.width_, packed_counts(copy.bins_));
  }
  // Of the grid that it has. Throws std::runtime_error if they are of another one.
  template <class Archive>
  void load(Archive& archive) {
    const std::uint64_t least = width_;
    std::uint32_t count = 0;
    std::vector<std::uint8_t> bytes;
    archive(count, width_, bytes);
    if (count != count_) throw std::runtime_error("it has other bins of time");
    bins_ = unpacked_counts(bytes, count_);
    std::uint64_t width = least;
    while (width < width_ && width <= most_width) width *= 2;
    if (width != width_) throw std::runtime_error("its bins of time have no possible width");
    from_ = 0;
    if (count_ > 0) to_ = static_cast<std::int64_t>(width_);
    here_ = 0;
  }

 private:
  static constexpr std::uint64_t most_width = std::uint64_t{1} << 62U;

  // What came since the bin was opened.
  void put_away() {
    if (here_ == 0) return;
    if (!keeps()) {
      here_ = 0;
      return;
    }
    const std::uint64_t bin = static_cast<std::uint64_t>(from_) / width_;
    if (bins_.size() <= bin) bins_.resize(bin + 1, 0);
    bins_[bin] += std::exchange(here_, 0);
  }

  [[gnu::noinline]] void add_elsewhere(std::uint64_t start, std::uint64_t end) {
    if (start == end) return;
    put_away();
    while ((end - 1) / width_ >= count_) fold();
    const std::uint64_t last = (end - 1) / width_;
    if (bins_.size() <= last) bins_.resize(last + 1, 0);
    for (std::uint64_t bin = start / width_; bin < last; ++bin) {
      const std::uint64_t next = (bin + 1) * width_;
      bins_[bin] += next - start;
      start = next;
    }
    bins_[last] += end - start;
    constexpr auto last_time = static_cast<std::uint64_t>(SimTime::never().ps);
    from_ = static_cast<std::int64_t>(last * width_);
    to_ = static_cast<std::int64_t>(std::min(last * width_ + width_, last_time));
  }

  void fold() {
    const std::size_t half = (bins_.size() + 1) / 2;
    for (std::size_t i = 0; i < half; ++i)
      bins_[i] = bins_[2 * i] + (2 * i + 1 < bins_.size() ? bins_[2 * i + 1] : 0);
    bins_.resize(half);
    width_ *= 2;
  }

  // The bin that is open, and what came since then; of one that keeps none, all time.
  std::int64_t from_ = 0, to_ = SimTime::never().ps;
  std::uint64_t here_ = 0;
  std::uint32_t count_ = 0;
  std::uint64_t width_ = 0;
  std::vector<std::uint64_t> bins_;  // up to the last one that anything came to
};

}  // namespace hecaton
