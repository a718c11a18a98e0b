// Which tokens of its sequence a token attends to: all; or itself and those before it; or the last of these.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/training/model/config.hpp"

namespace hecaton::training {

struct AttentionMask {
  bool causal = false;       // itself and those before it alone
  std::uint64_t window = 0;  // causal: so many of these, itself among them; 0: all

  constexpr bool sees(std::uint64_t query, std::uint64_t key) const {
    return !causal || (key <= query && (window == 0 || query - key < window));
  }
  // The first and the last key that any query from `first` to `last` sees, of a sequence of so many tokens.
  constexpr std::uint64_t first_key(std::uint64_t first) const {
    return causal && window > 0 && first >= window ? first - window + 1 : 0;
  }
  constexpr std::uint64_t last_key(std::uint64_t last, std::uint64_t sequence) const {
    return causal ? last : sequence - 1;
  }
  // Queries times the keys that each sees, of a sequence.
  constexpr Wide pairs(std::uint64_t sequence) const {
    if (!causal) return Wide{sequence} * sequence;
    const Wide seen = window == 0 ? sequence : std::min(window, sequence);
    return seen * (seen + 1) / 2 + (sequence - seen) * seen;
  }
};

constexpr AttentionMask mask_of(const TrainingConfig& c) {
  return {c.causal, c.window};
}

}  // namespace hecaton::training
