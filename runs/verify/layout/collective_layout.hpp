// Where the pieces of a collective's payload lie: which elements a die starts or ends with, and which of them are in a
// message. By an arithmetic of its own: of the core's functions it takes only which chunk has its turn in a step.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/dies/observer.hpp"
#include "core/chiplet/schedules/lanes.hpp"
#include "runs/verify/layout/pieces.hpp"

namespace hecaton::runs {

class CollectiveLayout {
 public:
  // The places of a die, as planned, and what it does: one collective, or rings along columns and rows by turns.
  CollectiveLayout(chiplet::GroupPlaces places, chiplet::Program program, std::uint64_t elements);

  // What the die starts an all-gather with, and what it ends a reduce-scatter with.
  Pieces own() const;
  // In a step of a collective that the die is at. Of an all-to-all they are numbered as all_to_all_layout.hpp says.
  Pieces sent(const chiplet::Work& work, std::uint32_t step) const;
  Pieces received(const chiplet::Work& work, std::uint32_t step) const;

 private:
  // A step in its leg.
  struct At {
    chiplet::Leg leg;
    std::uint32_t step;
    Interval base;  // the leg's payload
    std::uint32_t lane;
    std::uint32_t lanes;  // over which every chunk is cut
  };

  At locate(const chiplet::Work& work, std::uint32_t step) const;
  chiplet::Places places_in(chiplet::Ring ring) const;
  const chiplet::RingPlace& ring(chiplet::Ring of) const {
    return places_.rings[static_cast<std::size_t>(of)];
  }
  Interval base_of(chiplet::Ring ring) const;
  Interval lane_of(const chiplet::Op& op, std::uint32_t lane) const;
  Pieces own_of_lanes(const chiplet::Op& op) const;
  Interval leg_of_lane(const chiplet::Op& op, std::uint32_t lane, std::uint32_t number) const;
  Interval chunk(const At& at, std::uint32_t number, std::uint32_t part) const;
  Pieces of_line(const chiplet::Work& work, std::uint32_t step, bool sends) const;
  Interval halved(const chiplet::Work& work, std::uint32_t step, bool sends) const;
  Pieces swung(const chiplet::Work& work, std::uint32_t step, bool sends) const;
  Interval in_chain(const At& at, bool sends) const;
  Interval in_ring(const At& at, bool sends) const;
  Pieces pieces(const chiplet::Work& work, std::uint32_t step, bool sends) const;

  chiplet::GroupPlaces places_;
  chiplet::Program program_;
  Interval all_;
};

}  // namespace hecaton::runs
