// What 1D tensor parallelism cuts into equal parts: features of the stream and of the feed-forward network
// over all dies; heads, as far as there are enough, and else the queries of a head.
//
// Words, and tokens of a tile, may differ from die to die: they are padded only where all shares have to be
// equal, words also where a die would have none.
#pragma once

#include <cstdint>

#include "core/training/plan/division.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// Of a configuration whose shapes are sound (problems_of_operators()).
Divisions one_d_divisions(const TrainingConfig& config, MeshShape mesh);

// Key/value heads are cut over all dies.
inline std::uint64_t one_d_kv_lines(MeshShape mesh) {
  return mesh.dies();
}

// What no method of this family can do.
PlanErrors one_d_problems(const TrainingConfig& config, MeshShape mesh);

}  // namespace hecaton::training
