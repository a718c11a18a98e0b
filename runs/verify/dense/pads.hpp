// Which elements of a padded step stand for which of the step that was asked for, and which for nothing.
//
// Pads come last: tokens of a sequence after its own, sequences after those of the batch, features and words
// after their own; query heads after those of their group, and groups after the others. So what is real keeps its
// order, and of a range of padded numbers the real ones are a range too.
#pragma once

#include <cstdint>
#include <optional>

#include "core/training/model/config.hpp"
#include "runs/verify/dense/step_shape.hpp"

namespace hecaton::runs {

class Pads {
 public:
  using Index = std::optional<std::uint64_t>;  // none: a pad

  Pads(const training::TrainingConfig& real, const training::TrainingConfig& planned)
      : real_(real), planned_(planned) {}

  const StepShape& real() const { return real_; }
  const StepShape& planned() const { return planned_; }

  Index token(std::uint64_t token) const;
  Index word(std::uint64_t word) const { return below(word, real_.model().vocabulary); }
  // Of a tensor: a token, or a route; and one of its features.
  Index row(const TensorName& name, std::uint64_t row) const;
  Index feature(const TensorName& name, std::uint64_t feature) const;
  // Of a linear layer's weights.
  Index input(const Linear& linear, std::uint64_t feature) const;
  Index output(const Linear& linear, std::uint64_t feature) const;
  Heads heads(std::int32_t block, Heads planned) const;
  // Tokens that a token attends to: no pads, and of a pad none.
  StepShape::Keys keys_of(std::uint64_t token) const;

 private:
  static Index below(std::uint64_t number, std::uint64_t end) {
    return number < end ? Index(number) : std::nullopt;
  }
  Index head(std::int32_t block, std::uint64_t head) const;
  std::uint64_t heads_before(std::int32_t block, std::uint64_t head) const;
  Index qkv(std::int32_t block, std::uint64_t feature) const;
  Index query(std::int32_t block, std::uint64_t feature) const;
  Index up(std::int32_t block, std::uint64_t feature) const;

  StepShape real_, planned_;
};

}  // namespace hecaton::runs
