#include "io/page/arrivals.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_read = 16'000'000;

template <class Number>
std::vector<Number> read_all(const hdf5::OpenColumn& column) {
  std::vector<Number> numbers(column.rows);
  if (!numbers.empty())
    hdf5::read_rows(column.column, hdf5::cell_of<Number>(), 0, numbers.size(), numbers.data());
  return numbers;
}

}  // namespace

Arrivals Arrivals::read(const hdf5::Handle& file) {
  Arrivals arrivals;
  if (!hdf5::has_object(file, "messages")) return arrivals;
  const auto from = hdf5::open_numbers(file, "messages/from", hdf5::Cell::u32, most_messages);
  const auto to = hdf5::open_numbers(file, "messages/to", hdf5::Cell::u32, most_messages);
  const auto at = hdf5::open_numbers(file, "messages/arrived_ps", hdf5::Cell::i64, most_messages);
  if (from.rows != at.rows || to.rows != at.rows)
    throw hdf5::Error("columns of /messages are not equally long");
  if (at.rows > most_read) return arrivals;
  const auto sources = read_all<std::uint32_t>(from), targets = read_all<std::uint32_t>(to);
  const auto times = read_all<std::int64_t>(at);
  arrivals.messages_.reserve(times.size());
  for (std::size_t i = 0; i < times.size(); ++i)
    arrivals.messages_.push_back({targets[i], sources[i], times[i]});
  std::sort(arrivals.messages_.begin(), arrivals.messages_.end(), [](const Message& a, const Message& b) {
    return std::tie(a.to, a.arrived_ps, a.from) < std::tie(b.to, b.arrived_ps, b.from);
  });
  return arrivals;
}

std::optional<std::uint32_t> Arrivals::last_source(std::uint32_t node, std::int64_t from_ps,
                                                   std::int64_t to_ps) const {
  const auto after = std::upper_bound(
      messages_.begin(), messages_.end(), std::pair(node, to_ps),
      [](const auto& wanted, const Message& each) { return wanted < std::pair(each.to, each.arrived_ps); });
  if (after == messages_.begin()) return std::nullopt;
  const Message& last = *(after - 1);
  if (last.to != node || last.arrived_ps <= from_ps) return std::nullopt;
  return last.from;
}

}  // namespace hecaton::io
