// One training step on a single die, densely and in numbers longer than double: what any method has to
// compute.
//
// Embedding; layers, each a list of operators between a norm and a residual: attention (queries/keys/values,
// scores, projection), a feed-forward network (gated: silu(gate) x up, else gelu(up)), or a mixture of such
// networks; norm, output head, cross entropy summed over tokens; and all of it backward. Norms divide by the
// root mean square (their gains are 1); attention is over the whole square of positions, as the matrix engine
// computes it. In a mixture a token's result is the sum of those of its k experts, each with its share:
// softmax over the scores of these k. Which experts it has follows from routing.hpp; weights, words and
// labels from a seed.
//
// A block is an operator of a layer, counted through the model; -1 is the output head.
#pragma once

#include <cstdint>
#include <map>

#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/operators.hpp"
#include "runs/verify/expert_routes.hpp"
#include "runs/verify/number.hpp"

namespace hecaton::runs {

// What is drawn from the seed.
enum class Stream : std::uint64_t { weights, words, labels, routes };
std::uint64_t draw(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t index);

// What tensors are called, by the reference and by dies alike. Rows are tokens; routes for what lies between
// up and down of an expert, and for its share.
enum class Kind : std::uint8_t {
  norm_input,           // the stream, before the norm that comes before a linear layer
  input,                // X of a linear layer
  output,               // Y
  score,                // of a token for each expert
  share,                // of an expert in a token's result: a column
  output_gradient,      // dY
  input_gradient,       // dX
  norm_input_gradient,  // of the stream
  share_gradient,       // times the share
};

struct TensorName {
  Kind kind = Kind::input;
  chiplet::Stage linear = chiplet::Stage::none;
  std::int32_t block = -1;
  auto operator<=>(const TensorName&) const = default;
};

// A linear layer: of one of a block's experts, or what scores them.
struct Linear {
  static constexpr std::int32_t scores = -1;
  chiplet::Stage stage = chiplet::Stage::none;
  std::int32_t block = -1;
  std::int32_t expert = 0;
  auto operator<=>(const Linear&) const = default;
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

// A part of a gradient of weights: what `heads` add to gradients of keys and values; of scores, what these
// tokens and features between up and down add.
struct GradientPart {
  Heads heads;
  std::vector<std::uint64_t> tokens;
  std::vector<std::uint64_t> features;
};

class Reference {
 public:
  using Stage = chiplet::Stage;
  // `order` of tokens: see Routing.
  Reference(const training::TrainingConfig& config, const std::vector<std::uint64_t>& order,
            std::uint64_t seed);

  const training::Model& model() const { return model_; }
  const training::Operator& operator_at(std::int32_t block) const {
    return model_.operators[static_cast<std::size_t>(block) % model_.operators.size()];
  }
  // The linear layers that a block begins and ends with.
  Stage opening(std::int32_t block) const;
  Stage closing(std::int32_t block) const;
  std::uint64_t sequence() const { return sequence_; }
  std::uint64_t tokens() const { return tokens_; }
  std::uint64_t rows(const TensorName& name) const;

  // Attention.
  std::uint64_t head_size(std::int32_t block) const { return model_.hidden / operator_at(block).heads; }
  // The key/value head that a query head uses.
  std::uint64_t kv_head_of(std::int32_t block, std::uint64_t head) const {
    return head * operator_at(block).kv_heads / operator_at(block).heads;
  }
  // Where keys and values of a key/value head begin among queries, keys and values.
  std::uint64_t key_at(std::int32_t block, std::uint64_t kv_head) const {
    return model_.hidden + kv_head * head_size(block);
  }
  std::uint64_t value_at(std::int32_t block, std::uint64_t kv_head) const {
    return key_at(block, operator_at(block).kv_heads) + kv_head * head_size(block);
  }

  // Experts; a feed-forward network is one, of which every token passes one.
  std::uint64_t per_token(std::int32_t block) const { return operator_at(block).experts_per_token; }
  std::uint64_t expert_of(std::int32_t block, Route route) const { return routing_.expert(block, route); }

  std::uint64_t inputs_of(const Linear& linear) const;
  std::uint64_t outputs_of(const Linear& linear) const;
  Number weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const;
  Number embedding(std::uint64_t word, std::uint64_t feature) const;
  std::uint64_t word_of(std::uint64_t token) const;
  std::uint64_t label_of(std::uint64_t token) const;

  // The tensor that another name stands for too: dY of a linear layer before a residual is the gradient of
  // the stream, for instance.
  TensorName resolved(TensorName name) const;
  TensorName norm_input_after(std::int32_t block) const;  // the stream after a block
  // Gradients of keys and values: what `heads` add to them.
  Number at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const;
  Number weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                         const GradientPart& part) const;

 private:
  struct Matrix {
    std::uint64_t columns = 0;
    Numbers numbers;
    Number& at(std::uint64_t row, std::uint64_t column) { return numbers[row * columns + column]; }
    Number at(std::uint64_t row, std::uint64_t column) const { return numbers[row * columns + column]; }
  };

  std::int32_t blocks() const { return static_cast<std::int32_t>(model_.layers * model_.operators.size()); }
  Matrix& make(Kind kind, Stage linear, std::int32_t block, std::uint64_t rows, std::uint64_t columns);
  const Matrix& get(Kind kind, Stage linear, std::int32_t block) const;
  // Every weight of every expert, with every route through that expert:
  // visit(route, token, input, output, weight).
  template <class Visit>
  void for_each_use(Stage linear, std::int32_t block, Visit&& visit) const {
    const std::uint64_t k = per_token(block);
    for (std::uint64_t e = 0; e < operator_at(block).experts; ++e)
      for (std::uint64_t f = 0; f < inputs_of({linear, block}); ++f)
        for (std::uint64_t n = 0; n < outputs_of({linear, block}); ++n) {
          const Number w = weight({linear, block, static_cast<std::int32_t>(e)}, f, n);
          for (Route route = 0; route < tokens_ * k; ++route)
            if (expert_of(block, route) == e) visit(route, route / k, f, n, w);
        }
  }
  void forward();
  void norm(Stage linear, std::int32_t block);
  void linear(Stage linear, std::int32_t block);
  void attend(std::int32_t block);
  void activate(std::int32_t block);
  void score(std::int32_t block);
  void up(std::int32_t block);
  void down(std::int32_t block);
  void backward();
  void loss();
  void norm_backward(Stage linear, std::int32_t block, const TensorName* residual);
  void linear_backward(Stage linear, std::int32_t block);
  void attention_backward(std::int32_t block);
  void activate_backward(std::int32_t block);
  void down_backward(std::int32_t block);
  void up_backward(std::int32_t block);
  Number share_gradient(std::int32_t block, Route route, const std::vector<std::uint64_t>& features) const;
  // Of a token's score for the expert of this route.
  Number score_gradient(std::int32_t block, Route route, const std::vector<std::uint64_t>& features) const;
  Number scores_gradient(const Linear& linear, std::uint64_t input, std::uint64_t expert,
                         const GradientPart& part) const;
  Numbers probabilities(std::int32_t block, const Matrix& qkv, std::uint64_t token, std::uint64_t head) const;

  training::Model model_;
  std::uint64_t sequence_, tokens_, seed_;
  Routing routing_;
  std::map<TensorName, Matrix> tensors_;
  // By block; by token, per query head: gradients of its key and its value.
  std::map<std::int32_t, Matrix> kv_gradients_;
};

}  // namespace hecaton::runs
