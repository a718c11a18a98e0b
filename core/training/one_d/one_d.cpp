#include "core/training/one_d/one_d.hpp"

#include <fmt/format.h>

#include "core/training/plan/facts.hpp"
#include "core/training/plan/operator_list.hpp"

namespace hecaton::training {

namespace {

std::string overlap_text(const OneDLayout& l, bool wanted) {
  if (!wanted) return "off";
  std::string text = l.ahead ? "token tiles" : "no token tiles: no room";
  if (l.prefetch_forward) text += ", weights forward";
  if (l.prefetch_backward) text += ", weights backward";
  return text;
}

// What attentions of a layer say, one after another.
template <class Question>
std::string of_attentions(const OneDLayout& l, Question&& question) {
  std::string text;
  for (const OneDOperator& o : l.operators)
    if (const auto* attention = std::get_if<OneDAttention>(&o))
      append_item(text, fmt::format("{}", question(*attention)));
  return text;
}

std::vector<PlanFact> facts_of(const OneDLayout& l, bool overlap) {
  std::vector<PlanFact> facts = {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.step.minibatches, ""),
      {"layers per fused group", "none: activations leave the die at every block border", ""},
      tiles_fact("forward", forward_stages(l.operators)),
  };
  const bool has_backward = l.step.trained.layers > 0;
  if (has_backward) facts.push_back(tiles_fact("backward", backward_stages(l.operators)));
  facts.push_back(fact("token tiles of the output head", l.head.tiles, ""));
  const auto add = [&](const char* key, std::string value) {
    if (!value.empty()) facts.push_back({key, std::move(value), ""});
  };
  add("dies that share a query head", of_attentions(l, [](const auto& a) { return a.query_copies; }));
  add("dies that hold the same key/value head", of_attentions(l, [](const auto& a) { return a.kv_copies; }));
  facts.push_back(fact("weights of a layer per die", weights_of(l.operators) * element_bytes, "bytes"));
  if (has_backward)
    add("attention block backward", of_attentions(l, [](const auto& a) {
          return a.is_split ? "in three passes: weights and gradients do not fit together" : "at once";
        }));
  facts.push_back(fact("peak of the weight buffer per die", l.step.weight_peak, "bytes"));
  facts.push_back(fact("peak of the activation buffer per die", l.step.activation_peak, "bytes"));
  facts.push_back({"DRAM transfers ahead of time", overlap_text(l, overlap), ""});
  return facts;
}

// `words` of the vocabulary are this role's.
Step step_of(const OneDLayout& l, const TrainingConfig& config, std::uint64_t words) {
  const Trained& trained = l.step.trained;
  const OutsideLayers outside = outside_layers(trained, l.die.tied, l.die.hidden * words,
                                               std::uint64_t{config.model.vocabulary} * l.die.table);
  Step step;
  step.minibatches = l.step.minibatches;
  if (l.die.tied) step.embedding = [&l](ProgramBuilder& b) { add_tied_embedding(b, l); };
  step.forward = one_d_forward(l);
  step.head = one_d_head(l, words);
  step.backward = one_d_backward(l);
  if (trained.table) {
    step.embedding_gradient = [&l, overlap = config.overlap](ProgramBuilder& b) {
      if (l.die.tied) return add_tied_embedding_gradient(b, l);
      add_embedding_backward(b, l.step.minibatches, l.slices.share, overlap);
    };
  }
  step.optimizer = optimizer_share(l.operators, trained, outside, l.step.optimizer);
  step.frozen_stream_bytes = trained.frozen_layers > 0 ? l.step.minibatches * l.slices.share : 0;
  step.optimizer_buffer_bytes = l.step.weight_capacity;
  step.overlap = config.overlap;
  return step;
}

}  // namespace

Plan plan_one_d(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                const OneDScheme& scheme) {
  const OneDLayout layout = one_d_layout(config, mesh, die, scheme);
  Plan plan;
  set_totals(plan, config, mesh, layout.slices.tokens);
  add_role(plan, step_of(layout, config, layout.die.vocabulary));
  if (layout.vocabulary_rest > 0) {  // the other dies have one word less
    add_role(plan, step_of(layout, config, layout.die.vocabulary - 1));
    for (std::size_t i = layout.vocabulary_rest; i < plan.role_of_die.size(); ++i) plan.role_of_die[i] = 1;
  }
  plan.facts = facts_of(layout, config.overlap);
  return plan;
}

}  // namespace hecaton::training
