// What a critical path adds up to: by part, by pass and layer, by connection, by the die that was waited for.
// All sums are exact.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>

#include "core/critical_path/segments.hpp"

namespace hecaton::critical {

using PartSums = std::array<std::int64_t, part_count>;  // picoseconds, indexed by Part
PartSums sums_by_part(const Path& path);

// Where in the model; layer -1: outside the layers.
struct Section {
  chiplet::Pass pass = chiplet::Pass::whole;
  std::int16_t layer = -1;
  friend constexpr auto operator<=>(const Section&, const Section&) = default;
};
using SectionSums = std::map<Section, std::int64_t>;
SectionSums sums_by_section(const Path& path);

// From the node that sent to the die that waited for it; a die's own work is from the die to itself.
struct Connection {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  friend constexpr auto operator<=>(const Connection&, const Connection&) = default;
};
using ConnectionSums = std::map<Connection, std::int64_t>;
ConnectionSums sums_by_connection(const Path& path);

// The node whose messages the path waited longest for, with that time; of several the lowest. Nothing if it waited for
// none.
struct LongestWait {
  std::uint32_t from = 0;
  std::int64_t ps = 0;
};
std::optional<LongestWait> longest_wait(const Path& path);

}  // namespace hecaton::critical
