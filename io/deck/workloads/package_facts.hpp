// What the kinds of workload ask of a package before there is a topology.
#pragma once

#include <cstdint>

#include "core/training/collective.hpp"
#include "core/training/plan/plan.hpp"
#include "net/package/config.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::io {

inline std::uint64_t dies_of(const net::PackageConfig& package) {
  return std::uint64_t{package.rows} * package.columns;
}

inline training::MeshShape mesh_of(const net::PackageConfig& package) {
  return {package.rows, package.columns};
}

// Whether ring traffic may pass a die without touching its buffers.
inline bool has_bypass(const net::PackageConfig& package) {
  return net::design_of(package.topology).passes_dies;
}

inline training::RingLinks ring_links_of(const net::PackageConfig& package) {
  const net::TopologyDesign& design = net::design_of(package.topology);
  return {.has_bypass = design.passes_dies,
          .rows_closed = design.row(package.columns).closed,
          .columns_closed = design.column(package.rows).closed};
}

}  // namespace hecaton::io
