// What went on at the same time on a die: what its program was at, and whether transfers from or to DRAM were under way beside
// it. A wait for DRAM or a collective is exposed; a transfer under way beside work is hidden behind it. Where a die is at several
// things at a time, as those that run graphs are, the first activity counts. Exact sums over dies.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/chiplet/program/records.hpp"
#include "io/page/timeline.hpp"

namespace hecaton::io {

class Overlap {
 public:
  struct Time {
    std::uint64_t alone_ps = 0;      // no transfer was under way
    std::uint64_t with_dram_ps = 0;  // at least one was
  };

  void add(std::span<const chiplet::OperationRow> rows_of_a_die);

  // Of dies whose programs were at this; nothing: at none of these, while transfers were under way (`alone_ps` is 0).
  const Time& at(std::optional<Activity> activity) const {
    return times_[activity ? static_cast<std::size_t>(*activity) : activity_count];
  }

 private:
  std::array<Time, activity_count + 1> times_{};
};

}  // namespace hecaton::io
