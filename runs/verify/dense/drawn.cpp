#include "runs/verify/dense/drawn.hpp"

#include <cmath>

#include "core/engine/base/splitmix64.hpp"

namespace hecaton::runs {

namespace {

// -1 .. 1
Number centred(std::uint64_t bits) {
  return static_cast<Number>(bits >> 11) * 0x1p-52L - 1.0;
}

}  // namespace

std::uint64_t draw(std::uint64_t seed, Drawn drawn, std::uint64_t what, std::uint64_t index) {
  return splitmix64(splitmix64(splitmix64(seed ^ static_cast<std::uint64_t>(drawn)) ^ what) ^ index);
}

Number DrawnInputs::embedding(std::uint64_t word, std::uint64_t feature) const {
  return centred(draw(seed_, Drawn::weights, 0, word << 32 | feature));
}

Number DrawnInputs::weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const {
  const Number scale = std::sqrt(3.0 / static_cast<Number>(shape_->inputs_of(linear)));
  if (linear.stage == chiplet::Stage::head && shape_->model().tied) return embedding(output, input);
  const std::uint64_t what = static_cast<std::uint64_t>(std::int64_t{linear.expert} + 1) << 40 |
                             std::uint64_t{static_cast<std::uint8_t>(linear.stage)} << 32 |
                             static_cast<std::uint32_t>(linear.block);
  return scale * centred(draw(seed_, Drawn::weights, what, input << 32 | output));
}

// Tokens at even places have words of the first half of the vocabulary, others of the second. Where all keys that
// a token sees were the same word, gradients of its query would be exactly nothing, which no relative error allows
// for.
std::uint64_t DrawnInputs::word_of(std::uint64_t token) const {
  const std::uint64_t words = shape_->model().vocabulary, first = (words + 1) / 2;
  const std::uint64_t drawn = draw(seed_, Drawn::words, 0, token);
  const bool is_even = token % shape_->sequence() % 2 == 0 || words == 1;
  return is_even ? drawn % first : first + drawn % (words - first);
}

std::uint64_t DrawnInputs::label_of(std::uint64_t token) const {
  return draw(seed_, Drawn::labels, 0, token) % shape_->model().vocabulary;
}

}  // namespace hecaton::runs
