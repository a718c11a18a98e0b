// Where a die stands in its training method: its places along rows and columns, and the linear layers that
// its operations belong to.
//
// These are the places that the plan gives the die. They stay right when a test tells the die others.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/dies/die.hpp"
#include "core/training/plan/meaning.hpp"
#include "runs/verify/dense/step_shape.hpp"

namespace hecaton::runs {

// What the plan says of a die. `column_ring`: for each die of its column, in the order of the line, its place
// in the column's ring; `row_ring` likewise.
struct DieRole {
  NodeId id;
  const training::Meanings* meanings = nullptr;
  chiplet::GroupPlaces groups;
  std::vector<std::uint32_t> column_ring, row_ring;
  std::uint64_t minibatch_tokens = 0;
};

// Whether a method lays its linear layers on the dies in one dimension; whether it moves them in panels.
bool is_one_d(const training::Meanings& meanings);
bool is_summa(const training::Meanings& meanings);

class DiePlaces {
 public:
  // `shape` must outlive this.
  DiePlaces(DieRole role, const StepShape& shape);

  NodeId id() const { return role_.id; }
  std::uint64_t minibatch_tokens() const { return role_.minibatch_tokens; }
  bool is_one_d() const { return layout_ == Layout::one_d; }
  bool is_summa() const { return layout_ == Layout::summa; }
  bool is_by_head() const { return by_head_; }  // attention

  const training::Meaning& meaning(const chiplet::Work& work) const { return (*role_.meanings)[work.index]; }
  std::int32_t block_of(const chiplet::Work& work) const;
  Linear linear_of(const chiplet::Work& work) const;

  // Dies of a group, and this die's place among them, in the order in which the method counts them: along the
  // ring, or along the line. 1D methods count all dies, with Ring::package.
  std::uint64_t size_of(chiplet::Ring group) const;
  std::uint64_t place_in(chiplet::Ring group) const;
  std::uint64_t dies() const { return size_of(chiplet::Ring::row) * size_of(chiplet::Ring::column); }
  // This die's place in the line, and the place in the method's order of the die at a place of the line.
  std::uint32_t line_place(chiplet::Ring group) const;
  std::uint64_t place_of(chiplet::Ring group, std::uint32_t line_place) const;
  // The place in the ring of the die at a place of the method's order.
  std::uint64_t ring_place(chiplet::Ring group, std::uint64_t place) const;
  // 2D: along which tokens, and features, of the residual stream are split.
  chiplet::Ring token_ring() const { return is_summa() ? chiplet::Ring::column : chiplet::Ring::row; }
  chiplet::Ring feature_ring() const { return is_summa() ? chiplet::Ring::row : chiplet::Ring::column; }
  // This die's part of the inputs, and of the outputs, of a linear layer.
  std::uint64_t input_place(const training::Meaning& meaning) const;
  std::uint64_t output_place(const training::Meaning& meaning) const;

 private:
  enum class Layout : std::uint8_t { grid, summa, one_d };
  std::uint64_t place_1d() const;

  DieRole role_;
  const StepShape* shape_;
  Layout layout_ = Layout::grid;
  bool along_rings_ = true;  // places count along rings; else along lines
  bool by_head_ = false;
};

}  // namespace hecaton::runs
