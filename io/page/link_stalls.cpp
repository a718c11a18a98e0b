#include "io/page/link_stalls.hpp"

#include <string>

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_ps = std::uint64_t{1} << 62U;

}  // namespace

std::optional<LinkStalls> read_link_stalls(const hdf5::Handle& file, std::uint64_t links) {
  if (!hdf5::has_object(file, "stalls")) return std::nullopt;
  const auto column = [&](const std::string& name) {
    std::vector<std::uint64_t> cells = hdf5::read_counts(file, "stalls/" + name, links);
    if (cells.size() != links) throw hdf5::Error("/stalls has not one row for each link");
    for (const std::uint64_t ps : cells)
      if (ps > most_ps) throw hdf5::Error("/stalls tells a time that is not credible");
    return cells;
  };
  return LinkStalls{column("sending_ps"), column("credit_ps"), column("rival_ps"), column("nothing_ps")};
}

}  // namespace hecaton::io
