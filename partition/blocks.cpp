// Rectangles by guillotine cuts: a rectangle for k ranks is cut from side to side into one for k1 and one for
// k - k1 ranks, and so on. Few ranks try every k1; more try halves and one row of blocks, which make the
// grids; many are halved. A cut lies where it divides the dies in the proportion of the ranks, or one line
// beside.
//
// A block is a rectangle of the rows and columns that a package is made of, whatever its links are: a cut counts
// the links from each die to the one beside it. Wrap-around links are not counted here; they are in figures().
//
// On all meshes of up to 5 x 5 dies nothing is better among all guillotine cuts (tested).
#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "core/engine/base/splitmix64.hpp"
#include "partition/partition.hpp"

namespace hecaton::partition {

namespace {

constexpr std::uint32_t few_ranks = 16;
constexpr std::uint32_t many_ranks = 256;
constexpr std::uint64_t no_way = std::numeric_limits<std::uint32_t>::max();

// A rectangle up to its place and orientation, and the ranks that share it.
struct Shape {
  std::uint32_t length = 1;  // the longer side
  std::uint32_t width = 1;
  std::uint32_t ranks = 1;
  friend bool operator==(const Shape&, const Shape&) = default;
};

Shape shape_of(std::uint32_t side, std::uint32_t other, std::uint32_t ranks) {
  return {std::max(side, other), std::min(side, other), ranks};
}

struct HashOfShape {
  std::size_t operator()(const Shape& s) const {
    return splitmix64(splitmix64(splitmix64(s.length) ^ s.width) ^ s.ranks);
  }
};

// How a shape is cut: `at` dies of one side with `ranks` ranks in the first part.
struct Way {
  std::uint64_t links = no_way;  // cut in all, this cut and those within its parts
  std::uint32_t ranks = 0;
  std::uint32_t at = 0;
  bool along_length = true;  // which side is divided
};

std::uint32_t at_least(std::uint64_t dividend, std::uint64_t divisor) {
  return static_cast<std::uint32_t>((dividend + divisor - 1) / divisor);
}

std::uint32_t root(std::uint64_t square) {
  std::uint64_t found = 0;
  for (std::uint64_t bit = 1ULL << 31; bit > 0; bit >>= 1)
    if ((found | bit) * (found | bit) <= square) found |= bit;
  return static_cast<std::uint32_t>(found);
}

// When the blocks are about as long as wide.
std::uint32_t ranks_of_a_row(const Shape& shape) {
  const std::uint32_t rows = std::max(2U, root(std::uint64_t{shape.ranks} * shape.length / shape.width));
  return (shape.ranks + rows / 2) / rows;
}

// About half of the ranks, such that both halves of the dies have room for theirs.
std::uint32_t ranks_that_fit(const Shape& shape) {
  const std::uint32_t near = shape.length / 2 * shape.width;
  const std::uint32_t far = shape.length * shape.width - near;
  return std::clamp(shape.ranks / 2, shape.ranks - std::min(shape.ranks, far), near);
}

// The ways to cut rectangles into blocks of at most so many dies.
class Cutter {
 public:
  explicit Cutter(std::uint64_t most_dies) : most_dies_(most_dies) {}

  const Way& best(const Shape& shape) {
    const auto known = ways_.find(shape);
    if (known != ways_.end()) return known->second;
    return ways_.emplace(shape, search(shape)).first->second;
  }

 private:
  Way search(const Shape& shape) {
    if (std::uint64_t{shape.length} * shape.width > most_dies_ * shape.ranks) return {};
    if (shape.ranks == 1) return {.links = 0};
    Way found;
    if (shape.ranks <= few_ranks) {
      for (std::uint32_t first = 1; first < shape.ranks; ++first) {
        try_side(shape, first, true, found);
        try_side(shape, first, false, found);
      }
    } else {
      try_side(shape, shape.ranks / 2, true, found);
      if (shape.ranks <= many_ranks) try_side(shape, ranks_of_a_row(shape), true, found);
      if (found.links >= no_way) try_side(shape, ranks_that_fit(shape), true, found);
    }
    return found;
  }

