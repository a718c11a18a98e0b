// A mixture of experts on a die: the routes that its dies deal with, the products of its experts, and the
// exchanges of features with them.
//
// 2D: the columns, as they lie, have an equal part of the experts each after another; each die of a column
// has a part of the features between up and down of each of its experts. What a die sends along the row is
// the routes of its tokens to each column, in the order of tokens; so what has come to a column is the routes
// from each die of the row, one after another. With SUMMA rows and columns change places: DiePlaces::token_ring() is what
// is called a row here. 1D: every die has all tokens, and a part of the features of
// every expert.
#pragma once

#include <cstdint>
#include <vector>

#include "runs/verify/die/products.hpp"
#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

class DieExperts {
 public:
  // `die` must outlive this.
  explicit DieExperts(DieStep& die) : die_(die) {}

  // Of up or down, for all experts of this die.
  void multiply(const chiplet::Work& work);
  // Exchanges along the row and along the column.
  void begin(const chiplet::Work& work);
  void end(const chiplet::Work& work);

  // This die's tokens of the tile at work.
  const Indices& tokens() const { return tokens_; }
  void set_tokens(Indices tokens) { tokens_ = std::move(tokens); }
  // By route and feature, what has come back from the experts.
  const Sheet& returned() const { return returned_; }
  void set_returned(Sheet returned) { returned_ = std::move(returned); }

  Indices routes_of(std::int32_t block, const Indices& tokens) const;
  // A share's gradient, times the share, as far as this die's features between up and down make it up.
  Number share_gradient(std::int32_t block, Route route);

 private:
  void multiply_expert(const chiplet::Work& work, std::int32_t expert, const Indices& routes);
  Indices routes_to(std::int32_t block, const Indices& tokens, std::uint64_t column) const;
  Indices routes_back(std::int32_t block) const;
  void begin_tile(const chiplet::Work& work);
  void begin_columns(const chiplet::Work& work);
  Numbers for_column(const chiplet::Work& work, std::uint32_t column, std::size_t& taken);
  void append_features(const chiplet::Work& work, Route route, Numbers& to);
  // Along the column, the chunk of the die at this place.
  std::uint64_t chunk_of(std::uint64_t place) const;
  void begin_sums(const chiplet::Work& work);
  void end_features(const chiplet::Work& work);
  void end_return(const chiplet::Work& work);

  DieStep& die_;
  Indices tokens_;
  Indices arrived_;                    // routes that have come to this column
  std::vector<Indices> arrived_from_;  // by die of the row, as they lie
  Sheet returned_;
};

}  // namespace hecaton::runs
