#include "core/training/one_d.hpp"

#include <fmt/format.h>

#include "core/training/models.hpp"
#include "core/training/step_parts.hpp"

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

std::vector<PlanFact> facts_of(const OneDLayout& l, bool overlap) {
  const OneDTiles& t = l.tiles;
  const std::uint64_t layer = l.die.attention_weights() + l.die.ffn_weights();
  return {
      fact("mini-batch", l.slices.tokens, "tokens"),
      fact("mini-batches", l.minibatches, ""),
      {"layers per fused group", "none: activations leave the die at every block border", ""},
      {"token tiles forward (attention, FFN)", fmt::format("{}, {}", t.attention, t.ffn), ""},
      {"token tiles backward (FFN, attention)", fmt::format("{}, {}", t.back_ffn, t.back_attention), ""},
      fact("token tiles of the output head", t.head, ""),
      fact("dies that share a query head", l.die.query_copies, ""),
      fact("dies that hold the same key/value head", l.die.kv_copies, ""),
      fact("weights of a layer per die", layer * element_bytes, "bytes"),
      {"attention block backward",
       l.split ? "in three passes: weights and gradients do not fit together" : "at once", ""},
      fact("peak of the weight buffer per die", l.weight_peak, "bytes"),
      fact("peak of the activation buffer per die", l.activation_peak, "bytes"),
      {"DRAM transfers ahead of time", overlap_text(l, overlap), ""},
  };
}

OptimizerShare optimizer_share(const OneDLayout& l, std::uint64_t words, std::uint64_t vocabulary) {
  const OneDDie& d = l.die;
  const std::uint64_t layer = ceil_div(2 * d.output_weights(), d.query_copies) +
                              ceil_div(d.hidden * d.kv, d.kv_copies) + ceil_div(d.router_weights(), d.dies) +
                              d.ffn_weights() - d.router_weights();
  const std::uint64_t others = d.hidden * words + (d.tied ? 0 : vocabulary * d.table);
  return {l.layers * layer + others, l.layers * (d.attention_weights() + d.ffn_weights()) + others,
          l.optimizer};
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
