#include "runs/verify/dense/attention.hpp"

#include <cmath>

#include "runs/verify/dense/functions.hpp"

namespace hecaton::runs {

using chiplet::Stage;

namespace {

// One query with the keys that it sees.
Numbers probabilities(const StepShape& shape, std::int32_t block, const DenseMatrix& qkv, std::uint64_t token,
                      std::uint64_t head) {
  const std::uint64_t size = shape.head_size(block);
  const StepShape::Keys keys = shape.keys_of(token);
  const std::uint64_t key = shape.key_at(block, shape.kv_head_of(block, head));
  Numbers products(keys.count, 0.0);
  for (std::uint64_t s = 0; s < keys.count; ++s)
    for (std::uint64_t f = 0; f < size; ++f)
      products[s] += qkv.at(token, head * size + f) * qkv.at(keys.first + s, key + f);
  return attention_weights(std::move(products), size);
}

}  // namespace

void attend(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const StepShape& shape = inputs.shape;
  const DenseMatrix& qkv = tensors.get({Kind::output, Stage::qkv, block});
  const std::uint64_t size = shape.head_size(block);
  DenseMatrix& out =
      tensors.make({Kind::input, Stage::attention_output, block}, shape.tokens(), shape.queries(block));
  for (std::uint64_t t = 0; t < shape.tokens(); ++t)
    for (std::uint64_t head = 0; head < shape.operator_at(block).heads; ++head) {
      const Numbers p = probabilities(shape, block, qkv, t, head);
      const std::uint64_t value = shape.value_at(block, shape.kv_head_of(block, head));
      const std::uint64_t first = shape.keys_of(t).first;
      for (std::uint64_t s = 0; s < p.size(); ++s)
        for (std::uint64_t f = 0; f < size; ++f)
          out.at(t, head * size + f) += p[s] * qkv.at(first + s, value + f);
    }
}

Number KeyValueGradients::sum(const StepShape& shape, std::int32_t block, std::uint64_t token,
                              std::uint64_t feature, Heads heads) const {
  const std::uint64_t size = shape.head_size(block);
  const bool is_value = feature >= shape.value_at(block, 0);
  const std::uint64_t in_kv = feature - (is_value ? shape.value_at(block, 0) : shape.key_at(block, 0));
  Number sum = 0;
  const std::uint64_t all = shape.operator_at(block).heads;
  for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head) {
    if (shape.kv_head_of(block, head) != in_kv / size) continue;
    for (std::uint64_t kind = 0; kind < query_kinds; ++kind)
      if (heads.has_query(kind))
        sum += by_head.at(token, (2 * (kind * all + head) + (is_value ? 1 : 0)) * size + in_kv % size);
  }
  return sum;
}

KeyValueGradients attend_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block,
                                  std::uint64_t query_kinds) {
  const StepShape& shape = inputs.shape;
  const DenseMatrix& qkv = tensors.get({Kind::output, Stage::qkv, block});
  const DenseMatrix& dout = tensors.get({Kind::input_gradient, Stage::attention_output, block});
  const std::uint64_t heads = shape.operator_at(block).heads, size = shape.head_size(block);
  DenseMatrix& dy = tensors.make({Kind::output_gradient, Stage::qkv, block}, shape.tokens(), qkv.columns);
  KeyValueGradients gradients{zeros(shape.tokens(), query_kinds * 2 * heads * size), query_kinds};
  DenseMatrix& kv = gradients.by_head;
  const Number scale = 1.0 / std::sqrt(static_cast<Number>(size));
  for (std::uint64_t t = 0; t < shape.tokens(); ++t)
    for (std::uint64_t head = 0; head < heads; ++head) {
      const Numbers p = probabilities(shape, block, qkv, t, head);
      const std::uint64_t first = shape.keys_of(t).first, q = head * size;
      const std::uint64_t own = 2 * (t % shape.sequence() % query_kinds * heads + head) * size;
      const std::uint64_t key = shape.key_at(block, shape.kv_head_of(block, head));
      const std::uint64_t value = shape.value_at(block, shape.kv_head_of(block, head));
      Numbers dp(p.size(), 0.0);
      Number dot = 0;
      for (std::uint64_t s = 0; s < p.size(); ++s) {
        for (std::uint64_t f = 0; f < size; ++f) dp[s] += dout.at(t, q + f) * qkv.at(first + s, value + f);
        dot += p[s] * dp[s];
      }
      for (std::uint64_t s = 0; s < p.size(); ++s) {
        const Number ds = p[s] * (dp[s] - dot) * scale;
        for (std::uint64_t f = 0; f < size; ++f) {
          dy.at(t, q + f) += ds * qkv.at(first + s, key + f);
          kv.at(first + s, own + f) += ds * qkv.at(t, q + f);
          kv.at(first + s, own + size + f) += p[s] * dout.at(t, q + f);
        }
      }
    }
  for (std::uint64_t t = 0; t < shape.tokens(); ++t)
    for (std::uint64_t n = shape.queries(block); n < dy.columns; ++n)
      dy.at(t, n) = gradients.sum(shape, block, t, n, {0, heads});
  return gradients;
}

}  // namespace hecaton::runs
