#include "core/training/method.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/grid/methods.hpp"
#include "core/training/model/models.hpp"
#include "core/training/one_d/methods.hpp"

namespace hecaton::training {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t most_operators = 64;  // of a layer: each has its operations in the program

void check_shapes(const ModelConfig& m) {
  if (m.hidden == 0 || m.ffn == 0 || m.heads == 0 || m.kv_heads == 0 || m.layers == 0 || m.vocabulary == 0) {
    throw PlanError("training.model", "has a shape of 0", "every shape of a model is at least 1",
                    "give hidden, ffn, heads, kv_heads, layers and vocabulary");
  }
  if (m.operators.size() > most_operators) {
    throw PlanError("training.model.operators", "are too many",
                    fmt::format("{} of a layer", m.operators.size()),
                    fmt::format("use at most {}, and more layers", most_operators));
  }
  check_operators(model_of(m));
  if (m.layers > 32767) {
    throw PlanError("training.model.layers", "is too large", "a trace labels layers with 16 bits",
                    "use at most 32767");
  }
}

// Every count of a plan stays below this bound, so that nothing in a method can overflow.
void check_counts(const TrainingConfig& c, MeshShape mesh) {
  const Model m = model_of(c.model);
  const Wide tokens = Wide{c.batch_sequences} * c.sequence_length;
  Wide features = 8 * Wide{m.hidden} + m.vocabulary, products = 0, heads = 0, layer = 0;
  for (const Operator& o : m.operators) {
    features += 8 * Wide{widest_features(o, m.hidden)};
    products += 12 * Wide{m.layers} * c.sequence_length * scored_features(o, m.hidden);
    heads = std::max(heads, Wide{o.heads});
    layer += weights(o, m.hidden);
  }
  const Wide bound = Wide{1} << 62;
  const Wide all = (m.layers * layer + Wide{2} * m.hidden * m.vocabulary) * 32;
  if (tokens * features * 16 > bound || all > bound) {
    throw PlanError("training.batch_sequences", "makes the step too large",
                    "bytes of a step are counted in 64 bits", "use a smaller batch, sequence or model");
  }
  const Wide operations = tokens * (products + all / 4);
  if (operations > bound || c.batch_sequences * heads > 0xffffffff) {
    throw PlanError("training.batch_sequences", "makes the step too large",
                    "operations of a step are counted in 64 bits, products of attention in 32",
                    "use a smaller batch or shorter sequences");
  }
  if (mesh.dies() == 0 || mesh.dies() > 0xffffffff) {
    throw PlanError("package.rows", "makes no mesh of dies", "rows and columns are at least 1",
                    "choose another mesh");
  }
}

constexpr MethodInfo table[] = {
    {"hecaton", "2D tiles of weights and activations, rings along rows and columns", plan_hecaton},
    {"megatron-flat-ring", "1D tensor parallelism over all dies on one ring", plan_flat_ring},
    {"megatron-torus-ring", "1D tensor parallelism over all dies on rings along rows, then columns",
     plan_torus_ring},
    {"optimus", "2D tiles by SUMMA, panels broadcast along rows and columns of a square", plan_optimus},
};

std::string method_names() {
  std::string names;
  for (const MethodInfo& method : methods()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", method.name);
  }
  return names;
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

Plan plan_step(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  const MethodInfo* method = find_method(config.method);
  if (method == nullptr) {
    throw PlanError("training.method", "is no training method",
                    fmt::format("\"{}\" is unknown", config.method),
                    fmt::format("use one of {}", method_names()));
  }
  if (config.batch_sequences == 0 || config.sequence_length == 0) {
    throw PlanError("training.batch_sequences", "makes an empty step",
                    fmt::format("{} sequences of {} tokens", config.batch_sequences, config.sequence_length),
                    "use at least one sequence of one token");
  }
  check_shapes(config.model);
  check_counts(config, mesh);
  Plan plan = method->plan(config, mesh, die);
  for (const chiplet::Program& program : plan.roles) chiplet::validate(program);
  return plan;
}

}  // namespace hecaton::training
