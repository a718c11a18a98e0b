// How much of something there was at most, in bins of simulated time: bins as in time_bins.hpp, with maxima instead of
// sums.
//
// A level holds from the instant at which it is set until the next one. Levels are set in the order of time; of several at
// one instant each counts. The maximum of a bin is that of all levels that held at any time in it, so two bins fold to the
// larger of their maxima.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/engine/base/packed_counts.hpp"
#include "core/engine/base/time.hpp"
#include "core/engine/base/time_bins.hpp"

namespace hecaton {

class PeakBins {
 public:
  PeakBins() = default;  // keeps none
  // Precondition: the grid's width is at least a picosecond.
  explicit PeakBins(BinGrid grid) : count_(grid.count), width_(static_cast<std::uint64_t>(grid.least.ps)) {}

  bool keeps() const { return count_ > 0; }
  std::uint64_t width_ps() const { return width_; }

  void set(SimTime now, std::uint64_t level) {
    if (!keeps()) return;
    hold_until(now);
    // What is less than before changes no maximum yet: so the end of a run, where all is released, opens no bin.
    if (level > std::exchange(level_, level)) {
      std::uint64_t& most = bin_of(static_cast<std::uint64_t>(now.ps), 0);
      most = std::max(most, level);
    }
  }

  // All bins up to `end`, of a width that is this one's times a power of two.
  std::vector<std::uint64_t> folded(std::uint64_t width_ps, SimTime end) const {
    PeakBins copy = *this;
    copy.hold_until(end);
    while (copy.width_ < width_ps) copy.fold();
    copy.bins_.resize(count_, 0);
    return std::move(copy.bins_);
  }

  template <class Archive>
  void save(Archive& archive) const {
    archive(count_, width_, level_, packed_counts(bins_));
  }
  // Of the grid that it has. Throws std::runtime_error if they are of another one.
  template <class Archive>
  void load(Archive& archive) {
    const std::uint64_t least = width_;
    std::uint32_t count = 0;
    std::vector<std::uint8_t> bytes;
    archive(count, width_, level_, bytes);
    if (count != count_) throw std::runtime_error("it has other bins of time");
    bins_ = unpacked_counts(bytes, count_);
    std::uint64_t width = least;
    while (width < width_ && width <= most_width) width *= 2;
    if (width != width_) throw std::runtime_error("its bins of time have no possible width");
  }

 private:
  static constexpr std::uint64_t most_width = std::uint64_t{1} << 62U;

  // The level holds in all bins up to there.
  void hold_until(SimTime time) {
    if (time.ps > 0) bin_of(static_cast<std::uint64_t>(time.ps - 1), level_);
  }

  // The bin of a time that is not before the last bin; new ones begin with `level`.
  std::uint64_t& bin_of(std::uint64_t time, std::uint64_t level) {
    while (time / width_ >= count_) fold();
    const std::uint64_t bin = time / width_;
    if (bins_.size() <= bin) bins_.resize(bin + 1, level);
    return bins_[bin];
  }

  void fold() {
    const std::size_t half = (bins_.size() + 1) / 2;
    for (std::size_t i = 0; i < half; ++i)
      bins_[i] = std::max(bins_[2 * i], 2 * i + 1 < bins_.size() ? bins_[2 * i + 1] : 0);
    bins_.resize(half);
    width_ *= 2;
  }

  std::uint32_t count_ = 0;
  std::uint64_t width_ = 0;
  std::uint64_t level_ = 0;
  std::vector<std::uint64_t> bins_;  // up to the last one that anything was set in
};

}  // namespace hecaton
