// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a fast bijection of 64-bit words in which every bit of the
// input has an effect on every bit of the result. For hashes and fingerprints; random numbers of the simulation
// are random.hpp's. Apart from it, because that includes a library that few files need.
#pragma once

#include <cstdint>

namespace hecaton {

// What the generator adds to its state before each number.
inline constexpr std::uint64_t splitmix64_increment = 0x9E3779B97F4A7C15u;

// The generator's output function alone: 0 stays 0.
constexpr std::uint64_t splitmix64_finalise(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// The number that the generator returns in this state.
constexpr std::uint64_t splitmix64(std::uint64_t state) {
  return splitmix64_finalise(state + splitmix64_increment);
}

}  // namespace hecaton
