// What a verified step draws from its seed: weights, words, labels, and the order in which experts are dealt.
// A draw is a pure function of the seed and of what is drawn, so every rank draws the same.
#pragma once

#include <cstdint>

#include "runs/verify/dense/number.hpp"
#include "runs/verify/dense/step_shape.hpp"

namespace hecaton::runs {

enum class Drawn : std::uint64_t { weights, words, labels, routes };
std::uint64_t draw(std::uint64_t seed, Drawn drawn, std::uint64_t what, std::uint64_t index);

class DrawnInputs {
 public:
  // `shape` must outlive this.
  DrawnInputs(const StepShape& shape, std::uint64_t seed) : shape_(&shape), seed_(seed) {}

  // Of a size that keeps outputs about as large as inputs.
  Number weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const;
  Number embedding(std::uint64_t word, std::uint64_t feature) const;
  std::uint64_t word_of(std::uint64_t token) const;
  std::uint64_t label_of(std::uint64_t token) const;  // the word that comes next

 private:
  const StepShape* shape_;
  std::uint64_t seed_;
};

}  // namespace hecaton::runs
