// Times on the command line: a number and a unit, or several, largest first: "90s", "1.5h", "1h30m", "5ms".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hecaton::runs {

// In picoseconds; d, h, m (minutes), s, ms, us, ns, ps. Nothing if it is no time, not positive, or too long.
std::optional<std::int64_t> picoseconds_of(std::string_view text);

}  // namespace hecaton::runs
