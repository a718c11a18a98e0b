// A 64-bit rolling hash over operation rows: two runs whose rows differ anywhere have different digests, up
// to chance.
#pragma once

#include <cstdint>

#include "core/chiplet/records.hpp"

namespace hecaton::chiplet {

// One step of the hash: a bijection of the state for every word (multiply by an odd constant, fold the high
// bits back).
constexpr std::uint64_t digest_with(std::uint64_t digest, std::uint64_t word) {
  digest = (digest ^ word) * 0x9e3779b97f4a7c15U;
  digest = (digest ^ (digest >> 32)) * 0xd6e8feb86659fd93U;
  return (digest ^ (digest >> 29)) + 1;
}

constexpr std::uint64_t digest_with(std::uint64_t digest, const OperationRow& row) {
  const auto label = static_cast<std::uint64_t>(row.kind) << 56 |
                     static_cast<std::uint64_t>(row.stage) << 48 |
                     static_cast<std::uint64_t>(static_cast<std::uint16_t>(row.layer)) << 32 |
                     static_cast<std::uint32_t>(row.minibatch);
  digest = digest_with(digest, std::uint64_t{row.die});
  digest = digest_with(digest, label);
  digest = digest_with(digest, static_cast<std::uint64_t>(row.start_ps));
  digest = digest_with(digest, static_cast<std::uint64_t>(row.end_ps));
  return digest_with(digest, row.bytes);
}

}  // namespace hecaton::chiplet
