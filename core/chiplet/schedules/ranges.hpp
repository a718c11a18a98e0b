// Bytes of several chunks together: payloads are cut into p chunks that differ by a unit at most, larger ones first.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

// Of the chunks [first, first + count) of p.
constexpr std::uint64_t range_bytes(const Op& op, std::uint32_t p, std::uint32_t first, std::uint32_t count) {
  const std::uint64_t rest = op.units % p;
  const auto larger = [rest](std::uint64_t end) { return std::min(end, rest); };
  const std::uint64_t extra = larger(std::uint64_t{first} + count) - larger(first);
  return (op.units / p * count + extra) * op.unit_bytes;
}

}  // namespace hecaton::chiplet
