#include "runs/verify/dense/step_shape.hpp"

namespace hecaton::runs {

using chiplet::Stage;

StepShape::StepShape(const training::TrainingConfig& config)
    : model_(training::model_of(config.model)),
      mask_(training::mask_of(config)),
      sequence_(config.sequence_length),
      tokens_(std::uint64_t{config.batch_sequences} * config.sequence_length),
      trained_(training::trained_of(config)),
      adapters_(training::adapters_of(config)),
      first_trained_(static_cast<std::int32_t>(trained_.frozen_layers * model_.operators.size())) {}

Stage StepShape::first_stage(std::int32_t block) const {
  return operator_at(block).kind == training::OperatorKind::attention ? Stage::qkv : Stage::ffn_up;
}

Stage StepShape::last_stage(std::int32_t block) const {
  return is_attention(block) ? Stage::attention_output : Stage::ffn_down;
}

std::uint64_t StepShape::inputs_of(const Linear& linear) const {
  if (linear.expert == Linear::adapter_b) return adapter_rank(*this, linear);
  if (linear.stage == Stage::attention_output) return queries(linear.block);
  return linear.stage == Stage::ffn_down ? operator_at(linear.block).ffn : model_.hidden;
}

std::uint64_t StepShape::outputs_of(const Linear& linear) const {
  if (linear.expert == Linear::scores) return operator_at(linear.block).experts;
  if (linear.expert == Linear::adapter_a) return adapter_ranks(*this, linear);
  switch (linear.stage) {
    case Stage::qkv:
      return training::qkv_features(operator_at(linear.block));
    case Stage::ffn_up:
      return training::up_features(operator_at(linear.block));
    case Stage::head:
      return model_.vocabulary;
    default:
      return model_.hidden;
  }
}

StepShape::Keys StepShape::keys_of(std::uint64_t token) const {
  const std::uint64_t query = token % sequence_;  // its place in its sequence
  Keys keys{sequence_, 0};
  for (std::uint64_t key = sequence_; key-- > 0;) {
    if (!mask_.sees(query, key)) continue;
    keys.first = key;
    ++keys.count;
  }
  keys.first += token - query;
  return keys;
}

TensorName StepShape::stream_after(std::int32_t block) const {
  if (block + 1 == blocks()) return {Kind::norm_input, Stage::head, -1};
  return {Kind::norm_input, first_stage(block + 1), block + 1};
}

TensorName StepShape::kept_as(TensorName name) const {
  if (name.kind != Kind::output_gradient || name.block < 0 || name.stage != last_stage(name.block))
    return name;
  TensorName stream = stream_after(name.block);
  stream.kind = Kind::norm_input_gradient;
  return stream;
}

namespace {

// Queries, keys, values; gate, up.
std::uint64_t matrix_of(const StepShape& shape, const Linear& linear, std::uint64_t output) {
  if (linear.stage == Stage::ffn_up) return output / shape.operator_at(linear.block).ffn;
  if (linear.stage != Stage::qkv || output < shape.queries(linear.block)) return 0;
  return output < shape.value_at(linear.block, 0) ? 1 : 2;
}

}  // namespace

std::uint64_t adapter_rank(const StepShape& shape, const Linear& linear) {
  const bool has = linear.block >= 0 && linear.block >= shape.first_trained();
  return has ? shape.adapters().rank_of(shape.operator_at(linear.block).kind) : 0;
}

std::uint64_t adapter_ranks(const StepShape& shape, const Linear& linear) {
  const std::uint64_t outputs = shape.outputs_of({linear.stage, linear.block});
  return adapter_rank(shape, linear) * (matrix_of(shape, linear, outputs - 1) + 1);
}

std::uint64_t adapter_column(const StepShape& shape, const Linear& linear, std::uint64_t rank,
                             std::uint64_t output) {
  return matrix_of(shape, linear, output) * adapter_rank(shape, linear) + rank;
}

}  // namespace hecaton::runs
