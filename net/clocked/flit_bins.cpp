#include "net/clocked/flit_bins.hpp"

#include <stdexcept>

#include "core/engine/base/packed_counts.hpp"

namespace hecaton::net::clocked {

FlitBins::FlitBins(BinGrid grid, SimDuration cycle, std::size_t routers)
    : grid_(grid),
      cycle_(cycle),
      cells_(routers * die_ports),
      width_(grid.least / cycle),
      rows_(1, Row(cells_)) {
  row_ = rows_.front().data();
  if (grid_.count > 0) end_ = width_;
}

void FlitBins::move_on(Cycle now) {
  while (now / width_ >= grid_.count) fold();
  const auto bin = static_cast<std::size_t>(now / width_);
  rows_.reserve(grid_.count);
  while (rows_.size() <= bin) rows_.emplace_back(cells_);
  row_ = rows_[bin].data();
  end_ = static_cast<Cycle>(bin + 1) * width_;
}

void FlitBins::fold() {
  const std::size_t half = (rows_.size() + 1) / 2;
  for (std::size_t bin = 0; bin < half; ++bin) {
    Row sum = std::move(rows_[2 * bin]);
    if (2 * bin + 1 < rows_.size())
      for (std::size_t cell = 0; cell < cells_; ++cell) sum[cell] += rows_[2 * bin + 1][cell];
    rows_[bin] = std::move(sum);
  }
  rows_.resize(half);
  width_ *= 2;
}

std::vector<std::uint64_t> FlitBins::flits_of(std::size_t router, std::uint32_t port) const {
  std::vector<std::uint64_t> flits;
  flits.reserve(grid_.count);
  for (const Row& row : rows_) flits.push_back(row[place(router, port)]);
  return flits;
}

TimeBins FlitBins::busy(std::size_t router, std::uint32_t port) const {
  if (grid_.count == 0) return {};
  std::vector<std::uint64_t> busy = flits_of(router, port);
  for (std::uint64_t& bin : busy) bin *= static_cast<std::uint64_t>(cycle_.ps);
  return {grid_, static_cast<std::uint64_t>((width_ * cycle_).ps), std::move(busy)};
}

FlitBins::Saved FlitBins::save(std::size_t router, Cycle from) const {
  Saved saved;
  if (grid_.count == 0) return saved;
  saved.width = static_cast<Cycle>(grid_.width_up_to(SimTime{} + from * cycle_)) / cycle_.ps;
  const auto together = static_cast<std::size_t>(saved.width / width_);
  std::vector<std::uint64_t> flits((rows_.size() + together - 1) / together * die_ports, 0);
  for (std::uint32_t port = 0; port < die_ports; ++port)
    for (std::size_t bin = 0; bin < rows_.size(); ++bin)
      flits[place(bin / together, port)] += rows_[bin][place(router, port)];
  while (!flits.empty() && flits.back() == 0) flits.pop_back();
  saved.flits = packed_counts(flits);
  return saved;
}

void FlitBins::restore(std::size_t router, const Saved& saved) {
  const auto require = [](bool holds) {
    if (!holds) throw std::runtime_error("it has other bins of time");
  };
  const bool is_kept = grid_.count > 0;
  require(is_kept == (saved.width > 0));
  if (!is_kept) return;
  const std::vector<std::uint64_t> flits = unpacked_counts(saved.flits, std::size_t{grid_.count} * die_ports);
  while (width_ < saved.width && width_ <= std::numeric_limits<Cycle>::max() / 4) fold();
  require(width_ == saved.width);
  rows_.reserve(grid_.count);
  while (rows_.size() * die_ports < flits.size()) rows_.emplace_back(cells_);
  for (std::size_t i = 0; i < flits.size(); ++i)
    rows_[i / die_ports][place(router, i % die_ports)] = static_cast<std::uint32_t>(flits[i]);
  row_ = rows_.front().data();
  end_ = 0;
}

}  // namespace hecaton::net::clocked
