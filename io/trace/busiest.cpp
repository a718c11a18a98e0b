#include "io/trace/busiest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/trace/schema.hpp"
#include "io/trace/table_reader.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_rows = 1U << 20U;
static_assert(std::is_trivially_copyable_v<BusyLink>);

std::vector<BusyLink> read(const std::filesystem::path& trace, std::size_t most) {
  if (!hdf5::looks_like_hdf5(trace)) return {};
  const hdf5::Handle file = hdf5::open(trace);
  const std::int64_t simulated_ps = hdf5::read_integer_attribute(file, "simulated_ps");
  const std::int64_t dies =
      hdf5::read_integer_attribute(file, "rows") * hdf5::read_integer_attribute(file, "columns");
  if (simulated_ps <= 0) return {};
  std::vector<BusyLink> links;
  for (const LinkRow& row : TableReader<LinkRow>(file, link_table(), most_rows).read_all()) {
    const chiplet::LinkCounters& counters = row.counters;
    if (counters.busy_ps == 0) continue;
    links.push_back({{row.from_row, row.from_column, counters.from >= dies},
                     {row.to_row, row.to_column, counters.to >= dies},
                     static_cast<double>(counters.busy_ps) / static_cast<double>(simulated_ps)});
  }
  std::stable_sort(links.begin(), links.end(),
                   [](const BusyLink& a, const BusyLink& b) { return a.share > b.share; });
  links.resize(std::min(most, links.size()));
  return links;
}

std::string words_of(const LinkEnd& end) {
  return fmt::format("{} ({},{})", end.is_io ? "IO die at" : "die", end.row, end.column);
}

}  // namespace

std::string describe(const BusyLink& link) {
  return words_of(link.from) + " to " + words_of(link.to);
}

std::vector<BusyLink> busiest_links(const std::filesystem::path& trace, std::size_t most) {
  std::string bytes;
  try {
    bytes = isolated([&] {
      const std::vector<BusyLink> links = read(trace, most);
      return std::string(reinterpret_cast<const char*>(links.data()), links.size() * sizeof(BusyLink));
    });
  } catch (const std::runtime_error&) {
    return {};
  }
  std::vector<BusyLink> links(bytes.size() / sizeof(BusyLink));
  if (!links.empty()) std::memcpy(links.data(), bytes.data(), links.size() * sizeof(BusyLink));
  return links;
}

}  // namespace hecaton::io
