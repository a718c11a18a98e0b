// How soon a die could send messages of a certain kind, as far as its program says: an operation that sends
// none has to end first, and all others up to the next one that does. Loops may end or go on, and operations
// may be passed over, whatever comes sooner; only products and vector operations are sure to take time.
#pragma once

#include <array>
#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

// Groups of dies, by Ring, over which a message counts.
struct SendingGroups {
  std::array<bool, ring_count> rings{};  // to the next die of the ring
  std::array<bool, ring_count> lines{};  // to any die of the line
  friend bool operator==(const SendingGroups&, const SendingGroups&) = default;
};

class Foresight {
 public:
  // A valid program.
  Foresight(const Program& program, const SendingGroups& groups, const DieTimings& timings);

  // Whether the operation itself sends.
  bool sends(std::uint32_t position) const { return until_[position] == 0; }
  // From the end of an operation to the start of the next one that sends, at least; `never` if there is none.
  SimDuration after(std::uint32_t position) const { return SimDuration{after_[position]}; }
  static constexpr SimDuration never{std::int64_t{1} << 60};

 private:
  std::vector<std::int64_t> until_;  // by position, from the start of the operation
  std::vector<std::int64_t> after_;
};

}  // namespace hecaton::chiplet
