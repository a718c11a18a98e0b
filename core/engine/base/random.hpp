// Counter-based random numbers: a draw is a pure function of (seed, stream, key, counter), so it does not
// depend on which rank draws it or when. Philox4x32-10 of Random123 (Salmon et al., SC 2011).
#pragma once

#include <Random123/philox.h>

#include <cstdint>

namespace hecaton {

// What a draw is for; each purpose has numbers of its own.
enum class RandomStream : std::uint32_t { injection, destination, permutation, phold, burst, pause };

struct RandomPair {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

inline RandomPair random_pair(std::uint64_t seed, RandomStream stream, std::uint32_t key,
                              std::uint64_t counter) {
  const r123::Philox4x32::ctr_type c{{static_cast<std::uint32_t>(counter),
                                      static_cast<std::uint32_t>(counter >> 32), key,
                                      static_cast<std::uint32_t>(stream)}};
  const r123::Philox4x32::key_type k{
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto bits = r123::Philox4x32{}(c, k);
  return {(static_cast<std::uint64_t>(bits[1]) << 32) | bits[0],
          (static_cast<std::uint64_t>(bits[3]) << 32) | bits[2]};
}

inline std::uint64_t random_u64(std::uint64_t seed, RandomStream stream, std::uint32_t key,
                                std::uint64_t counter) {
  return random_pair(seed, stream, key, counter).first;
}

// Uniform in [0, bound), from the high bits of the product; the bias is below bound / 2^64.
inline std::uint64_t scaled(std::uint64_t random, std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(random) * bound) >> 64);
}

}  // namespace hecaton
