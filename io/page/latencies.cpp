#include "io/page/latencies.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t at_once = 1U << 20U;
constexpr int to_a_doubling = 16, doublings = 62;

// From 0 on, ascending.
std::vector<std::uint64_t> all_edges() {
  std::vector<std::uint64_t> edges{0};
  for (int i = 0; i <= to_a_doubling * doublings; ++i) {
    const auto edge = static_cast<std::uint64_t>(std::exp2(static_cast<double>(i) / to_a_doubling) + 0.5);
    if (edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

void count(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to,
           const std::vector<std::uint64_t>& edges, std::vector<std::uint64_t>& messages) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < 0 || to[i] < from[i]) throw hdf5::Error("a message arrives before it was handed over");
    const auto after =
        std::upper_bound(edges.begin(), edges.end(), static_cast<std::uint64_t>(to[i] - from[i]));
    ++messages[std::min<std::size_t>(static_cast<std::size_t>(after - edges.begin()), messages.size()) - 1];
  }
}

}  // namespace

std::optional<Latencies> read_latencies(const hdf5::Handle& file) {
  if (!hdf5::has_object(file, "messages")) return std::nullopt;
  const auto handed = hdf5::open_numbers(file, "messages/handed_over_ps", hdf5::Cell::i64, most_messages);
  const auto arrived = hdf5::open_numbers(file, "messages/arrived_ps", hdf5::Cell::i64, most_messages);
  if (handed.rows != arrived.rows) throw hdf5::Error("columns of /messages are not equally long");
  if (handed.rows == 0) return std::nullopt;
  const std::vector<std::uint64_t> edges = all_edges();
  std::vector<std::uint64_t> messages(edges.size() - 1);
  std::vector<std::int64_t> from, to;
  for (std::uint64_t first = 0; first < handed.rows; first += at_once) {
    const std::uint64_t rows = std::min(at_once, handed.rows - first);
    from.resize(rows);
    to.resize(rows);
    hdf5::read_rows(handed.column, hdf5::Cell::i64, first, rows, from.data());
    hdf5::read_rows(arrived.column, hdf5::Cell::i64, first, rows, to.data());
    count(from, to, edges, messages);
  }
  const auto has_some = [](std::uint64_t number) { return number > 0; };
  const auto begin = std::find_if(messages.begin(), messages.end(), has_some) - messages.begin();
  const auto end = messages.rend() - std::find_if(messages.rbegin(), messages.rend(), has_some);
  return Latencies{{edges.begin() + begin, edges.begin() + end + 1},
                   {messages.begin() + begin, messages.begin() + end}};
}

}  // namespace hecaton::io
