// What the kinds of workload ask of a package before there is a topology.
#pragma once

#include <cstdint>

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

}  // namespace hecaton::io
