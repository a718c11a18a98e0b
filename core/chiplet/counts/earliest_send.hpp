// How soon a die could send a message over certain groups of dies, as far as its program says: a lower bound,
// from which a rank derives its lookahead. Before it sends, an operation that sends nothing has to end, and
// so do all others up to the next one that sends.
//
// The bound counts the time of products and of vector operations; everything else may take none. Where a loop
// may end or go on, or an operation may be skipped (Op::skip_last), the shorter way counts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

// The groups of dies, by Ring, whose messages count.
struct SendingGroups {
  std::array<bool, ring_count> rings{};  // to the next die of the ring, or the previous one
  std::array<bool, ring_count> lines{};  // to any die of the line
  friend bool operator==(const SendingGroups&, const SendingGroups&) = default;
};

class EarliestSend {
 public:
  // The program is valid.
  EarliestSend(const Program& program, const SendingGroups& groups, const DieTimings& timings);

  // Whether the operation at this position sends over the groups.
  bool sends(std::uint32_t position) const { return from_start_[position] == 0; }
  // The least time from the end of this operation to the start of the next one that sends; `never` if there
  // is none.
  SimDuration after(std::uint32_t position) const { return SimDuration{from_end_[position]}; }
  static constexpr SimDuration never{std::int64_t{1} << 60};

 private:
  // Picoseconds up to the next operation that sends, by position: from the start of the operation, and from
  // its end.
  std::vector<std::int64_t> from_start_;
  std::vector<std::int64_t> from_end_;
};

}  // namespace hecaton::chiplet
