// Counts, of which most are small, as few bytes: seven bits of a count in each, least first, the eighth bit says that
// more follow. What is unpacked may be anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace hecaton {

inline std::vector<std::uint8_t> packed_counts(std::span<const std::uint64_t> counts) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t count : counts) {
    for (; count >= 0x80U; count >>= 7U) bytes.push_back(static_cast<std::uint8_t>(count | 0x80U));
    bytes.push_back(static_cast<std::uint8_t>(count));
  }
  return bytes;
}

// Throws std::runtime_error if there are more than `most`, or if the bytes are no counts of 64 bits.
inline std::vector<std::uint64_t> unpacked_counts(std::span<const std::uint8_t> bytes, std::size_t most) {
  std::vector<std::uint64_t> counts;
  std::uint64_t count = 0;
  std::uint32_t shift = 0;
  for (const std::uint8_t byte : bytes) {
    const std::uint64_t bits = byte & 0x7FU;
    if (shift >= 64 || bits << shift >> shift != bits) throw std::runtime_error("a count has too many bits");
    count |= bits << shift;
    shift += 7;
    if ((byte & 0x80U) != 0) continue;
    if (counts.size() == most) throw std::runtime_error("it has too many counts");
    counts.push_back(count);
    count = shift = 0;
  }
  if (shift > 0) throw std::runtime_error("it ends in the middle of a count");
  return counts;
}

}  // namespace hecaton
