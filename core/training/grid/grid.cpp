#include "core/training/grid/grid.hpp"

#include <fmt/format.h>

#include "core/training/model/models.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

namespace {

PlanFact fact(std::string key, std::uint64_t value, std::string unit) {
  return {std::move(key), fmt::format("{}", value), std::move(unit)};
}

std::string overlap_text(const GridLayout& l, bool wanted) {
  if (!wanted) return "off";
  std::string text;
  const auto add = [&text](bool is_there, const char* what) {
    if (is_there) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(l.prefetch.border, "activations at group borders");
  add(l.prefetch.saved, "saved activations");
  add(l.groups.prefetch_forward, "weights forward");
  add(l.groups.prefetch_backward, "weights backward");
  return text.empty() ? "nothing: no room beside what is resident" : text;
}

// "token tiles forward (QKV, output, FFN)" and "2, 4, 16".
PlanFact tiles_fact(const char* direction, const std::vector<TiledStage>& stages) {
  std::string names, tiles;
  for (const TiledStage& stage : stages) {
    const char* comma = names.empty() ? "" : ", ";
    names += fmt::format("{}{}", comma, stage.name);
    tiles += fmt::format("{}{}", comma, stage.tiles);
  }
  return {fmt::format("token tiles {} ({})", direction, names), tiles, ""};
}

PlanFact forward_tiles(const GridLayout& l) {
  std::vector<TiledStage> stages;
  for (GridOperator o : l.operators)
    std::visit(
        [&](auto& op) {
          for (const TiledStage* s : op.forward_stages()) stages.push_back(*s);
        },
        o);
  return tiles_fact("forward", stages);
}
PlanFact backward_tiles(const GridLayout& l) {
  std::vector<TiledStage> stages;
  for (std::size_t i = l.operators.size(); i-- > 0;) {
    GridOperator o = l.operators[i];
    std::visit(
        [&](auto& op) {
          for (const TiledStage* s : op.backward_stages()) stages.push_back(*s);
        },
        o);
  }
  return tiles_fact("backward", stages);
}

// Of every attention of a layer.
std::string kv_copies(const GridLayout& l) {
  std::string text;
  for (const GridOperator& o : l.operators)
    if (const auto* attention = std::get_if<GridAttention>(&o))
      text += fmt::format("{}{}", text.empty() ? "" : ", ", attention->kv_copies);
  return text;
}

std::vector<PlanFact> facts_of(const GridLayout& l, bool overlap) {
  std::vector<PlanFact> facts = {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.minibatches, ""),
      fact("layers per fused group, forward", l.groups.forward, ""),
      fact("layers per fused group, backward", l.groups.backward, ""),
      forward_tiles(l),
      backward_tiles(l),
      fact("token tiles of the output head", l.head.tiles, ""),
  };
  if (const std::string copies = kv_copies(l); !copies.empty())
    facts.push_back({"columns that hold the same key/value head", copies, ""});
  const PlanFact more[] = {
      fact("weights of a layer per die", l.layer_weights() * element_bytes, "bytes"),
      fact("saved activations of a layer and mini-batch per die",
           l.recompute ? l.slices.hidden : l.saved_layer(), "bytes"),
      fact("peak of the weight buffer per die", l.weight_peak, "bytes"),
      fact("peak of the activation buffer per die", l.activation_peak, "bytes"),
      {"DRAM transfers ahead of time", overlap_text(l, overlap), ""},
  };
  facts.insert(facts.end(), std::begin(more), std::end(more));
  return facts;
}

OptimizerShare optimizer_share(const GridLayout& l) {
  OptimizerShare share{0, 0, l.optimizer};
  for (const GridOperator& o : l.operators) {
    const GridMasters masters = std::visit([](const auto& op) { return op.masters(); }, o);
    share.weights += l.layers * masters.weights;
    share.gradients += l.layers * masters.gradients;
  }
  const std::uint64_t others = l.die.head_weights() + (l.die.tied ? 0 : l.die.embedding_weights());
  share.weights += others;
  share.gradients += others;
  return share;
}

}  // namespace

Plan plan_grid(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
               const GridScheme& scheme) {
  const GridLayout layout = grid_layout(config, mesh, die, scheme);
  ProgramBuilder b;
  add_grid_forward(b, layout);
  add_grid_head(b, layout);
  add_grid_backward(b, layout);
  add_embedding_backward(b, layout.minibatches, layout.slices.hidden, config.overlap);
  add_optimizer(b, optimizer_share(layout), layout.weight_capacity, config.overlap);
  Plan plan;
  plan.roles.push_back(b.take());
  plan.meanings.push_back(b.take_meanings());
  plan.role_of_die.assign(mesh.dies(), 0);
  plan.tokens = std::uint64_t{config.batch_sequences} * config.sequence_length;
  plan.minibatch_tokens = layout.slices.tokens;
  plan.model_flops = model_flops(config.model, config.sequence_length, plan.tokens);
  plan.facts = facts_of(layout, config.overlap);
  return plan;
}

}  // namespace hecaton::training
