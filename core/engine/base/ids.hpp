// Every index has a type of its own, so that a node is never taken for a rank.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hecaton {

template <class Tag, class Int = std::uint32_t>
struct Index {
  Int value = 0;
  constexpr Index() = default;
  constexpr explicit Index(Int v) : value(v) {}
  friend constexpr auto operator<=>(Index, Index) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

// A node of the package: compute dies are 0 .. dies-1 in row-major order, IO dies follow.
// It is also the engine's component id: a node and its router are one component.
using NodeId = Index<struct NodeTag>;
// An MPI rank, that is, a region of the package.
using RankId = Index<struct RankTag>;

}  // namespace hecaton

template <class Tag, class Int>
struct std::hash<hecaton::Index<Tag, Int>> {
  std::size_t operator()(hecaton::Index<Tag, Int> i) const noexcept { return std::hash<Int>{}(i.value); }
};
