#include "core/training/method.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/bounds.hpp"
#include "core/training/grid/methods.hpp"
#include "core/training/model/models.hpp"
#include "core/training/model/trained.hpp"
#include "core/training/one_d/methods.hpp"
#include "core/training/plan/facts.hpp"
#include "core/training/plan/padding_cost.hpp"

namespace hecaton::training {

namespace {

void check_mask(const TrainingConfig& c, PlanErrors& errors) {
  if (c.attention_tile == 0) {
    errors.emplace_back("training.attention_tile", "has no tokens", "scores are computed tile by tile",
                        "use at least 1");
  }
  if (c.causal || c.window == 0) return;
  errors.emplace_back("training.window", "does not go with attention to all tokens",
                      fmt::format("a window of {} tokens ends at the token itself", c.window),
                      "set training.causal = true, or training.window = 0");
}

void check_batch(const TrainingConfig& c, PlanErrors& errors) {
  if (c.batch_sequences == 0 || c.sequence_length == 0) {
    errors.emplace_back("training.batch_sequences", "makes an empty step",
                        fmt::format("{} sequences of {} tokens", c.batch_sequences, c.sequence_length),
                        "use at least one sequence of one token");
    return;
  }
  const std::uint64_t batch = std::uint64_t{c.batch_sequences} * c.sequence_length;
  if (c.minibatch_tokens <= batch) return;
  errors.emplace_back("training.minibatch_tokens", "is more than the batch",
                      fmt::format("{} tokens; the batch has {}", c.minibatch_tokens, batch),
                      fmt::format("use at most {}, or 0", batch));
}

constexpr MethodInfo table[] = {
    {"hecaton", "2D tiles of weights and activations, rings along rows and columns", plan_hecaton,
     hecaton_divisions, grid_kv_lines, hecaton_problems},
    {"megatron-flat-ring", "1D tensor parallelism over all dies on one ring", plan_flat_ring, one_d_divisions,
     one_d_kv_lines, flat_ring_problems},
    {"megatron-torus-ring", "1D tensor parallelism over all dies on rings along rows, then columns",
     plan_torus_ring, one_d_divisions, one_d_kv_lines, one_d_problems},
    {"optimus", "2D tiles by SUMMA, panels broadcast along rows and columns", plan_optimus, optimus_divisions,
     grid_kv_lines, optimus_problems},
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

void check_divisions(const TrainingConfig& c, const MethodInfo& method, MeshShape mesh, PlanErrors& errors) {
  for (const Division& d : method.divisions(c, mesh))
    if (d.is_padded() && !d.key.empty() && !may_pad(c, d)) errors.push_back(refusal(d));
}

void append(PlanErrors& errors, const PlanErrors& more) {
  errors.insert(errors.end(), more.begin(), more.end());
}

// Of the model as it is known, and of what is planned.
void add_model_facts(Plan& plan, const TrainingConfig& given, const TrainingConfig& planned) {
  if (const auto published = parameters_of(given.model))
    plan.facts.push_back(fact("parameters of the published model", *published, ""));
  plan.facts.push_back(fact("weights that are trained", trained_weights(planned), ""));
  for (const Division& d : plan.padding)
    plan.facts.push_back(
        {fmt::format("padded {}", name_of(d.dimension)), fmt::format("{} to {}", d.from, d.to), ""});
  if (plan.padding.empty()) return;
  const PaddingCost& cost = plan.padding_cost;
  plan.facts.push_back({"for pads",
                        fmt::format("{:.1f} % of FLOPs, {:.1f} % of NoP bytes, {:.1f} % of DRAM",
                                    100 * cost.flops, 100 * cost.nop_bytes, 100 * cost.memory),
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

PlanErrors problems_of(const TrainingConfig& config, MeshShape mesh) {
  const MethodInfo& method = method_of(config);
  check_mesh(mesh);
  PlanErrors errors;
  check_batch(config, errors);
  check_mask(config, errors);
  const PlanErrors of_shapes = problems_of_shapes(config.model);
  append(errors, of_shapes);
  if (of_shapes.empty()) append(errors, problems_of_trained(config));
  append(errors, method.problems(config, mesh));
  // What divides can be told of sound shapes only.
  if (errors.empty()) check_sizes(config);
  if (of_shapes.empty() && config.batch_sequences > 0 && config.sequence_length > 0)
    check_divisions(config, method, mesh, errors);
  return errors;
}

// An operator that is in a layer several times is told once.
Divisions padding_of(const TrainingConfig& config, MeshShape mesh) {
  Divisions padding;
  for (const Division& d : method_of(config).divisions(config, mesh)) {
    const bool is_told = std::any_of(padding.begin(), padding.end(), [&](const Division& other) {
      return other.dimension == d.dimension && other.from == d.from && other.to == d.to;
    });
    if (d.is_padded() && !is_told) padding.push_back(d);
  }
  return padding;
}

TrainingConfig padded(const TrainingConfig& config, MeshShape mesh) {
  return padded(config, method_of(config).divisions(config, mesh));
}

Plan plan_step(const TrainingConfig& given, MeshShape mesh, const chiplet::DieConfig& die) {
  throw_all(problems_of(given, mesh));
  const TrainingConfig config = padded(given, mesh);
  check_sizes(config);
  const MethodInfo& method = method_of(given);
  Plan plan = method.plan(config, mesh, die);
  for (const chiplet::Program& program : plan.roles) {
    chiplet::validate(program);
    check_counts(program, die);
  }
  plan.tokens = std::uint64_t{given.batch_sequences} * given.sequence_length;
  plan.model_flops = model_flops(given);  // padding does nothing useful
  plan.padding = padding_of(given, mesh);
  if (!plan.padding.empty())
    plan.padding_cost = padding_cost(plan, given, config, mesh, method.kv_lines(mesh));
  add_model_facts(plan, given, config);
  return plan;
}

}  // namespace hecaton::training
