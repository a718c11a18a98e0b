// What methods with 2D tiles cut into equal parts: heads and words over columns, sequences of a mini-batch over rows;
// features and experts as each method has them (README.md of core/training has the table).
#pragma once

#include <cstdint>
#include <numeric>

#include "core/training/plan/division.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// Of a configuration whose shapes are sound (problems_of_operators()).
Divisions hecaton_divisions(const TrainingConfig& config, MeshShape mesh);
Divisions optimus_divisions(const TrainingConfig& config, MeshShape mesh);

// Key/value heads are cut over columns.
inline std::uint64_t grid_kv_lines(MeshShape mesh) {
  return mesh.columns;
}

// Panels of SUMMA that inputs of linear layers are cut into: the fewest equal ones of which every row and every column of
// dies has equally many.
inline std::uint64_t panels_of(MeshShape mesh) {
  return std::lcm<std::uint64_t>(mesh.rows, mesh.columns);
}

// Dies over which tokens of a mini-batch are cut: the rows, and those that cut the stream.
struct TokenLines {
  std::uint64_t rows = 1, stream = 1;
};

// The smallest mini-batch that could be, in sequences: whole ones for every row, or attention by head, and
// equally many tokens for all that cut them. All mini-batches are multiples of it.
std::uint64_t least_grid_sequences(std::uint64_t sequence_length, Attention attention, TokenLines lines);

}  // namespace hecaton::training
