#include "core/training/grid/grid.hpp"

#include <fmt/format.h>

#include "core/training/plan/facts.hpp"
#include "core/training/plan/operator_list.hpp"

namespace hecaton::training {

namespace {

std::string overlap_text(const GridLayout& l, bool wanted) {
  if (!wanted) return "off";
  std::string text;
  const auto add = [&text](bool is_there, const char* what) {
    if (is_there) append_item(text, what);
  };
  add(l.prefetch.border, "activations at group borders");
  add(l.prefetch.saved, "saved activations");
  add(l.groups.prefetch_forward, "weights forward");
  add(l.groups.prefetch_backward, "weights backward");
  return text.empty() ? "nothing: no room beside what is resident" : text;
}

// Of every attention of a layer.
std::string kv_copies(const GridLayout& l) {
  std::string text;
  for (const GridOperator& o : l.operators)
    if (const auto* attention = std::get_if<GridAttention>(&o))
      append_item(text, fmt::format("{}", attention->kv_copies));
  return text;
}

std::vector<PlanFact> facts_of(const GridLayout& l, bool overlap) {
  std::vector<PlanFact> facts = {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.step.minibatches, ""),
  };
  const Trained& trained = l.step.trained;
  if (trained.frozen_layers > 0)
    facts.push_back(fact("frozen layers per fused group, forward", l.groups.frozen, ""));
  if (trained.layers > 0) {
    facts.push_back(fact("layers per fused group, forward", l.groups.forward, ""));
    facts.push_back(fact("layers per fused group, backward", l.groups.backward, ""));
  }
  if (l.scheme.moves_weights)
    facts.push_back(fact("panels of a linear layer", l.die.panels * l.die.columns, ""));
  facts.push_back(tiles_fact("forward", forward_stages(l.operators)));
  if (trained.layers > 0) facts.push_back(tiles_fact("backward", backward_stages(l.operators)));
  facts.push_back(fact("token tiles of the output head", l.head.tiles, ""));
  if (const std::string copies = kv_copies(l); !copies.empty())
    facts.push_back({"columns that hold the same key/value head", copies, ""});
  const PlanFact more[] = {
      fact("weights of a layer per die", l.layer_weights() * element_bytes, "bytes"),
      fact("saved activations of a layer and mini-batch per die",
           l.step.recompute ? l.slices.hidden : l.saved_layer(), "bytes"),
      fact("peak of the weight buffer per die", l.step.weight_peak, "bytes"),
      fact("peak of the activation buffer per die", l.step.activation_peak, "bytes"),
      {"DRAM transfers ahead of time", overlap_text(l, overlap), ""},
  };
  facts.insert(facts.end(), std::begin(more), std::end(more));
  return facts;
}

Step step_of(const GridLayout& l, bool overlap) {
  const Trained& trained = l.step.trained;
  const OutsideLayers outside =
      outside_layers(trained, l.die.tied, l.die.head_weights(), l.die.embedding_weights());
  Step step;
  step.minibatches = l.step.minibatches;
  step.forward = grid_forward(l);
  step.head = grid_head(l);
  step.backward = grid_backward(l);
  if (trained.table) {
    step.embedding_gradient = [&l, overlap](ProgramBuilder& b) {
      add_embedding_backward(b, l.step.minibatches, l.slices.hidden, overlap);
    };
  }
  step.optimizer = optimizer_share(l.operators, trained, outside, l.step.optimizer);
  step.frozen_stream_bytes = trained.frozen_layers > 0 ? l.step.minibatches * l.slices.hidden : 0;
  step.optimizer_buffer_bytes = l.step.weight_capacity;
  step.overlap = overlap;
  return step;
}

}  // namespace

Plan plan_grid(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
               const GridScheme& scheme) {
  const GridLayout layout = grid_layout(config, mesh, die, scheme);
  Plan plan;
  add_role(plan, step_of(layout, config.overlap));
  set_totals(plan, config, mesh, layout.slices.tokens);
  plan.facts = facts_of(layout, config.overlap);
  return plan;
}

}  // namespace hecaton::training
