// What a trace holds, by name.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

// No trace; counters of dies and links; also every operation; also the critical path of the step.
enum class TraceContent : std::uint8_t { none, summary, ops, path };
constexpr auto enum_names(std::type_identity<TraceContent>) {
  using enum TraceContent;
  return named<TraceContent>({{none, "none"}, {summary, "summary"}, {ops, "ops"}, {path, "path"}});
}

}  // namespace hecaton::io
