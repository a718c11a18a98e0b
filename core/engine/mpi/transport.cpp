#include "core/engine/mpi/transport.hpp"

#include <algorithm>

namespace hecaton::engine {

void combine_agreements(std::span<std::uint64_t> into, std::span<std::uint64_t> from) {
  into[next_word] = std::min(into[next_word], from[next_word]);
  into[input_word] = std::min(into[input_word], from[input_word]);
  into[flags_word] |= from[flags_word];
  into[reached_word] = std::max(into[reached_word], from[reached_word]);
  for (std::size_t i = agreed_words; i < into.size(); ++i) into[i] += from[i];
}

}  // namespace hecaton::engine
