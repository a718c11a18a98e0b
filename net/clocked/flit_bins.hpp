// When the links of a rank's clocked network were busy: flits that each port of each router has sent, in bins of
// cycles. All have the same bins, so a flit is counted by one addition in the row of the bin that is under way. See
// core/engine/base/time_bins.hpp for how bins grow; theirs are whole cycles wide.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/engine/base/time_bins.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

class FlitBins {
 public:
  // Precondition: the width of the grid is whole cycles.
  FlitBins(BinGrid grid, SimDuration cycle, std::size_t routers);
  FlitBins(const FlitBins&) = delete;
  FlitBins& operator=(const FlitBins&) = delete;

  // The counters of the bin in which the cycle lies, by router and port. Cycles come in ascending order.
  std::uint32_t* open(Cycle now) {
    if (now >= end_) move_on(now);
    return row_;
  }
  static constexpr std::size_t place(std::size_t router, std::size_t port) {
    return router * die_ports + port;
  }

  // How long what is behind a port was busy.
  TimeBins busy(std::size_t router, std::uint32_t port) const;

  // Of one router for a checkpoint, in bins that follow from `from`, the first cycle that is not done.
  struct Saved {
    Cycle width = 0;
    std::vector<std::uint8_t> flits;  // of each bin by port; packed

    template <class Archive>
    void serialize(Archive& archive) {
      archive(width, flits);
    }
  };
  Saved save(std::size_t router, Cycle from) const;
  // Before the first cycle. Throws std::runtime_error if they are of other bins.
  void restore(std::size_t router, const Saved& saved);

 private:
  using Row = std::vector<std::uint32_t>;
  void move_on(Cycle now);
  void fold();
  // Of a router and port, bin by bin.
  std::vector<std::uint64_t> flits_of(std::size_t router, std::uint32_t port) const;

  BinGrid grid_;
  SimDuration cycle_;
  std::size_t cells_;  // of a row
  Cycle width_;
  Cycle end_ = std::numeric_limits<Cycle>::max();
  std::vector<Row> rows_;
  std::uint32_t* row_ = nullptr;
};

}  // namespace hecaton::net::clocked
