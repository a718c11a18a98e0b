// Sets of up to 32 things as the bits of a number: round-robin choice and iteration.
#pragma once

#include <cstdint>

namespace hecaton::net::detail {

// The first set bit of `bits` at or cyclically after `pointer`. Precondition: bits != 0, pointer < 32.
inline std::uint32_t round_robin(std::uint32_t bits, std::uint32_t pointer) {
  const std::uint32_t after = bits & ~((1u << pointer) - 1u);
  return static_cast<std::uint32_t>(__builtin_ctz(after != 0 ? after : bits));
}

template <class Visit>
void for_each_bit(std::uint32_t bits, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint32_t>(__builtin_ctz(bits)));
}

}  // namespace hecaton::net::detail
