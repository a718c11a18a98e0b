// Which experts a token passes in a verified run. Programs take experts to get equally many tokens, in every
// token tile; so tokens are dealt out to them, by chance but evenly, as a balanced router would. How much
// each of a token's experts counts is computed from its scores (reference.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/model/operators.hpp"

namespace hecaton::runs {

// A way of a token through one of its experts: token x experts per token + number of the expert, 0 .. k-1.
using Route = std::uint64_t;

class Routing {
 public:
  // `order`: all tokens, in the order in which they are dealt out. Of as many of them, one after another, as
  // the smallest whole round of experts takes (round_of), every expert gets equally many.
  Routing(const training::Model& model, const std::vector<std::uint64_t>& order, std::uint64_t seed);

  // `block`: of an operator of the model, counted through all layers.
  std::uint64_t expert(std::int32_t block, Route route) const {
    const std::vector<std::uint64_t>& experts = experts_[static_cast<std::size_t>(block)];
    return experts.empty() ? 0 : experts[route];
  }

 private:
  std::vector<std::vector<std::uint64_t>> experts_;  // by block and route; empty: no experts
};

// Tokens of a round.
std::uint64_t round_of(const training::Operator& experts);

}  // namespace hecaton::runs
