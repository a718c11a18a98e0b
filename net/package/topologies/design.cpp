#include "net/package/topologies/design.hpp"

#include <algorithm>
#include <array>

#include "net/package/topologies/bypass_ring.hpp"
#include "net/package/topologies/mesh.hpp"
#include "net/package/topologies/torus.hpp"

namespace hecaton::net {

namespace {

constexpr std::array designs{mesh_design, bypass_ring_design, torus_design};

constexpr bool in_order_of_kinds() {
  for (std::size_t i = 0; i < designs.size(); ++i)
    if (designs[i].kind != static_cast<TopologyKind>(i)) return false;
  return true;
}
static_assert(designs.size() == names_of<TopologyKind>().size(), "every kind of topology has its row");
static_assert(in_order_of_kinds(), "rows stand in the order of TopologyKind");

}  // namespace

const TopologyDesign& design_of(TopologyKind kind) {
  return designs.at(static_cast<std::size_t>(kind));
}

const std::string& topology_meanings() {
  static const std::string text = [] {
    std::string all;
    for (const TopologyDesign& design : designs) {
      if (design.meaning.empty()) continue;
      if (!all.empty()) all += "; ";
      all.append(name_of(design.kind)).append(": ").append(design.meaning);
    }
    return all + ".";
  }();
  return text;
}

}  // namespace hecaton::net
