#include "core/critical_path/merge.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <tuple>

namespace hecaton::critical {

namespace {

auto layer_of(const Segment& s) {
  return std::tuple(s.pass, s.layer, s.minibatch);
}
auto operation_of(const Segment& s) {
  return std::tuple(s.kind, s.stage, s.pass, s.layer, s.minibatch);
}

template <class Label>
void keep_common(Label& label, const Label& other, const Label& none) {
  if (label != other) label = none;
}

void keep_common_labels(Segment& segment, const Segment& other) {
  const Segment none;
  keep_common(segment.kind, other.kind, none.kind);
  keep_common(segment.stage, other.stage, none.stage);
  keep_common(segment.pass, other.pass, none.pass);
  keep_common(segment.layer, other.layer, none.layer);
  keep_common(segment.minibatch, other.minibatch, none.minibatch);
}

// Segments of one part of a run.
struct Together {
  Segment segment;
  std::int64_t ps = 0;
  std::int64_t longest_ps = 0;

  void add(const Segment& other) {
    const std::int64_t length = other.end_ps - other.start_ps;
    const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    if (ps == 0) {
      segment = other;
    } else {
      keep_common_labels(segment, other);
      segment.merged =
          static_cast<std::uint32_t>(std::min(most, std::uint64_t{segment.merged} + other.merged));
    }
    if (length > longest_ps) {
      longest_ps = length;
      segment.die = other.die;
      segment.from = other.from;
    }
    ps += length;
  }
};

void add_run(Path& path, std::span<const Segment> run) {
  std::array<Together, part_count> parts;
  for (const Segment& segment : run) parts[static_cast<std::size_t>(segment.part)].add(segment);
  std::int64_t start = run.front().start_ps;
  for (Together& part : parts) {
    if (part.ps == 0) continue;
    part.segment.start_ps = start;
    part.segment.end_ps = start += part.ps;
    path.push_back(part.segment);
  }
}

// Runs of neighbours for which `of` is equal, `times` of them together.
template <class Of>
Path merged_by(const Path& path, std::size_t times, Of&& of) {
  Path shorter;
  std::size_t first = 0, runs = 0;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i < path.size() && of(path[i]) == of(path[i - 1])) continue;
    if (++runs % times != 0 && i < path.size()) continue;
    add_run(shorter, std::span(path).subspan(first, i - first));
    first = i;
  }
  return shorter;
}

}  // namespace

Path merged(const Path& path, std::size_t most) {
  if (path.size() <= most) return path;
  Path by_operation = merged_by(path, 1, operation_of);
  if (by_operation.size() <= most) return by_operation;
  Path shorter = merged_by(path, 1, layer_of);
  for (std::size_t times = 2; shorter.size() > most; times *= 2) shorter = merged_by(path, times, layer_of);
  return shorter;
}

}  // namespace hecaton::critical
