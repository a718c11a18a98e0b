// What the collective at work exchanges: its whole payload as numbers, of which messages hold parts.
//
// A payload is `units` of an operation, each of the same number of elements. Reductions add what comes to
// what is there; an all-to-all collects what comes apart, because what is sent must not change.
#pragma once

#include <cstdint>
#include <utility>

#include "runs/verify/die/places.hpp"

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

  // `places` must outlive this.
  explicit DiePayload(const DiePlaces& places) : places_(&places) {}

  // Elements of a unit.
  std::uint64_t width_of(const chiplet::Work& work) const;
  Range chunk(const chiplet::Work& work, std::uint32_t count, std::uint32_t index) const;
  // This die's chunk of an all-gather or reduce-scatter along a ring.
  Range own_chunk(const chiplet::Work& work) const {
    return chunk(work, work.places.ring.size, work.places.ring.position);
  }

  void begin(const chiplet::Work& work);  // all zeros
  const Numbers& numbers() const { return numbers_; }
  void set(Numbers numbers) { numbers_ = std::move(numbers); }
  void put(Range range, const Numbers& part);
  Numbers part(Range range) const;

  // Of an all-to-all, what has come; `keep` puts there what the die sends to itself.
  const Numbers& received() const { return received_; }
  void keep(Range range, const Numbers& part);

  // What is in the message that is sent in this step, and the place of what comes in it.
  Numbers sent(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step) const;
  Range received_range(const chiplet::Work& work, std::uint32_t step) const;
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, Range range, const Numbers& contents);

 private:
  const DiePlaces* places_;
  Numbers numbers_, received_;
};

}  // namespace hecaton::runs
