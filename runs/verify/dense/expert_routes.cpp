#include "runs/verify/dense/expert_routes.hpp"

#include <numeric>
#include <utility>

#include "runs/verify/dense/drawn.hpp"

namespace hecaton::runs {

std::uint64_t tokens_of_round(const training::Operator& experts) {
  return experts.experts / std::gcd(experts.experts, experts.experts_per_token);
}

namespace {

Indices shuffled(std::uint64_t experts, std::uint64_t seed, std::uint64_t block, std::uint64_t round) {
  Indices all = count_up(0, experts);
  for (std::uint64_t i = experts; i-- > 1;)
    std::swap(all[i], all[draw(seed, Drawn::routes, block << 32 | round, i) % (i + 1)]);
  return all;
}

// Experts in a drawn order, as often as a round needs them all; k after another to each token.
Indices deal(const training::Operator& o, const Indices& order, std::uint64_t seed, std::uint64_t block) {
  const std::uint64_t k = o.experts_per_token, round = tokens_of_round(o);
  Indices dealt(order.size() * k);
  Indices experts;
  for (std::uint64_t i = 0; i < order.size(); ++i) {
    if (i % round == 0) experts = shuffled(o.experts, seed, block, i / round);
    for (std::uint64_t m = 0; m < k; ++m) dealt[order[i] * k + m] = experts[(i % round * k + m) % o.experts];
  }
  return dealt;
}

}  // namespace

ExpertRoutes::ExpertRoutes(const training::Model& model, const Indices& order, std::uint64_t seed)
    : experts_(model.layers * model.operators.size()) {
  for (std::size_t block = 0; block < experts_.size(); ++block) {
    const training::Operator& o = model.operators[block % model.operators.size()];
    if (o.experts > 1) experts_[block] = deal(o, order, seed, block);
  }
}

ExpertRoutes ExpertRoutes::of(const training::Model& model, const Indices& tokens) const {
  ExpertRoutes some;
  some.experts_.resize(experts_.size());
  for (std::size_t block = 0; block < experts_.size(); ++block) {
    const std::uint64_t k = model.operators[block % model.operators.size()].experts_per_token;
    if (experts_[block].empty()) continue;
    for (const std::uint64_t token : tokens)
      for (std::uint64_t m = 0; m < k; ++m) some.experts_[block].push_back(experts_[block][token * k + m]);
  }
  return some;
}

}  // namespace hecaton::runs
