// A 64-bit fingerprint of a sequence of integers: equal sequences give equal digests on any machine and rank
// count. Each word goes through the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) before it is
// folded in.
#pragma once

#include <cstdint>

namespace hecaton {

class Digest {
 public:
  constexpr void add(std::uint64_t word) {
    std::uint64_t z = word + 0x9E3779B97F4A7C15ull + state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    state_ = z ^ (z >> 31);
  }
  constexpr std::uint64_t value() const { return state_; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace hecaton
