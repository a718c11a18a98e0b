// Which elements are in the messages of an all-to-all. Of p dies, each with a payload of V elements of which the d-th p-th
// is for the die at place d: element e of the die at place s is number s V + e.
#pragma once

#include <cstdint>

#include "core/chiplet/dies/observer.hpp"
#include "runs/verify/layout/pieces.hpp"

namespace hecaton::runs {

class AllToAllLayout {
 public:
  // Of the die that does this work; `elements` of each die.
  AllToAllLayout(const chiplet::Work& work, std::uint64_t elements);

  Pieces sent(std::uint32_t step) const { return at(step, true); }
  Pieces received(std::uint32_t step) const { return at(step, false); }

  // Of two places, of their lines where both axes are gone along.
  struct Place {
    std::uint32_t first = 0, second = 0;
  };

 private:
  // A message's way along a line or ring: whose elements, for whom, and of the farthest which half.
  struct Hop {
    std::uint32_t source, destination;
    bool is_halved;
    std::uint32_t half;
  };

  Pieces at(std::uint32_t step, bool sends) const;
  Pieces of_leg(std::uint32_t leg, std::uint32_t step, bool sends) const;
  std::uint32_t steps_of(std::uint32_t dies) const;
  Pieces straight(std::uint32_t leg, std::uint32_t step, bool sends) const;
  Pieces passed_on(std::uint32_t leg, std::uint32_t step, bool sends) const;
  Pieces between(std::uint32_t leg, const Hop& hop) const;
  Interval block(Place source, Place destination) const;
  std::uint64_t number_of(Place place) const;

  const chiplet::Work& work_;
  std::uint64_t elements_;
  bool is_direct_, both_axes_, row_first_;
  std::uint32_t sizes_[2] = {1, 1};  // of the first axis and of the second
  std::uint32_t own_[2] = {0, 0};
};

}  // namespace hecaton::runs
