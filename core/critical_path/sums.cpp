#include "core/critical_path/sums.hpp"

namespace hecaton::critical {

namespace {

std::int64_t length(const Segment& segment) {
  return segment.end_ps - segment.start_ps;
}

}  // namespace

PartSums sums_by_part(const Path& path) {
  PartSums sums{};
  for (const Segment& segment : path) sums[static_cast<std::size_t>(segment.part)] += length(segment);
  return sums;
}

SectionSums sums_by_section(const Path& path) {
  SectionSums sums;
  for (const Segment& segment : path) sums[{segment.pass, segment.layer}] += length(segment);
  return sums;
}

ConnectionSums sums_by_connection(const Path& path) {
  ConnectionSums sums;
  for (const Segment& segment : path) sums[{segment.from, segment.die}] += length(segment);
  return sums;
}

std::optional<LongestWait> longest_wait(const Path& path) {
  std::map<std::uint32_t, std::int64_t> waited;
  for (const Segment& segment : path)
    if (segment.from != segment.die) waited[segment.from] += length(segment);
  std::optional<LongestWait> longest;
  for (const auto& [from, ps] : waited)
    if (!longest || ps > longest->ps) longest = {from, ps};
  return longest;
}

}  // namespace hecaton::critical
