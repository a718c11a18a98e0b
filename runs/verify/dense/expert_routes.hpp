// Which experts a token passes in a verified step. Programs are planned for experts that get equally many
// tokens, in every token tile. So tokens are dealt to experts by chance but evenly, as a balanced router
// would do it. How much each of a token's experts counts is computed from its scores (feed_forward.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/model/operators.hpp"
#include "runs/verify/dense/number.hpp"

namespace hecaton::runs {

// The way of a token through one of its k experts: token x k + number of the expert, 0 .. k-1.
using Route = std::uint64_t;

class ExpertRoutes {
 public:
  // `order`: all tokens, in the order in which they are dealt. Of as many of them, one after another, as the
  // smallest whole round of experts takes (tokens_of_round), every expert gets equally many.
  ExpertRoutes(const training::Model& model, const Indices& order, std::uint64_t seed);

  // Those of these tokens, in this order.
  ExpertRoutes of(const training::Model& model, const Indices& tokens) const;

  std::uint64_t expert(std::int32_t block, Route route) const {
    const Indices& experts = experts_[static_cast<std::size_t>(block)];
    return experts.empty() ? 0 : experts[route];
  }

 private:
  ExpertRoutes() = default;

  std::vector<Indices> experts_;  // by block and route; empty: no mixture of experts
};

// Tokens of the smallest round in which every expert gets equally many.
std::uint64_t tokens_of_round(const training::Operator& experts);

}  // namespace hecaton::runs
