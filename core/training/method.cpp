#include "core/training/method.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/bounds.hpp"
#include "core/training/grid/methods.hpp"
#include "core/training/model/models.hpp"
#include "core/training/one_d/methods.hpp"
#include "core/training/plan/facts.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

namespace {

void check_mask(const TrainingConfig& c) {
  if (c.attention_tile == 0) {
    throw PlanError("training.attention_tile", "has no tokens", "scores are computed tile by tile",
                    "use at least 1");
  }
  if (c.causal || c.window == 0) return;
  throw PlanError("training.window", "does not go with attention to all tokens",
                  fmt::format("a window of {} tokens ends at the token itself", c.window),
                  "set causal = true, or window = 0");
}

// 2D: columns have equal parts. 1D: parts may differ by a word, and none is empty.
std::uint64_t equal_columns(std::uint64_t words, MeshShape mesh) {
  return ceil_div(words, mesh.columns) * mesh.columns;
}
std::uint64_t a_word_per_die(std::uint64_t words, MeshShape mesh) {
  return std::max(words, mesh.dies());
}

constexpr MethodInfo table[] = {
    {"hecaton", "2D tiles of weights and activations, rings along rows and columns", plan_hecaton,
     equal_columns},
    {"megatron-flat-ring", "1D tensor parallelism over all dies on one ring", plan_flat_ring, a_word_per_die},
    {"megatron-torus-ring", "1D tensor parallelism over all dies on rings along rows, then columns",
     plan_torus_ring, a_word_per_die},
    {"optimus", "2D tiles by SUMMA, panels broadcast along rows and columns of a square", plan_optimus,
     equal_columns},
};

std::string method_names() {
  std::string names;
  for (const MethodInfo& method : methods()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", method.name);
  }
  return names;
}

const MethodInfo& method_of(const TrainingConfig& config) {
  if (const MethodInfo* method = find_method(config.method)) return *method;
  throw PlanError("training.method", "is no training method", fmt::format("\"{}\" is unknown", config.method),
                  fmt::format("use one of {}", method_names()));
}

// Of the model as it is known, and of what is planned.
void add_model_facts(Plan& plan, const TrainingConfig& given, const TrainingConfig& planned) {
  if (const auto published = parameters_of(given.model))
    plan.facts.push_back(fact("parameters of the published model", *published, ""));
  plan.facts.push_back(fact("weights that are trained", all_weights(planned.model), ""));
  if (given.vocabulary_padding == VocabularyPadding::none) return;
  plan.facts.push_back(
      {"vocabulary", fmt::format("{} words, padded to {}", given.model.vocabulary, planned.model.vocabulary),
       ""});
}

}  // namespace

std::span<const MethodInfo> methods() {
  return table;
}

const MethodInfo* find_method(std::string_view name) {
  for (const MethodInfo& method : methods()) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

TrainingConfig padded(const TrainingConfig& config, MeshShape mesh) {
  TrainingConfig planned = config;
  if (config.vocabulary_padding == VocabularyPadding::none) return planned;
  const std::uint64_t words = method_of(config).padded(config.model.vocabulary, mesh);
  planned.model.vocabulary = static_cast<std::uint32_t>(words);
  return planned;
}

Plan plan_step(const TrainingConfig& given, MeshShape mesh, const chiplet::DieConfig& die) {
  const MethodInfo& method = method_of(given);
  if (given.batch_sequences == 0 || given.sequence_length == 0) {
    throw PlanError("training.batch_sequences", "makes an empty step",
                    fmt::format("{} sequences of {} tokens", given.batch_sequences, given.sequence_length),
                    "use at least one sequence of one token");
  }
  check_mask(given);
  check_shapes(given.model);
  check_mesh(mesh);
  const TrainingConfig config = padded(given, mesh);
  check_sizes(config);
  Plan plan = method.plan(config, mesh, die);
  for (const chiplet::Program& program : plan.roles) {
    chiplet::validate(program);
    check_counts(program, die);
  }
  plan.model_flops = model_flops(given);  // padding does nothing useful
  add_model_facts(plan, given, config);
  return plan;
}

}  // namespace hecaton::training
