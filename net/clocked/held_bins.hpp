// How many packets had a place in the buffers of a rank's routers: for each router the cycles of all of them added up, in
// bins of cycles. See core/engine/base/time_bins.hpp for how bins grow; all routers have the same.
//
// A packet has a place from the cycle in which its head is latched to the one after its last flit has won the switch.
// Between two changes of a router's packets their number is the same: so a change counts what was before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/engine/base/time_bins.hpp"
#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

class HeldBins {
 public:
  // Precondition: the width of the grid is whole cycles.
  HeldBins(BinGrid grid, SimDuration cycle, std::size_t routers);
  HeldBins(const HeldBins&) = delete;
  HeldBins& operator=(const HeldBins&) = delete;

  // A packet more, or less, from this cycle on; of one router cycles do not descend.
  void take(std::uint32_t router, Cycle from) { change(router, 1, from); }
  void give(std::uint32_t router, Cycle from) { change(router, -1, from); }

  // In picoseconds, up to the latest change.
  TimeBins of(std::size_t router) const;

  // Of one router for a checkpoint, in bins that follow from `from`, the first cycle that is not done.
  struct Saved {
    Cycle width = 0;
    std::uint32_t held = 0;
    std::vector<std::uint8_t> cycles;  // of each bin; packed

    template <class Archive>
    void serialize(Archive& archive) {
      archive(width, held, cycles);
    }
  };
  Saved save(std::size_t router, Cycle from) const;
  // Before the first cycle. Throws std::runtime_error if they are of other bins.
  void restore(std::size_t router, const Saved& saved, Cycle from);

 private:
  struct Place {
    Cycle since = 0;
    std::uint32_t held = 0;
  };
  using Row = std::vector<std::uint64_t>;

  void change(std::uint32_t router, int by, Cycle from) {
    if (grid_.count == 0) return;
    Place& place = places_[router];
    if (place.held > 0) {
      if (place.since >= begin_ && from <= end_)
        row_[router] += place.held * static_cast<std::uint64_t>(from - place.since);
      else
        add_elsewhere(router, place, from);
    }
    place.since = from;
    place.held = static_cast<std::uint32_t>(static_cast<int>(place.held) + by);
  }
  void add_elsewhere(std::uint32_t router, const Place& place, Cycle to);
  void fold();

  BinGrid grid_;
  SimDuration cycle_;
  Cycle width_;
  std::vector<Place> places_;
  std::vector<Row> rows_;  // by bin, by router
  // The bin that is open.
  Cycle begin_ = 0, end_ = 0;
  std::uint64_t* row_ = nullptr;
};

}  // namespace hecaton::net::clocked
