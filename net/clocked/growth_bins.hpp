// How fast counts grew that many things have: for each thing what was added in each bin of cycles. Whoever counts keeps sums
// and tells them when a bin ends; nothing is done per event. See core/engine/base/time_bins.hpp for how bins grow; theirs are
// whole cycles wide, and all things have the same.
//
// A sum is told by `total(cell, cycle)`: what had come to a cell until the beginning of the cycle. It is asked for cycles no
// earlier than that of the latest event.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/engine/base/packed_counts.hpp"
#include "core/engine/base/time_bins.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

// `Count` holds what comes to a cell in one bin.
template <class Count>
class GrowthBins {
 public:
  // Precondition: the width of the grid is whole cycles.
  GrowthBins(BinGrid grid, SimDuration cycle, std::size_t cells)
      : grid_(grid), cycle_(cycle), width_(grid.least / cycle), base_(grid.count > 0 ? cells : 0, 0) {
    if (keeps()) end_ = width_;
  }

  bool keeps() const { return grid_.count > 0; }

  // Before anything happens in the cycle `now`. Cycles come in ascending order.
  template <class Total>
  void open(Cycle now, const Total& total) {
    while (now >= end_) close(total);
  }

  // Of a cell, each unit as so many picoseconds. When all is quiet.
  template <class Total>
  TimeBins times(std::size_t cell, SimDuration unit, const Total& total) const {
    if (!keeps()) return {};
    std::vector<std::uint64_t> times;
    for (const Row& row : rows_) times.push_back(row[cell]);
    times.push_back(total(cell, end_) - base_[cell]);
    for (std::uint64_t& time : times) time *= static_cast<std::uint64_t>(unit.ps);
    return {grid_, static_cast<std::uint64_t>((width_ * cycle_).ps), std::move(times)};
  }

  // Of neighbouring cells for a checkpoint, in bins that follow from `from`, the first cycle that is not done.
  struct Saved {
    Cycle width = 0;
    std::vector<std::uint8_t> counts;  // of each bin by cell; packed

    template <class Archive>
    void serialize(Archive& archive) {
      archive(width, counts);
    }
  };
  template <class Total>
  Saved save(std::size_t first, std::size_t cells, Cycle from, const Total& total) const {
    Saved saved;
    if (!keeps()) return saved;
    saved.width = static_cast<Cycle>(grid_.width_up_to(SimTime{} + from * cycle_)) / cycle_.ps;
    std::vector<std::uint64_t> counts(grid_.count * cells, 0);
    const auto add = [&](Cycle at, std::size_t cell, std::uint64_t count) {
      counts[static_cast<std::size_t>(at / saved.width) * cells + cell] += count;
    };
    for (std::size_t cell = 0; cell < cells; ++cell) {
      for (std::size_t bin = 0; bin < rows_.size(); ++bin)
        add(static_cast<Cycle>(bin) * width_, cell, rows_[bin][first + cell]);
      std::uint64_t before = base_[first + cell];
      for (Cycle at = begin(); at < from;) {
        const Cycle next = std::min(from, (at / saved.width + 1) * saved.width);
        const std::uint64_t now = total(first + cell, next);
        add(at, cell, now - before);
        before = now;
        at = next;
      }
    }
    while (!counts.empty() && counts.back() == 0) counts.pop_back();
    saved.counts = packed_counts(counts);
    return saved;
  }
  // Before the first cycle, once the cells' sums are restored. Throws std::runtime_error if they are of other bins.
  template <class Total>
  void restore(std::size_t first, std::size_t cells, const Saved& saved, Cycle from, const Total& total) {
    const auto require = [](bool holds) {
      if (!holds) throw std::runtime_error("it has other bins of time");
    };
    require(keeps() == (saved.width > 0));
    if (!keeps()) return;
    const std::vector<std::uint64_t> counts = unpacked_counts(saved.counts, grid_.count * cells);
    while (width_ < saved.width && width_ <= std::numeric_limits<Cycle>::max() / 4) width_ *= 2;
    require(width_ == saved.width);
    const Cycle open = std::min(from / width_, Cycle{grid_.count} - 1);
    while (rows_.size() < static_cast<std::size_t>(open)) rows_.emplace_back(base_.size());
    end_ = (open + 1) * width_;
    const auto count_of = [&](std::size_t bin, std::size_t cell) {
      const std::size_t place = bin * cells + cell;
      return place < counts.size() ? counts[place] : 0;
    };
    for (std::size_t cell = 0; cell < cells; ++cell) {
      for (std::size_t bin = 0; bin < rows_.size(); ++bin)
        rows_[bin][first + cell] = static_cast<Count>(count_of(bin, cell));
      base_[first + cell] = total(first + cell, from) - count_of(rows_.size(), cell);
    }
  }

 private:
  using Row = std::vector<Count>;

  Cycle begin() const { return end_ - width_; }

  template <class Total>
  [[gnu::noinline]] void close(const Total& total) {
    Row& row = rows_.emplace_back(base_.size());
    for (std::size_t cell = 0; cell < base_.size(); ++cell) {
      const std::uint64_t now = total(cell, end_);
      row[cell] = static_cast<Count>(now - base_[cell]);
      base_[cell] = now;
    }
    if (rows_.size() == grid_.count) fold();
    end_ = (static_cast<Cycle>(rows_.size()) + 1) * width_;
  }

  // Each two bins become one; the last one that has no other is open again.
  void fold() {
    const std::size_t pairs = rows_.size() / 2;
    if (rows_.size() % 2 != 0)
      for (std::size_t cell = 0; cell < base_.size(); ++cell) base_[cell] -= rows_.back()[cell];
    for (std::size_t bin = 0; bin < pairs; ++bin) {
      Row sum = std::move(rows_[2 * bin]);
      for (std::size_t cell = 0; cell < base_.size(); ++cell) sum[cell] += rows_[2 * bin + 1][cell];
      rows_[bin] = std::move(sum);
    }
    rows_.resize(pairs);
    width_ *= 2;
  }

  BinGrid grid_;
  SimDuration cycle_;
  Cycle width_;
  Cycle end_ = std::numeric_limits<Cycle>::max();  // of the bin that is open
  std::vector<Row> rows_;                          // of bins that have ended, by cell
  std::vector<std::uint64_t> base_;                // sums when the open bin began
};

}  // namespace hecaton::net::clocked
