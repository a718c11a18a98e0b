#include "runs/verify/verifiable.hpp"

#include <fmt/format.h>

#include "core/training/method.hpp"
#include "core/training/model/models.hpp"
#include "core/training/model/operators.hpp"
#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/kind.hpp"
#include "runs/verify/collective_verify.hpp"
#include "runs/verify/dense/expert_routes.hpp"
#include "runs/verify/die/places.hpp"
#include "runs/verify/die/tokens.hpp"

namespace hecaton::runs {

using training::PlanError;

namespace {

void check_kind(const io::Deck& deck) {
  if (io::kind_of(deck).traits.can_be_verified) return;
  throw PlanError("workload.kind", "can not be verified",
                  "only training steps and collectives compute something",
                  "use a deck of kind \"training\" or \"collective\"");
}

training::TrainingConfig planned_of(const io::Deck& deck) {
  const auto& package = deck.network.package;
  return training::padded(deck.as<training::TrainingConfig>(), {package.rows, package.columns});
}

void check_size(const io::Deck& deck) {
  using training::Wide;
  constexpr std::uint64_t most = 200'000'000;
  const training::TrainingConfig step = planned_of(deck);
  const training::ModelConfig& m = step.model;
  const Wide weights = Wide{m.layers} * training::layer_weights(m) + Wide{m.hidden} * m.vocabulary;
  if (weights * step.batch_sequences * step.sequence_length <= most) return;
  throw PlanError("training.batch_sequences", "makes the step too large to verify",
                  "tokens times weights are more than 200 million; every product is done, densely too",
                  "use fewer tokens, or a smaller model");
}

// 1D: norms are followed token by token, so a die's share of a tile has to be whole tokens.
void check_shares(const training::Plan& plan, std::uint64_t dies, std::uint64_t hidden) {
  for (std::size_t i = 0; i < plan.roles.at(0).size(); ++i) {
    const chiplet::Op& op = plan.roles[0][i];
    const training::Meaning& meaning = plan.meanings.at(0)[i];
    const bool is_last = meaning.part + 1 == meaning.parts;
    if (meaning.verb != training::Verb::gather || !is_last || op.units % (dies * hidden) == 0) continue;
    throw PlanError(
        "training.minibatch_tokens", "makes token tiles too small to verify",
        fmt::format("{} tokens of a tile are no whole number for each of {} dies", op.units / hidden, dies),
        "use a larger mini-batch, or larger buffers");
  }
}

// Experts get equally many tokens of what a die scores at once.
void check_rounds(const training::Plan& plan, const training::Model& model) {
  for (std::size_t i = 0; i < plan.roles.at(0).size(); ++i) {
    const training::Meaning& meaning = plan.meanings.at(0)[i];
    const std::uint64_t tokens = plan.roles[0][i].m;
    if (meaning.verb != training::Verb::scores || meaning.pass == training::Pass::weight_gradient) continue;
    const training::Operator& o = model.operators.at(meaning.place);
    if (o.idle_experts > 0) {
      throw PlanError(
          "training.model.experts", "can not be verified", "experts that pad are not followed",
          is_summa(plan.meanings.at(0)) ? "use a multiple of the rows" : "use a multiple of the columns");
    }
    if (tokens % tokens_of_round(o) == 0) continue;
    throw PlanError(
        "training.minibatch_tokens", "makes token tiles too small to verify",
        fmt::format("{} tokens of a die, {} of {} experts each, do not give every expert equally many",
                    tokens, o.experts_per_token, o.experts),
        "use a larger mini-batch, or larger buffers");
  }
}

}  // namespace

void check_verifiable(const Workload& workload) {
  const io::Deck& deck = workload.deck();
  check_kind(deck);
  if (!io::kind_of(deck).traits.computes) return check_collective_verifiable(workload);
  check_size(deck);
  const training::Model model = training::model_of(planned_of(deck).model);
  const training::Plan& plan = workload.plan();
  if (is_one_d(plan.meanings.at(0))) {
    const std::uint64_t dies = workload.topology().dies();
    check_shares(plan, dies, model.hidden);
  }
  check_rounds(plan, model);
}

Indices dealing_order(const Workload& workload) {
  const training::Plan& plan = workload.plan();
  const training::TrainingConfig planned = planned_of(workload.deck());
  const std::uint64_t tokens = std::uint64_t{planned.batch_sequences} * planned.sequence_length;
  // SUMMA: a die has stretches of them.
  if (is_one_d(plan.meanings.at(0)) || is_summa(plan.meanings.at(0))) return count_up(0, tokens);
  const auto& package = workload.deck().network.package;
  const std::uint64_t rows = package.rows, columns = package.columns, minibatch = plan.minibatch_tokens;
  const std::uint64_t slice = minibatch / columns;
  Indices order;
  for (std::uint64_t base = 0; base < tokens; base += minibatch)
    for (std::uint64_t i = 0; i < minibatch; ++i)
      order.push_back(base + listed_token(minibatch, rows, i / slice + i % slice * columns));
  return order;
}

}  // namespace hecaton::runs
