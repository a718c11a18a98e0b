// One collective operation, alone: its checks and its program. Every die takes part, in the group of its row, of
// its column, or of the package; a unit of the program is one byte.
#pragma once

#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// What a package offers to rings.
struct RingLinks {
  bool has_bypass = false;      // ring traffic may pass a die without touching its buffers
  bool rows_closed = false;     // a row's last die has a link to its first
  bool columns_closed = false;  // likewise

  // Whether rings along these lines can go round both ways: one along an open line comes back over the links of the other
  // way round, and a bypass ring uses every link of its line both ways.
  bool have_two_ways(bool along_rows, bool along_columns) const {
    return !has_bypass && (!along_rows || rows_closed) && (!along_columns || columns_closed);
  }
};

// All that must hold between the settings of a collective and the package it runs on: the operation, the
// algorithm, the group, the form, directions and axes fit each other and the mesh. Throws PlanError.
void check_collective(const CollectiveConfig& config, MeshShape mesh, const RingLinks& links);

// What an algorithm left open may be: algorithms, directions and axes that fit, the plainest first. One that is not
// open is the only one. Precondition: the collective has passed check_collective.
std::vector<CollectiveConfig> candidates_of(const CollectiveConfig& config, MeshShape mesh,
                                            const RingLinks& links);

// Precondition: the collective has passed check_collective, and its algorithm is not open.
Plan plan_collective(const CollectiveConfig& config, MeshShape mesh);

}  // namespace hecaton::training
