// The numbers that a die's linear layers compute, followed operation by operation beside its program: what it
// multiplies, what it puts into messages and what it finds in them; and the same from a dense reference.
//
// Tensors are functions of a seed: X[token, input], W[input, output] and dY[token, output] of every linear
// layer of every Transformer layer hold numbers between 1/2 and 3/2, so that sums cancel nowhere and a
// relative error means something. A die starts each tile of each linear layer from its own slice of these,
// and whatever it ends up with (Y, dX, and dW after the last mini-batch) has to equal the dense product. What
// is computed between linear layers touches no other die, and is not followed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/chiplet/counts.hpp"
#include "core/chiplet/die.hpp"
#include "core/training/meaning.hpp"
#include "runs/mailbox.hpp"

namespace hecaton::runs {

// Where chunk `index` of `count` starts, in units.
inline std::uint64_t chunk_start(std::uint64_t units, std::uint32_t count, std::uint32_t index) {
  return units / count * index + std::min<std::uint64_t>(index, units % count);
}

// What was compared.
struct Findings {
  std::uint64_t outputs = 0;  // elements of Y, of dX, of dW
  std::uint64_t input_gradients = 0;
  std::uint64_t weight_gradients = 0;
  std::uint64_t wrong = 0;  // of all these
  double worst = 0;         // relative error
  std::string first_wrong;  // where
};

inline constexpr double tolerated_error = 1e-10;

class DieNumbers {
 public:
  // `role` and `groups` are those of the plan, whatever the die was told. With a ring over the package 1D
  // methods count dies along it; else by their places in rows, and then in columns.
  DieNumbers(NodeId id, const training::Meanings& role, const chiplet::GroupPlaces& groups,
             std::uint64_t seed, Mailbox& mailbox)
      : id_(id), meanings_(&role), groups_(groups), seed_(seed), mailbox_(&mailbox) {}

  // Told by the die; see chiplet::ObservedHost.
  void multiply(const chiplet::Work& work);
  void begin(const chiplet::Work& work);
  void send(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
            const chiplet::Message& message);
  void receive(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
               std::uint64_t tag);
  void end(const chiplet::Work& work);

  // After the run: weight gradients are complete only now. `tokens` of the step.
  Findings finish(std::uint64_t tokens);

 private:
  using Pass = training::Pass;
  using Meaning = training::Meaning;
  enum class Tensor : std::uint8_t { x, w, dy };
  struct Linear {
    chiplet::Stage stage = chiplet::Stage::none;
    std::int32_t layer = -1;
    auto operator<=>(const Linear&) const = default;
  };
  struct Shape {  // of a product as the die does it
    std::uint64_t tokens = 0, inputs = 0, outputs = 0;
  };
  struct Block {  // of a tensor; tokens count from the first of the tile
    std::uint64_t row = 0, rows = 0, column = 0, columns = 0;
    std::uint64_t size() const { return rows * columns; }
  };
  struct Blocks {  // that are this die's, and what the whole linear layer has
    Block x, w, y;
    std::uint64_t inputs = 0, outputs = 0;
  };
  struct Held {  // gathered, or a panel
    Numbers numbers;
    std::uint64_t first_token = 0;
  };
  struct Gradient {
    Numbers sum;
    Block where;
  };

  const Meaning& meaning(const chiplet::Work& work) const { return (*meanings_)[work.index]; }
  Linear linear_of(const chiplet::Work& work) const;
  std::uint64_t& tiles_done(const chiplet::Work& work) {
    return done_[{linear_of(work), meaning(work).pass}];
  }
  const chiplet::RingPlace& ring(chiplet::Ring which) const {
    return groups_.rings[static_cast<std::size_t>(which)];
  }
  std::uint64_t dies() const;
  std::uint64_t index_1d() const;
  Blocks blocks_of(const chiplet::Work& work, const Shape& shape) const;

  double value(Tensor tensor, const Linear& linear, std::uint8_t half, std::uint64_t row,
               std::uint64_t column) const;
  Numbers cut(Tensor tensor, const chiplet::Work& work, const Block& block, std::uint64_t first_token) const;
  Numbers share(Tensor tensor, const chiplet::Work& work) const;
  double expected_y(const Linear& linear, std::uint8_t half, std::uint64_t inputs, std::uint64_t token,
                    std::uint64_t output) const;
  double expected_dx(const Linear& linear, std::uint64_t token, std::uint64_t input) const;
  void compare(double got, double expected, std::uint64_t& counter, const std::string& where);
  void compare_block(const Numbers& got, const Block& block, const chiplet::Work& work);
  void compare_share(const Numbers& got, std::uint64_t at, const chiplet::Work& work);
  void fail(const std::string& what, const chiplet::Work& work);
  bool fits(const Numbers& numbers, std::uint64_t size, const chiplet::Work& work);
  std::string name(const chiplet::Work& work) const;

  void multiply_grid(const chiplet::Work& work, const Shape& shape);
  void multiply_panels(const chiplet::Work& work, const Shape& shape);
  void multiply_by_outputs(const chiplet::Work& work, const Shape& shape);
  void multiply_by_inputs(const chiplet::Work& work, const Shape& shape);
  void add_gradient(const chiplet::Work& work, const Numbers& product, const Block& block);
  void end_panel(const chiplet::Work& work);
  void end_scatter(const chiplet::Work& work);

  NodeId id_;
  const training::Meanings* meanings_;
  chiplet::GroupPlaces groups_;
  std::uint64_t seed_;
  Mailbox* mailbox_;
  std::map<std::pair<Linear, Pass>, std::uint64_t> done_;
  std::map<std::pair<Linear, std::uint8_t>, Gradient> gradients_;    // by half
  std::map<Linear, std::map<std::uint8_t, std::uint64_t>> outputs_;  // of each half of a linear layer
  Findings findings_;
  std::uint64_t inputs_ = 0;  // of the linear layer at work
  Numbers buffer_, result_, product_, y_;
  Held x_, dy_, weights_;
  std::uint64_t panels_ = 0;
};

}  // namespace hecaton::runs
