// How the ranks of a run wait for each other, by name.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::engine {

enum class SyncKind : std::uint8_t { automatic, none, window, null };
constexpr auto enum_names(std::type_identity<SyncKind>) {
  using enum SyncKind;
  return named<SyncKind>({{automatic, "auto"}, {none, "none"}, {window, "window"}, {null, "null"}});
}

// What "auto" is. Promises through shared memory are so cheap that nothing else is worth while on one host; between
// hosts, one reduction costs less than many null messages.
constexpr SyncKind sync_of(SyncKind asked, int ranks, bool shares_memory) {
  if (ranks == 1) return SyncKind::none;
  if (asked != SyncKind::automatic) return asked;
  return shares_memory ? SyncKind::null : SyncKind::window;
}

}  // namespace hecaton::engine
