// What the collective at work exchanges: its whole payload as numbers, of which messages hold parts.
//
// A payload is `units` of an operation, each of the same number of elements. Reductions add what comes to
// what is there; an all-to-all collects what comes apart, because what is sent must not change.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runs/verify/die/places.hpp"
#include "runs/verify/layout/collective_layout.hpp"

namespace hecaton::runs {

// One scalar per token: of a norm or of the loss.
inline bool is_scalar(const training::Meaning& m) {
  using training::Verb;
  return m.verb == Verb::norm || m.verb == Verb::loss_max || m.verb == Verb::loss_sum;
}

// Numbers of fp32; others are of bf16.
inline bool is_wide(const training::Meaning& m) {
  using training::Verb;
  return is_scalar(m) || m.verb == Verb::score_sums || m.verb == Verb::share_gradients ||
         m.verb == Verb::share_sums;
}

class DiePayload {
 public:
  struct Range {
    std::uint64_t begin = 0, end = 0;  // elements of the payload
    std::uint64_t size() const { return end - begin; }
  };
  static std::uint64_t size_of(const std::vector<Range>& ranges);

  // `places` must outlive this.
  explicit DiePayload(const DiePlaces& places) : places_(&places) {}

  // Elements of a unit.
  std::uint64_t width_of(const chiplet::Work& work) const;
  Range chunk(const chiplet::Work& work, std::uint32_t count, std::uint32_t index) const;

  void begin(const chiplet::Work& work);  // all zeros
  const Numbers& numbers() const { return numbers_; }
  void set(Numbers numbers) { numbers_ = std::move(numbers); }
  void put(Range range, const Numbers& part);
  Numbers part(Range range) const;

  // This die's chunk of an all-gather or reduce-scatter around rings: with lanes over both axes one piece of each.
  std::uint64_t own_size(const chiplet::Work& work) const;
  void put_own(const chiplet::Work& work, const Numbers& own);
  Numbers with_own(const chiplet::Work& work, const Numbers& own, Number others) const;
  Numbers own(const chiplet::Work& work) const;
  // The same of all dies, one after another in the order of their places; and such numbers, to be exchanged.
  Numbers by_places(const chiplet::Work& work) const;
  void set_by_places(const chiplet::Work& work, const Numbers& numbers);

  // Of an all-to-all, what has come; `keep` puts there what the die sends to itself.
  const Numbers& received() const { return received_; }
  void keep(Range range, const Numbers& part);

  // What is in the message that is sent in this step, and the place of what comes in it.
  Numbers sent(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step) const;
  std::vector<Range> received_ranges(const chiplet::Work& work, const chiplet::Exchange& now,
                                     std::uint32_t step) const;
  // As many numbers as the ranges have elements.
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, const std::vector<Range>& ranges,
               const Numbers& contents);

 private:
  std::vector<Range> own_ranges(const chiplet::Work& work) const;
  std::vector<Range> ranges_by_places(const chiplet::Work& work) const;
  std::vector<Range> of_units(const chiplet::Work& work, const Pieces& units) const;

  const DiePlaces* places_;
  Numbers numbers_, received_;
};

}  // namespace hecaton::runs
