#include "core/training/grid.hpp"

#include <fmt/format.h>

#include "core/training/buffers.hpp"
#include "core/training/models.hpp"
#include "core/training/step_parts.hpp"

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

std::vector<PlanFact> facts_of(const GridLayout& l, bool overlap) {
  const GridTiles& t = l.tiles;
  return {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.minibatches, ""),
      fact("layers per fused group, forward", l.groups.forward, ""),
      fact("layers per fused group, backward", l.groups.backward, ""),
      {"token tiles forward (QKV, output, FFN)", fmt::format("{}, {}, {}", t.qkv, t.output, t.ffn), ""},
      {"token tiles backward (FFN, output, QKV)",
       fmt::format("{}, {}, {}", t.back_ffn, t.back_output, t.back_qkv), ""},
      fact("token tiles of the output head", t.head, ""),
      fact("columns that hold the same key/value head", l.die.kv_copies, ""),
      fact("weights of a layer per die", l.die.layer_weights() * element_bytes, "bytes"),
      fact("saved activations of a layer and mini-batch per die",
           l.recompute ? l.slices.hidden : l.slices.saved_layer(), "bytes"),
      fact("peak of the weight buffer per die", l.weight_peak, "bytes"),
      fact("peak of the activation buffer per die", l.activation_peak, "bytes"),
      {"DRAM transfers ahead of time", overlap_text(l, overlap), ""},
  };
}

OptimizerShare optimizer_share(const GridLayout& l) {
  const GridDie& d = l.die;
  const std::uint64_t kv = d.hidden_a * d.kv;
  const std::uint64_t router = d.router_weights();  // every column has them
  const std::uint64_t shared = l.layers * (ceil_div(kv, d.kv_copies) + ceil_div(router, d.columns));
  const std::uint64_t others = d.head_weights() + (d.tied ? 0 : d.embedding_weights());
  return {l.layers * (d.layer_weights() - kv - router) + shared + others,
          l.layers * d.layer_weights() + others, l.optimizer};
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
