#include "core/training/one_d/one_d.hpp"

#include <fmt/format.h>

#include "core/training/model/models.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

namespace {

PlanFact fact(std::string key, std::uint64_t value, std::string unit) {
  return {std::move(key), fmt::format("{}", value), std::move(unit)};
}

std::string overlap_text(const OneDLayout& l, bool wanted) {
  if (!wanted) return "off";
  std::string text = l.ahead ? "token tiles" : "no token tiles: no room";
  if (l.prefetch_forward) text += ", weights forward";
  if (l.prefetch_backward) text += ", weights backward";
  return text;
}

// "token tiles forward (attention, FFN)" and "2, 4".
PlanFact tiles_fact(const char* direction, const std::vector<TiledStage>& stages) {
  std::string names, tiles;
  for (const TiledStage& stage : stages) {
    const char* comma = names.empty() ? "" : ", ";
    names += fmt::format("{}{}", comma, stage.name);
    tiles += fmt::format("{}{}", comma, stage.tiles);
  }
  return {fmt::format("token tiles {} ({})", direction, names), tiles, ""};
}

// What attentions of a layer say, one after another.
template <class Question>
std::string of_attentions(const OneDLayout& l, Question&& question) {
  std::string text;
  for (const OneDOperator& o : l.operators)
    if (const auto* attention = std::get_if<OneDAttention>(&o))
      text += fmt::format("{}{}", text.empty() ? "" : ", ", question(*attention));
  return text;
}

std::vector<PlanFact> facts_of(const OneDLayout& l, bool overlap) {
  std::vector<TiledStage> forward, backward;
  std::uint64_t layer = 0;
  for (const OneDOperator& o : l.operators) {
    layer += std::visit([](const auto& op) { return op.weights(); }, o);
    forward.push_back(std::visit([](const auto& op) { return op.stage; }, o));
    backward.insert(backward.begin(), std::visit([](const auto& op) { return op.back_stage; }, o));
  }
  std::vector<PlanFact> facts = {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.minibatches, ""),
      {"layers per fused group", "none: activations leave the die at every block border", ""},
      tiles_fact("forward", forward),
      tiles_fact("backward", backward),
      fact("token tiles of the output head", l.head.tiles, ""),
  };
  const auto add = [&](const char* key, std::string value) {
    if (!value.empty()) facts.push_back({key, std::move(value), ""});
  };
  add("dies that share a query head", of_attentions(l, [](const auto& a) { return a.query_copies; }));
  add("dies that hold the same key/value head", of_attentions(l, [](const auto& a) { return a.kv_copies; }));
  facts.push_back(fact("weights of a layer per die", layer * element_bytes, "bytes"));
  add("attention block backward", of_attentions(l, [](const auto& a) {
        return a.is_split ? "in three passes: weights and gradients do not fit together" : "at once";
      }));
  facts.push_back(fact("peak of the weight buffer per die", l.weight_peak, "bytes"));
  facts.push_back(fact("peak of the activation buffer per die", l.activation_peak, "bytes"));
  facts.push_back({"DRAM transfers ahead of time", overlap_text(l, overlap), ""});
  return facts;
}

OptimizerShare optimizer_share(const OneDLayout& l, std::uint64_t words, std::uint64_t vocabulary) {
  const std::uint64_t others = l.die.hidden * words + (l.die.tied ? 0 : vocabulary * l.die.table);
  OptimizerShare share{others, others, l.optimizer};
  for (const OneDOperator& o : l.operators) {
    const OneDMasters masters = std::visit([](const auto& op) { return op.masters(); }, o);
    share.weights += l.layers * masters.weights;
    share.gradients += l.layers * masters.gradients;
  }
  return share;
}

void add_role(Plan& plan, const OneDLayout& l, const TrainingConfig& config, std::uint64_t words) {
  ProgramBuilder b;
  if (l.die.tied) add_one_d_embedding(b, l);
  add_one_d_forward(b, l);
  add_one_d_head(b, l, words);
  add_one_d_backward(b, l);
  if (l.die.tied) {
    add_one_d_embedding_backward(b, l);
  } else {
    add_embedding_backward(b, l.minibatches, slice_bytes(l.slices.tokens, l.die.table), config.overlap);
  }
  add_optimizer(b, optimizer_share(l, words, config.model.vocabulary), l.weight_capacity, config.overlap);
  plan.roles.push_back(b.take());
  plan.meanings.push_back(b.take_meanings());
}

}  // namespace

Plan plan_one_d(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                const OneDScheme& scheme) {
  const OneDLayout layout = one_d_layout(config, mesh, die, scheme);
  Plan plan;
  add_role(plan, layout, config, layout.die.vocabulary);
  plan.role_of_die.assign(mesh.dies(), 0);
  if (layout.vocabulary_rest > 0) {  // the other dies have one word less
    add_role(plan, layout, config, layout.die.vocabulary - 1);
    for (std::size_t i = layout.vocabulary_rest; i < plan.role_of_die.size(); ++i) plan.role_of_die[i] = 1;
  }
  plan.tokens = std::uint64_t{config.batch_sequences} * config.sequence_length;
  plan.minibatch_tokens = layout.slices.tokens;
  plan.model_flops = model_flops(config.model, config.sequence_length, plan.tokens);
  plan.facts = facts_of(layout, config.overlap);
  return plan;
}

}  // namespace hecaton::training
