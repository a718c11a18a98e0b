// The shape of a training step: its blocks, the linear layers of each, and the size of every tensor.
//
// The stream passes the blocks one after another: a norm, the linear layers of the operator, and a residual.
// Queries, keys and values of a token lie side by side in one tensor: all queries, all keys, all values, by
// head.
#pragma once

#include <cstdint>

#include "core/training/model/config.hpp"
#include "core/training/model/mask.hpp"
#include "core/training/model/operators.hpp"
#include "core/training/model/trained.hpp"
#include "runs/verify/dense/tensor_name.hpp"

namespace hecaton::runs {

class StepShape {
 public:
  explicit StepShape(const training::TrainingConfig& config);

  const training::Model& model() const { return model_; }
  std::uint64_t hidden() const { return model_.hidden; }
  std::uint64_t sequence() const { return sequence_; }  // tokens of a sequence
  std::uint64_t tokens() const { return tokens_; }      // of the step

  std::int32_t blocks() const { return static_cast<std::int32_t>(model_.layers * model_.operators.size()); }
  const training::Operator& operator_at(std::int32_t block) const {
    return model_.operators[static_cast<std::size_t>(block) % model_.operators.size()];
  }
  // Blocks before this one pass forward only; if there are no others, so many as there are.
  std::int32_t first_trained() const { return first_trained_; }
  // Whether its weights get gradients.
  bool is_trained(const Linear& linear) const {
    if (linear.block < 0) return trained_.head;
    const bool is_adapter = linear.expert == Linear::adapter_a || linear.expert == Linear::adapter_b;
    return linear.block >= first_trained_ && (trained_.weights || is_adapter);
  }
  const training::Adapters& adapters() const { return adapters_; }
  // The linear layers that a block begins and ends with.
  chiplet::Stage first_stage(std::int32_t block) const;
  chiplet::Stage last_stage(std::int32_t block) const;
  bool is_attention(std::int32_t block) const { return first_stage(block) == chiplet::Stage::qkv; }
  std::uint64_t inputs_of(const Linear& linear) const;
  std::uint64_t outputs_of(const Linear& linear) const;

  // Attention.
  std::uint64_t head_size(std::int32_t block) const { return operator_at(block).head; }
  std::uint64_t queries(std::int32_t block) const { return training::query_features(operator_at(block)); }
  // The key/value head that a query head uses.
  std::uint64_t kv_head_of(std::int32_t block, std::uint64_t head) const {
    return head * operator_at(block).kv_heads / operator_at(block).heads;
  }
  // Where keys and values of a key/value head begin among queries, keys and values.
  std::uint64_t key_at(std::int32_t block, std::uint64_t kv_head) const {
    return queries(block) + kv_head * head_size(block);
  }
  std::uint64_t value_at(std::int32_t block, std::uint64_t kv_head) const {
    return key_at(block, operator_at(block).kv_heads) + kv_head * head_size(block);
  }

  // Tokens that a token attends to: from `first` on.
  struct Keys {
    std::uint64_t first = 0, count = 0;
  };
  Keys keys_of(std::uint64_t token) const;

  // Experts that a token passes; a feed-forward network is one expert that every token passes.
  std::uint64_t per_token(std::int32_t block) const { return operator_at(block).experts_per_token; }

  TensorName first_stream() const { return {Kind::norm_input, first_stage(0), 0}; }  // embedded words
  TensorName stream_after(std::int32_t block) const;
  // Some tensors have two names: dY of the linear layer before a residual is the gradient of the stream after
  // it. This is the one under which the tensor is kept.
  TensorName kept_as(TensorName name) const;

 private:
  training::Model model_;
  training::AttentionMask mask_;
  std::uint64_t sequence_, tokens_;
  training::Trained trained_;
  training::Adapters adapters_;
  std::int32_t first_trained_;
};

// Adapters of a linear layer: ranks for each of its matrices, 0 for none; for all of them side by side; and the column of
// these that belongs to a rank of the matrix of an output.
std::uint64_t adapter_rank(const StepShape& shape, const Linear& linear);
std::uint64_t adapter_ranks(const StepShape& shape, const Linear& linear);
std::uint64_t adapter_column(const StepShape& shape, const Linear& linear, std::uint64_t rank,
                             std::uint64_t output);

}  // namespace hecaton::runs
