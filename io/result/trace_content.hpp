// What a trace holds, by name.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

// No trace; counters of dies and links; also every operation; also the critical path of the step; also every message.
enum class TraceContent : std::uint8_t { none, summary, ops, path, messages };
constexpr auto enum_names(std::type_identity<TraceContent>) {
  using enum TraceContent;
  return named<TraceContent>(
      {{none, "none"}, {summary, "summary"}, {ops, "ops"}, {path, "path"}, {messages, "messages"}});
}

// Bins of time in which it tells how long each link and DRAM channel was busy: 0 or a power of two, so that a whole number
// of rows makes a block of cells.
inline constexpr std::uint32_t default_bins = 256, most_bins = 4096;
constexpr bool is_bin_count(std::uint32_t bins) {
  return bins <= most_bins && (bins & (bins - 1)) == 0;
}

}  // namespace hecaton::io
