// Which rows of a trace are exported. Times are picoseconds of simulated time.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

// Whole numbers given as "0-3,8". Without ranges it holds every number.
class NumberSet {
 public:
  NumberSet() = default;
  // Nothing if the text is none: a number or FIRST-LAST, several with commas between them.
  static std::optional<NumberSet> parse(std::string_view text);

  bool contains(std::int64_t number) const;
  bool is_all() const { return ranges_.empty(); }
  std::int64_t largest() const;  // -1 if it holds all

 private:
  struct Range {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  std::vector<Range> ranges_;
};

// Operations are kept whole if a part of them lies in the time: an operation is never cut.
struct ExportFilter {
  std::int64_t from_ps = 0;
  std::int64_t to_ps = std::numeric_limits<std::int64_t>::max();  // itself excluded
  NumberSet dies;
  NumberSet layers;  // if not all, operations outside the layers are left out

  bool overlaps(std::int64_t start_ps, std::int64_t end_ps) const;
  bool keeps(const chiplet::OperationRow& row) const;
  bool keeps(const DieRow& row) const { return dies.contains(row.die); }
  // Links with an end at a die that is kept.
  bool keeps(const LinkRow& row) const;
  bool keeps(const StallRow& row) const;
  // Messages likewise, that are on their way in the time.
  bool keeps(const MessageRow& row) const;
  bool keeps(const chiplet::PhaseRow& row) const;
};

}  // namespace hecaton::io
