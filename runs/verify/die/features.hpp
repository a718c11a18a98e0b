// Which features, heads and words a die has of each tensor. Features are numbered as in the dense step; a
// die's part of them need not be contiguous.
#pragma once

#include <cstdint>

#include "runs/verify/die/places.hpp"

namespace hecaton::runs {

// Where chunk `index` of `count` starts, in units; the first chunks are the larger ones.
inline std::uint64_t chunk_start(std::uint64_t units, std::uint64_t count, std::uint64_t index) {
  return units / count * index + (index < units % count ? index : units % count);
}

class DieFeatures {
 public:
  // Both must outlive this.
  DieFeatures(const DiePlaces& places, const StepShape& shape) : places_(&places), shape_(&shape) {}

  // Of X and of Y of an operation's linear layer: the `count` features of a place.
  Indices inputs_at(std::uint64_t place, std::uint64_t count) const { return count_up(place * count, count); }
  // 1D, X of the projection of attention: those of this die's heads.
  Indices queries(std::int32_t block) const;
  Indices outputs_at(const chiplet::Work& work, std::uint64_t place, std::uint64_t count) const;
  // All of Y that a place has.
  Indices outputs_of(const chiplet::Work& work, std::uint64_t place) const;
  // Of the residual stream.
  Indices stream() const;
  // Between up and down: of this column's part of the network (1D: die's), or of each expert of this column.
  Indices ffn(std::int32_t block) const;
  // Of the outputs of up of an expert: gate and up, or up.
  Indices up(std::int32_t block) const;
  // Words whose logits this die has.
  Indices words() const;

  // Heads whose keys and values this die has the gradients of, as far as these heads add to them.
  Heads gradient_heads(std::int32_t block) const;
  // Heads of which this die computes attention. 1D, with more dies than heads: a head that it shares with others.
  Heads attention_heads(std::int32_t block) const;
  // Attention by head: of queries, keys and values, or of attention's output, what the die at this place of
  // the column works on.
  Indices by_head(const chiplet::Work& work, std::uint64_t place) const;

 private:
  std::uint64_t parts() const;  // of the outputs of a linear layer
  Heads heads_at(std::int32_t block, std::uint64_t place) const;

  const DiePlaces* places_;
  const StepShape* shape_;
};

}  // namespace hecaton::runs
