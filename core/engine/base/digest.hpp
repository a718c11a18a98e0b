// A 64-bit fingerprint of a sequence of integers: equal sequences give equal digests on any machine and rank
// count.
#pragma once

#include <cstdint>

#include "core/engine/base/splitmix64.hpp"

namespace hecaton {

class Digest {
 public:
  constexpr void add(std::uint64_t word) { state_ = splitmix64(word + state_); }
  constexpr std::uint64_t value() const { return state_; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace hecaton
