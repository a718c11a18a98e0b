#include "io/export/filter.hpp"

#include <algorithm>
#include <charconv>

namespace hecaton::io {
namespace {

constexpr std::int64_t largest_number = std::numeric_limits<std::uint32_t>::max();

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < 0 || number > largest_number) return std::nullopt;
  return number;
}

}  // namespace

std::optional<NumberSet> NumberSet::parse(std::string_view text) {
  NumberSet set;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view word = text.substr(0, comma);
    if (more) text.remove_prefix(comma + 1);
    const std::size_t dash = word.find('-');
    const auto first = number_in(word.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in(word.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    set.ranges_.push_back({*first, *last});
  }
  return set;
}

bool NumberSet::contains(std::int64_t number) const {
  return is_all() || std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
           return range.first <= number && number <= range.last;
         });
}

std::int64_t NumberSet::largest() const {
  std::int64_t largest = -1;
  for (const Range& range : ranges_) largest = std::max(largest, range.last);
  return largest;
}

bool ExportFilter::overlaps(std::int64_t start_ps, std::int64_t end_ps) const {
  // What takes no time belongs to the moment at which it is.
  const bool begins_inside = from_ps <= start_ps && start_ps < to_ps;
  return begins_inside || (start_ps < from_ps && from_ps < end_ps);
}

bool ExportFilter::keeps(const chiplet::OperationRow& row) const {
  return dies.contains(row.die) && layers.contains(row.layer) && overlaps(row.start_ps, row.end_ps);
}

bool ExportFilter::keeps(const LinkRow& row) const {
  return dies.contains(row.counters.from) || dies.contains(row.counters.to);
}

bool ExportFilter::keeps(const StallRow& row) const {
  return dies.contains(row.from) || dies.contains(row.to);
}

bool ExportFilter::keeps(const MessageRow& row) const {
  return (dies.contains(row.from) || dies.contains(row.to)) && overlaps(row.handed_over_ps, row.arrived_ps);
}

bool ExportFilter::keeps(const chiplet::PhaseRow& row) const {
  return dies.contains(row.die) && layers.contains(row.layer) && overlaps(row.start_ps, row.end_ps);
}

}  // namespace hecaton::io