  void try_side(const Shape& shape, std::uint32_t first, bool along_length, Way& found) {
    const std::uint32_t side = along_length ? shape.length : shape.width;
    const std::uint32_t across = along_length ? shape.width : shape.length;
    // Both parts need a die for every rank.
    const std::uint32_t least = at_least(first, across);
    const std::uint32_t ends = at_least(shape.ranks - first, across);
    if (least + ends > side) return;
    const auto wanted = static_cast<std::uint32_t>(std::uint64_t{side} * first / shape.ranks);
    const std::uint32_t spread = shape.ranks <= few_ranks ? 1 : 0;
    const std::uint32_t from = std::clamp(wanted - std::min(wanted, spread), least, side - ends);
    const std::uint32_t to = std::clamp(wanted + 1, least, side - ends);
    for (std::uint32_t at = from; at <= to; ++at) {
      const std::uint64_t near = best(shape_of(at, across, first)).links + across;
      if (near >= found.links) continue;
      const std::uint64_t links = near + best(shape_of(side - at, across, shape.ranks - first)).links;
      if (links < found.links) found = {links, first, at, along_length};
    }
  }

  std::uint64_t most_dies_;
  std::unordered_map<Shape, Way, HashOfShape> ways_;
};

struct Rectangle {
  std::uint32_t row, column, rows, columns;
};

class Placer {
 public:
  Placer(Cutter& cutter, const net::Topology& topology, Partition& result)
      : cutter_(cutter), topology_(topology), result_(result) {}

  void place(const Rectangle& area, std::uint32_t first_rank, std::uint32_t ranks) {
    if (ranks == 1) return give(area, RankId{first_rank});
    const Way way = cutter_.best(shape_of(area.rows, area.columns, ranks));
    Rectangle near = area;
    Rectangle far = area;
    if (way.along_length == (area.rows > area.columns)) {
      near.rows = way.at;
      far.row += way.at;
      far.rows -= way.at;
    } else {
      near.columns = way.at;
      far.column += way.at;
      far.columns -= way.at;
    }
    place(near, first_rank, way.ranks);
    place(far, first_rank + way.ranks, ranks - way.ranks);
  }

 private:
  void give(const Rectangle& area, RankId rank) {
    for (std::uint32_t r = area.row; r < area.row + area.rows; ++r)
      for (std::uint32_t c = area.column; c < area.column + area.columns; ++c)
        result_.owner[topology_.die_at(r, c).value] = rank;
  }

  Cutter& cutter_;
  const net::Topology& topology_;
  Partition& result_;
};

std::uint64_t links_with(const Shape& package, std::uint64_t most_dies) {
  return Cutter(most_dies).best(package).links;
}

// The smallest size of the largest block that there is a way for.
std::uint64_t least_size(const Shape& package) {
  const std::uint64_t dies = std::uint64_t{package.length} * package.width;
  std::uint64_t low = at_least(dies, package.ranks);
  std::uint64_t step = 1;
  std::uint64_t high = low;
  while (links_with(package, high) >= no_way) {
    low = high + 1;
    high = std::min(dies, high + step);
    step *= 2;
  }
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (links_with(package, middle) < no_way) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return high;
}

// The size of the largest block for which size^2 x cut links is least. Sizes up to a half above the least are
// tried, every one of small blocks and a few of large ones.
std::uint64_t best_size(const Shape& package) {
  constexpr std::uint64_t tries = 8;
  const std::uint64_t least = least_size(package);
  const std::uint64_t step = std::max<std::uint64_t>(1, least / 2 / tries);
  std::uint64_t best = least;
  auto best_cost = static_cast<unsigned __int128>(least) * least * links_with(package, least);
  for (std::uint64_t size = least + step; size <= least + least / 2; size += step) {
    const auto cost = static_cast<unsigned __int128>(size) * size * links_with(package, size);
    if (cost < best_cost) best_cost = cost, best = size;
  }
  return best;
}

}  // namespace

Partition make_blocks(const net::Topology& topology, std::uint32_t ranks) {
  Partition result{ranks, std::vector<RankId>(topology.nodes())};
  const Shape package = shape_of(topology.rows(), topology.columns(), ranks);
  Cutter cutter(best_size(package));
  Placer(cutter, topology, result).place({0, 0, topology.rows(), topology.columns()}, 0, ranks);
  for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
    result.owner[n] = result.owner[topology.die_of(NodeId{n}).value];
  return result;
}

}  // namespace hecaton::partition
