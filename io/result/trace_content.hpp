// What a trace holds, by name.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

// No trace; counters of dies and links; also every operation.
enum class TraceContent : std::uint8_t { none, summary, ops };
constexpr auto enum_names(std::type_identity<TraceContent>) {
  using enum TraceContent;
  return named<TraceContent>({{none, "none"}, {summary, "summary"}, {ops, "ops"}});
}

}  // namespace hecaton::io
