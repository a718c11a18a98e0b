// Which tokens a die has: of a mini-batch, of a tile of a linear layer, of the residual stream. And how far
// the tiles of each pass have got.
//
// T tokens of a mini-batch, r rows and c columns of dies, N dies in all. Which tokens form a slice is free,
// as long as slices of a column's ring are whole sequences, and a token tile takes equally many from every
// slice:
// - 2D: slice i of a column's ring is the i-th r-th of the mini-batch. The slices of a row's ring are dealt
//   from a list, which takes one token of each r-th in turn: token w of r-th i is entry q = w r + i. Slice j
//   has every c-th entry, from the j-th on. The n tiles of a stage are stretches of that list, and so of
//   every slice.
// - 1D: the share of die d is every N-th token, from the d-th on.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "runs/verify/die/places.hpp"

namespace hecaton::runs {

// 2D: entry q of the list that a row's slices are dealt from, counted in the mini-batch.
inline std::uint64_t listed_token(std::uint64_t minibatch_tokens, std::uint64_t rows, std::uint64_t q) {
  return q % rows * (minibatch_tokens / rows) + q / rows;
}

class DieTokens {
 public:
  // `places` must outlive this.
  explicit DieTokens(const DiePlaces& places) : places_(&places) {}

  // The tile of this operation's linear layer and pass, of so many tokens, that is at work; and the end of
  // it.
  std::uint64_t tile_of(const chiplet::Work& work, std::uint64_t tile_tokens) const;
  void finish_tile(const chiplet::Work& work) { finish_tile(work, places_->meaning(work).pass); }
  // Of another pass of its linear layer.
  void finish_tile(const chiplet::Work& work, training::Pass pass) {
    ++done_[{places_->linear_of(work), pass}];
  }

  // Of the tile at work: the slice at a place of the group, this die's, and all slices one after another.
  Indices slice(const chiplet::Work& work, chiplet::Ring group, std::uint64_t place,
                std::uint64_t tile_tokens) const;
  Indices own(const chiplet::Work& work, chiplet::Ring group, std::uint64_t tile_tokens) const;
  Indices all(const chiplet::Work& work, chiplet::Ring group, std::uint64_t tile_tokens) const;

  // Of the whole mini-batch: the slice at a place of the group. The second: of the mini-batch whose first
  // token is `base`.
  Indices minibatch(const chiplet::Work& work, chiplet::Ring group, std::uint64_t place) const;
  Indices minibatch_at(std::uint64_t base, chiplet::Ring group, std::uint64_t place) const;

  // This die's part of the residual stream: of the mini-batch, or (1D) of the tile finished last.
  Indices stream(const chiplet::Work& work) const;
  // Whole sequences: those of this die's row, or all of the mini-batch.
  Indices attention(const chiplet::Work& work) const;

  // Of these tokens those whose queries of these heads are this die's.
  static Indices with_queries(const Indices& tokens, const Heads& heads, std::uint64_t sequence);

  // Tokens, or routes, of this die whose tile of a linear layer has been finished last.
  const Indices& recent() const { return recent_; }
  void set_recent(Indices tokens) { recent_ = std::move(tokens); }

 private:
  std::uint64_t base_of(const chiplet::Work& work) const;  // the first token of the mini-batch
  Indices slice_at(std::uint64_t base, chiplet::Ring group, std::uint64_t place, std::uint64_t tile,
                   std::uint64_t tile_tokens) const;

  const DiePlaces* places_;
  std::map<std::pair<Linear, training::Pass>, std::uint64_t> done_;  // tiles
  Indices recent_;
};

}  // namespace hecaton::runs
