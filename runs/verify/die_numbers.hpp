// The numbers that a die computes, followed operation by operation beside its program: what it multiplies,
// what it does alone, what it puts into messages and what it finds in them. A step goes from words to weight
// gradients without a break: each operation starts from what the one before it left on this die.
//
// A die has a sheet for each tensor of the step (reference.hpp), on which it writes elements as it gets to
// know them. What it writes is compared with the dense reference; what it needs and has not written is a
// mistake. Weights, and the words' rows of the embedding table, are there from the start: the contents of
// DRAM are not followed, and a sheet keeps what goes to DRAM and comes back. Methods whose dies read what
// others wrote to DRAM deal tokens out so that each reads its own (which token is which is free).
//
// Which tokens a position of a message, of a tile and of a slice stands for is said in Places of numbers.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/dies/die.hpp"
#include "core/chiplet/program/counts.hpp"
#include "core/training/plan/meaning.hpp"
#include "runs/verify/mailbox.hpp"
#include "runs/verify/reference.hpp"

namespace hecaton::runs {

// Where chunk `index` of `count` starts, in units.
inline std::uint64_t chunk_start(std::uint64_t units, std::uint64_t count, std::uint64_t index) {
  return units / count * index + std::min<std::uint64_t>(index, units % count);
}

// What was compared.
struct Findings {
  std::uint64_t outputs = 0;           // elements of Y, of X, of the stream
  std::uint64_t input_gradients = 0;   // of dX, of dY, of the stream's gradient
  std::uint64_t weight_gradients = 0;  // of dW
  std::uint64_t wrong = 0;             // of all these
  double worst = 0;                    // relative error
  std::string first_wrong;             // where
};

inline constexpr double tolerated_error = 1e-10;

// What a die is to its method, whatever it was told: its places, and for the dies of its column as they lie
// their places in the column's ring; so for its row.
struct DieRole {
  NodeId id;
  const training::Meanings* meanings = nullptr;
  chiplet::GroupPlaces groups;
  std::vector<std::uint32_t> column_ring, row_ring;
  std::uint64_t minibatch_tokens = 0;
};

using Indices = std::vector<std::uint64_t>;

inline Indices count_up(std::uint64_t first, std::uint64_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

// 2D: token q of the list that the row's slices are dealt from, counted in the mini-batch; see Places in
// numbers.cpp.
inline std::uint64_t listed_token(std::uint64_t minibatch_tokens, std::uint64_t rows, std::uint64_t q) {
  return q % rows * (minibatch_tokens / rows) + q / rows;
}

class DieNumbers {
 public:
  DieNumbers(DieRole role, const Reference& reference, Mailbox& mailbox);

  // Told by the die; see chiplet::ObservedHost.
  void multiply(const chiplet::Work& work);
  void touch(const chiplet::Work& work);
  void begin(const chiplet::Work& work);
  void send(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
            const chiplet::Message& message);
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
               std::uint64_t tag);
  void end(const chiplet::Work& work);

  // After the run: weight gradients are complete only now. What no operation needs has to be there too: a
  // gradient for every weight that was multiplied with, and that of the embedded words.
  Findings finish();

 private:
  using Pass = training::Pass;
  using Meaning = training::Meaning;
  using Stage = chiplet::Stage;
  enum class Family : std::uint8_t { grid, summa, one_d };
  using Element = std::pair<std::uint64_t, std::uint64_t>;  // row (token or route), feature; input, output
  using Sheet = std::map<Element, Number>;
  struct Shape {  // of a product as the die does it
    std::uint64_t tokens = 0, inputs = 0, outputs = 0;
  };
  struct Held {  // gathered, a panel, or a product: rows of tokens, or of routes
    Numbers numbers;
    Indices tokens;
  };
  struct Matrix {
    const Numbers& numbers;
    std::uint64_t rows, columns;
    bool transposed = false;
    Number at(std::uint64_t i, std::uint64_t j) const {
      return transposed ? numbers[j * columns + i] : numbers[i * columns + j];
    }
  };
  // [rows, depth] times [depth, columns].
  static Numbers times(const Matrix& a, const Matrix& b, std::uint64_t rows, std::uint64_t depth,
                       std::uint64_t columns);

  // Places: who has what.
  const Meaning& meaning(const chiplet::Work& work) const { return (*role_.meanings)[work.index]; }
  std::int32_t block_of(const chiplet::Work& work) const;
  Linear linear_of(const chiplet::Work& work) const;
  bool is_one_d() const { return family_ == Family::one_d; }
  std::uint64_t size_of(chiplet::Ring group) const;
  std::uint64_t place_in(chiplet::Ring group) const;
  std::uint64_t dies() const;
  std::uint64_t index_1d() const;
  std::uint64_t base_of(const chiplet::Work& work) const;
  std::uint64_t tile_of(const chiplet::Work& work, std::uint64_t tile_tokens) const;
  std::uint64_t& tiles_done(const chiplet::Work& work) {
    return done_[{linear_of(work), meaning(work).pass}];
  }
  Indices slice(const chiplet::Work& work, chiplet::Ring group, std::uint64_t place, std::uint64_t tile,
                std::uint64_t tile_tokens) const;
  Indices slice_at(std::uint64_t base, chiplet::Ring group, std::uint64_t place, std::uint64_t tile,
                   std::uint64_t tile_tokens) const;
  Indices tile_along(const chiplet::Work& work, chiplet::Ring group, std::uint64_t tile_tokens) const;
  Indices own_tokens(const chiplet::Work& work, std::uint64_t tile, std::uint64_t tile_tokens) const;
  static Indices inputs_at(std::uint64_t place, std::uint64_t count);
  Indices outputs_at(const chiplet::Work& work, std::uint64_t place, std::uint64_t count) const;
  std::uint64_t input_place(const Meaning& m) const;
  std::uint64_t output_place(const Meaning& m) const;
  Heads heads_of(std::int32_t block, std::uint64_t place) const;
  Heads own_heads(std::int32_t block) const;
  Heads gradient_heads(std::int32_t block) const;
  Indices stream_tokens(const chiplet::Work& work) const;
  Indices stream_features() const;
  Indices attention_tokens(const chiplet::Work& work) const;
  Indices ffn_features(std::int32_t block) const;
  Indices up_features(std::int32_t block) const;
  Indices words() const;  // whose logits this die has

  // Sheets.
  Number get(const TensorName& name, std::uint64_t token, std::uint64_t feature);
  void put(const TensorName& name, std::uint64_t token, std::uint64_t feature, Number value);
  Numbers cut(const TensorName& name, const Indices& tokens, const Indices& features);
  void put_all(const TensorName& name, const Indices& tokens, const Indices& features,
               const Numbers& numbers);
  Numbers weights(const Linear& linear, const Indices& inputs, const Indices& outputs) const;
  // Weights of this die, used forward.
  Numbers own_weights(const Linear& linear, const Indices& inputs, const Indices& outputs);
  Numbers rows(const Held& held, const Indices& tokens, std::uint64_t width, const chiplet::Work& work);
  void add_gradient(const Linear& linear, const Indices& inputs, const Indices& outputs,
                    const Numbers& product);
  void check_complete();
  void miss(const std::string& what, std::uint64_t count);
  void compare(Number got, Number expected, std::uint64_t& counter, const std::string& where);
  void fail(const std::string& what, const chiplet::Work& work);
  bool fits(const Numbers& numbers, std::uint64_t size, const chiplet::Work& work);

  // Products.
  void multiply_grid(const chiplet::Work& work, const Shape& shape);
  void multiply_panels(const chiplet::Work& work, const Shape& shape);
  void multiply_by_outputs(const chiplet::Work& work, const Shape& shape);
  void multiply_by_inputs(const chiplet::Work& work, const Shape& shape);
  void multiply_experts(const chiplet::Work& work, const Shape& shape);

  // What a die does alone.
  void attend(const chiplet::Work& work);
  void attend_backward(const chiplet::Work& work);
  void activate(const chiplet::Work& work);
  void activate_backward(const chiplet::Work& work);
  void add_residual(const chiplet::Work& work);
  void add_residual_backward(const chiplet::Work& work);
  void norm_gathered(const chiplet::Work& work);
  void norm_again(const chiplet::Work& work);
  void norm_shares_backward(const chiplet::Work& work);
  Number root_of(Number squares) const;
  void put_normed_gradient(const Linear& linear, std::uint64_t token, Number dot);

  // A mixture of experts.
  Indices routes_of(std::int32_t block, const Indices& tokens) const;
  Indices routes_to(std::int32_t block, const Indices& tokens, std::uint64_t place) const;
  void score(const chiplet::Work& work);
  void add_score_inputs(const chiplet::Work& work, const Indices& features, const Numbers& dx);
  Number own_share_gradient(std::int32_t block, Route route);
  void share(const chiplet::Work& work);
  void combine(const chiplet::Work& work);
  void multiply_expert(const chiplet::Work& work, const Shape& shape, std::int32_t expert,
                       const Indices& routes);
  void begin_experts(const chiplet::Work& work);
  void begin_features(const chiplet::Work& work);
  void begin_ways(const chiplet::Work& work);
  void meet_tile(const chiplet::Work& work);
  void append_features(const chiplet::Work& work, Route route, Numbers& to);
  void end_experts(const chiplet::Work& work);
  void end_features(const chiplet::Work& work);
  GradientPart gradient_part(const Linear& linear) const;

  // Collectives.
  struct Range {
    std::uint64_t begin = 0, end = 0;  // in the buffer
  };
  bool is_scalar(const Meaning& m) const;
  bool is_wide(const Meaning& m) const;
  bool is_of_experts(const Meaning& m) const;
  Range chunk(const chiplet::Work& work, std::uint32_t count, std::uint32_t index) const;
  std::uint64_t stream_elements(const chiplet::Work& work) const;
  Indices share_tokens(const chiplet::Work& work) const;
  Indices panel_columns(const chiplet::Work& work, std::uint64_t panel) const;
  Indices tokens_below(const chiplet::Work& work, std::uint64_t place) const;
  std::uint64_t width_of(const chiplet::Work& work) const;
  void begin_gather(const chiplet::Work& work);
  void begin_scatter(const chiplet::Work& work);
  void begin_panel(const chiplet::Work& work);
  void begin_scalars(const chiplet::Work& work);
  void begin_heads(const chiplet::Work& work);
  void end_gather(const chiplet::Work& work);
  void end_scatter(const chiplet::Work& work);
  void end_panel(const chiplet::Work& work);
  void end_scalars(const chiplet::Work& work);
  void end_norm(const chiplet::Work& work);
  void end_loss(const chiplet::Work& work);
  void end_heads(const chiplet::Work& work);
  Numbers words_looked_up(const chiplet::Work& work, const Indices& tokens) const;
  Indices exchanged_features(const chiplet::Work& work, std::uint64_t place) const;
  TensorName exchanged(const chiplet::Work& work) const;
  Range part_sent(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step) const;
  Range part_received(const chiplet::Work& work, std::uint32_t step) const;

  DieRole role_;
  const Reference* reference_;
  Mailbox* mailbox_;
  Family family_ = Family::grid;
  bool along_rings_ = true;  // places count along rings; else as dies lie
  bool by_head_ = false;
  // Attention by head, backward: of gradients of keys and values the sheets have what these heads add; else
  // what gradient_heads() say.
  std::optional<Heads> only_heads_;

  std::map<TensorName, Sheet> sheets_;
  std::map<Linear, Sheet> gradients_;                             // of weights
  std::map<Linear, std::set<std::pair<Indices, Indices>>> used_;  // weights: inputs and outputs
  std::map<Linear, Sheet> normed_;  // gradients that came through a norm, until the residual's is added
  std::map<Linear, std::map<std::uint64_t, Number>> roots_;  // of norms, by token
  std::map<std::pair<Linear, Pass>, std::uint64_t> done_;    // tiles
  Findings findings_;
  Indices recent_;  // tokens of this die of which a tile has just been finished
  Numbers buffer_, received_, result_, loss_max_;
  Held x_, dy_, product_, y_;
  Numbers weights_;
  std::uint64_t panels_ = 0;
  // A mixture of experts: this die's tokens of the tile in hand; routes that have come to its column; by
  // route and feature what has come back, summed by token and feature; gradients of scores.
  Indices own_, arrived_;
  std::vector<Indices> arrived_from_;  // each die of the row, as they lie
  Sheet returned_, input_sums_, score_gradients_;
};

}  // namespace hecaton::runs
