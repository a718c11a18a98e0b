// A path of few enough segments to be kept and shown: neighbours become one, part by part.
#pragma once

#include <cstddef>

#include "core/critical_path/segments.hpp"

namespace hecaton::critical {

inline constexpr std::size_t most_segments = std::size_t{1} << 16U;

// The path itself if it has at most `most` segments. Else runs of segments are told together, each as one segment for
// each part that it has, in the order of the parts: segments of one operation, on whatever dies; if these are still too
// many, of one layer, pass and mini-batch; then of 2, 4, 8 ... such runs. Sums of parts stay what they are, and so do,
// up to the second kind of runs, those of passes and layers. A merged segment has the dies of its longest one, and what
// the rest of its labels have in common. Precondition: `most` is at least part_count.
Path merged(const Path& path, std::size_t most = most_segments);

}  // namespace hecaton::critical
