// What methods with 2D tiles cut into equal parts: features of the stream over rows; features of layers,
// heads, words and experts over columns; sequences or tokens of a mini-batch over both.
#pragma once

#include <cstdint>

#include "core/training/plan/division.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// Of a configuration whose shapes are sound (problems_of_operators()).
Divisions grid_divisions(const TrainingConfig& config, MeshShape mesh);

// Key/value heads are cut over columns.
inline std::uint64_t grid_kv_lines(MeshShape mesh) {
  return mesh.columns;
}

// The smallest mini-batch that could be, in sequences: whole ones for every row, or attention by head, and
// equally many tokens for every row and column. All mini-batches are multiples of it.
std::uint64_t least_grid_sequences(std::uint64_t sequence_length, Attention attention, MeshShape mesh);

}  // namespace hecaton::training
