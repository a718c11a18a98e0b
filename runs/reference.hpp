// One training step on a single die, densely and in numbers longer than double: what any method has to
// compute.
//
// A Transformer: embedding; layers of norm, queries/keys/values, attention, projection, residual, norm,
// feed-forward network (gated: silu(gate) x up, else gelu(up)), residual; norm, output head, cross entropy
// summed over tokens; and all of it backward. Norms divide by the root mean square (their gains are 1);
// attention is over the whole square of positions, as the matrix engine computes it. Weights, words and
// labels follow from a seed.
#pragma once

#include <cstdint>
#include <map>

#include "core/chiplet/program.hpp"
#include "core/training/config.hpp"
#include "runs/number.hpp"

namespace hecaton::runs {

// What tensors are called, by the reference and by dies alike.
enum class Kind : std::uint8_t {
  norm_input,           // the stream, before the norm that comes before a linear layer
  input,                // X of a linear layer
  output,               // Y
  output_gradient,      // dY
  input_gradient,       // dX
  norm_input_gradient,  // of the stream
};

struct TensorName {
  Kind kind = Kind::input;
  chiplet::Stage linear = chiplet::Stage::none;
  std::int32_t layer = -1;
  auto operator<=>(const TensorName&) const = default;
};

// Query heads first .. first + count - 1.
struct Heads {
  std::uint64_t first = 0, count = 0;
};

inline constexpr Number norm_epsilon = 1e-5L;  // added to the mean square

Number activation(bool gated, Number gate, Number up);
// Of the gate (not gated: nothing) and of up, by the gradient of the result.
struct ActivationGradient {
  Number gate = 0, up = 0;
};
ActivationGradient activation_gradient(bool gated, Number gate, Number up, Number gradient);

class Reference {
 public:
  using Stage = chiplet::Stage;
  Reference(const training::TrainingConfig& config, std::uint64_t seed);

  const training::ModelConfig& model() const { return model_; }
  std::uint64_t sequence() const { return sequence_; }
  std::uint64_t tokens() const { return tokens_; }
  std::uint64_t head_size() const { return head_; }
  // The key/value head that a query head uses.
  std::uint64_t kv_head_of(std::uint64_t head) const { return head * model_.kv_heads / model_.heads; }
  // Where keys and values of a key/value head begin among queries, keys and values.
  std::uint64_t key_at(std::uint64_t kv_head) const { return model_.hidden + kv_head * head_; }
  std::uint64_t value_at(std::uint64_t kv_head) const { return key_at(model_.kv_heads) + kv_head * head_; }

  std::uint64_t inputs_of(Stage linear) const;
  std::uint64_t outputs_of(Stage linear) const;
  Number weight(Stage linear, std::int32_t layer, std::uint64_t input, std::uint64_t output) const;
  Number embedding(std::uint64_t word, std::uint64_t feature) const;
  std::uint64_t word_of(std::uint64_t token) const;
  std::uint64_t label_of(std::uint64_t token) const;

  // The tensor that another name stands for too: dY of a linear layer before a residual is the gradient of
  // the stream, for instance.
  TensorName resolved(TensorName name) const;
  TensorName norm_input_after(std::int32_t layer) const;  // the stream after a layer
  // Gradients of keys and values: what `heads` add to them.
  Number at(const TensorName& name, std::uint64_t token, std::uint64_t feature, Heads heads) const;
  Number weight_gradient(Stage linear, std::int32_t layer, std::uint64_t input, std::uint64_t output,
                         Heads heads) const;

 private:
  struct Matrix {
    std::uint64_t columns = 0;
    Numbers numbers;
    Number& at(std::uint64_t row, std::uint64_t column) { return numbers[row * columns + column]; }
    Number at(std::uint64_t row, std::uint64_t column) const { return numbers[row * columns + column]; }
  };

  Matrix& make(Kind kind, Stage linear, std::int32_t layer, std::uint64_t columns);
  const Matrix& get(Kind kind, Stage linear, std::int32_t layer) const;
  void forward();
  void norm(Stage linear, std::int32_t layer);
  void linear(Stage linear, std::int32_t layer);
  void attend(std::int32_t layer);
  void activate(std::int32_t layer);
  void backward();
  void loss();
  void norm_backward(Stage linear, std::int32_t layer, const TensorName* residual);
  void linear_backward(Stage linear, std::int32_t layer);
  void attend_backward(std::int32_t layer);
  void activate_backward(std::int32_t layer);
  Numbers probabilities(const Matrix& qkv, std::uint64_t token, std::uint64_t head) const;

  training::ModelConfig model_;
  std::uint64_t sequence_, tokens_, head_, seed_;
  std::map<TensorName, Matrix> tensors_;
  // By layer; by token, per query head: gradients of its key and its value.
  std::map<std::int32_t, Matrix> kv_gradients_;
};

}  // namespace hecaton::runs
