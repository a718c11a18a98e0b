#include "net/clocked/held_bins.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>

#include "core/engine/base/packed_counts.hpp"

namespace hecaton::net::clocked {

namespace {

// Adds so many packets from one cycle to another to bins of a width.
template <class Add>
void spread(Cycle from, Cycle to, std::uint32_t packets, Cycle width, Add&& add) {
  while (from < to) {
    const Cycle bin = from / width;
    const Cycle next = std::min(to, (bin + 1) * width);
    add(static_cast<std::size_t>(bin), packets * static_cast<std::uint64_t>(next - from));
    from = next;
  }
}

}  // namespace

HeldBins::HeldBins(BinGrid grid, SimDuration cycle, std::size_t routers)
    : grid_(grid), cycle_(cycle), width_(grid.least / cycle), places_(grid.count > 0 ? routers : 0) {}

void HeldBins::add_elsewhere(std::uint32_t router, const Place& place, Cycle to) {
  while ((to - 1) / width_ >= grid_.count) fold();
  const auto last = static_cast<std::size_t>((to - 1) / width_);
  rows_.reserve(grid_.count);
  while (rows_.size() <= last) rows_.emplace_back(places_.size());
  spread(place.since, to, place.held, width_,
         [&](std::size_t bin, std::uint64_t cycles) { rows_[bin][router] += cycles; });
  row_ = rows_[last].data();
  begin_ = static_cast<Cycle>(last) * width_;
  end_ = begin_ + width_;
}

void HeldBins::fold() {
  const std::size_t half = (rows_.size() + 1) / 2;
  for (std::size_t bin = 0; bin < half; ++bin) {
    Row sum = std::move(rows_[2 * bin]);
    if (2 * bin + 1 < rows_.size())
      std::transform(sum.begin(), sum.end(), rows_[2 * bin + 1].begin(), sum.begin(), std::plus<>());
    rows_[bin] = std::move(sum);
  }
  rows_.resize(half);
  width_ *= 2;
  begin_ = end_ = 0;
}

TimeBins HeldBins::of(std::size_t router) const {
  if (grid_.count == 0) return {};
  std::vector<std::uint64_t> held;
  for (const Row& row : rows_) held.push_back(row[router] * static_cast<std::uint64_t>(cycle_.ps));
  return {grid_, static_cast<std::uint64_t>((width_ * cycle_).ps), std::move(held)};
}

HeldBins::Saved HeldBins::save(std::size_t router, Cycle from) const {
  Saved saved;
  if (grid_.count == 0) return saved;
  saved.width = static_cast<Cycle>(grid_.width_up_to(SimTime{} + from * cycle_)) / cycle_.ps;
  saved.held = places_[router].held;
  std::vector<std::uint64_t> bins(grid_.count, 0);
  const auto together = static_cast<std::size_t>(saved.width / width_);
  for (std::size_t bin = 0; bin < rows_.size(); ++bin) bins[bin / together] += rows_[bin][router];
  spread(places_[router].since, from, saved.held, saved.width,
         [&](std::size_t bin, std::uint64_t cycles) { bins[bin] += cycles; });
  while (!bins.empty() && bins.back() == 0) bins.pop_back();
  saved.cycles = packed_counts(bins);
  return saved;
}

void HeldBins::restore(std::size_t router, const Saved& saved, Cycle from) {
  const auto require = [](bool holds) {
    if (!holds) throw std::runtime_error("it has other bins of time");
  };
  require((grid_.count > 0) == (saved.width > 0));
  if (grid_.count == 0) return;
  const std::vector<std::uint64_t> cycles = unpacked_counts(saved.cycles, grid_.count);
  while (width_ < saved.width && width_ <= std::numeric_limits<Cycle>::max() / 4) fold();
  require(width_ == saved.width);
  rows_.reserve(grid_.count);
  while (rows_.size() < cycles.size()) rows_.emplace_back(places_.size());
  for (std::size_t bin = 0; bin < cycles.size(); ++bin) rows_[bin][router] = cycles[bin];
  places_[router] = {from, saved.held};
}

}  // namespace hecaton::net::clocked
