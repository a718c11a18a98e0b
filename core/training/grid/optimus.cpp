// Optimus: 2D tensor parallelism by SUMMA.
//
// Die (i,j) holds the tiles X[t_i, k_j], W[k_i, n_j] and Y[t_i, n_j]; both layouts of the grid are the same.
// Features k are cut into as many panels as the least common multiple of rows and columns, dealt out in turn:
// panel l of X lies in column l mod c, panel l of W in row l mod r (block-cyclic, as SUMMA on any grid: van de
// Geijn and Watts 1997; on p x p dies panel l is all that column l and row l have: Xu et al., arXiv:2104.05343).
// Y = X W takes a step for each panel: in step l the dies of X's column broadcast it along their rows, those of
// W's row along their columns, and every die adds the product to its Y. dX = dY W^T: in step l W is broadcast
// along the columns, and the products are reduced along the rows onto the column of X. dW = X^T dY: X along the
// rows, reduced along the columns onto the row of W. A panel of W passes in blocks of columns if the weight
// buffer has no room for all of it. A weight crosses the package once per token tile, so tiles should be large.
// One row (column) of dies broadcasts no weights (activations), and keeps its tile of them.
//
// The root of step l is the die at place l of the broadcast's order, modulo their number.
#include "core/training/grid/grid.hpp"
#include "core/training/grid/methods.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

using chiplet::Buffer;
using chiplet::OpCode;
using chiplet::Ring;

struct Panels {
  ProgramBuilder& b;
  const GridLayout& l;
  const GridLinear& linear;
  std::uint64_t tokens = 0;  // of a tile, on this die

  Panels(ProgramBuilder& builder, const GridLayout& layout, const GridLinear& which, std::uint64_t tile)
      : b(builder), l(layout), linear(which), tokens(tile / layout.die.rows) {}

  // The root is the iteration of the loop over panels.
  void inputs(OpCode code, Pass pass) {
    b.panel(code, linear.stage, Ring::row, tokens, slice_bytes(1, linear.inputs), form(), 1);
    mean(Verb::input_panel, pass);
  }
  // A block of the weights: inside the loop over blocks.
  void weights(OpCode code, Pass pass) {
    b.panel(code, linear.stage, Ring::column, linear.inputs, slice_bytes(1, columns()), form(), 2);
    mean(Verb::weight_panel, pass);
  }
  void product(Pass pass, std::uint64_t m, std::uint64_t k, std::uint64_t n) {
    b.matmul(linear.stage, m, k, n);
    mean(Verb::product, pass);
  }
  std::uint64_t columns() const { return linear.outputs / linear.blocks; }
  // A panel of activations in the one buffer; a block of weights in the other.
  std::uint64_t bytes() const { return slice_bytes(tokens, linear.inputs); }
  std::uint64_t block_bytes() const { return slice_bytes(linear.inputs, columns()); }

 private:
  void mean(Verb verb, Pass pass) {
    Meaning meaning{verb, pass, Spread::summa};
    meaning.blocks = static_cast<std::uint32_t>(linear.blocks);
    meaning.along_rings = l.broadcast == chiplet::Schedule::pipelined;
    b.mean(meaning);
  }
  ProgramBuilder::PanelForm form() const { return {l.broadcast, l.broadcast_chunks}; }
};

void forward(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tile) {
  Panels panels(b, l, linear, tile);
  b.loop(chiplet::Iterates::other, l.die.panels * l.die.columns, [&] {
    hold(b, panels.bytes());
    panels.inputs(OpCode::broadcast, Pass::forward);
    b.loop(chiplet::Iterates::other, linear.blocks, [&] {
      b.allocate(Buffer::weight, panels.block_bytes());
      panels.weights(OpCode::broadcast, Pass::forward);
      panels.product(Pass::forward, panels.tokens, linear.inputs, panels.columns());
      b.release(Buffer::weight, panels.block_bytes());
    });
    drop(b, panels.bytes());
  });
}

void input_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tile) {
  Panels panels(b, l, linear, tile);
  b.loop(chiplet::Iterates::other, l.die.panels * l.die.columns, [&] {
    hold(b, panels.bytes());
    b.loop(chiplet::Iterates::other, linear.blocks, [&] {
      b.allocate(Buffer::weight, panels.block_bytes());
      panels.weights(OpCode::broadcast, Pass::input_gradient);
      panels.product(Pass::input_gradient, panels.tokens, panels.columns(), linear.inputs);
      b.release(Buffer::weight, panels.block_bytes());
    });
    panels.inputs(OpCode::reduce, Pass::input_gradient);
    drop(b, panels.bytes());
  });
}

void weight_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tile) {
  Panels panels(b, l, linear, tile);
  b.loop(chiplet::Iterates::other, l.die.panels * l.die.columns, [&] {
    hold(b, panels.bytes());
    panels.inputs(OpCode::broadcast, Pass::weight_gradient);
    b.loop(chiplet::Iterates::other, linear.blocks, [&] {
      b.allocate(Buffer::weight, panels.block_bytes());
      panels.product(Pass::weight_gradient, linear.inputs, panels.tokens, panels.columns());
      panels.weights(OpCode::reduce, Pass::weight_gradient);
      b.release(Buffer::weight, panels.block_bytes());
    });
    drop(b, panels.bytes());
  });
}

// Each panel of it stays where it was computed.
void nothing(ProgramBuilder&, const GridLayout&, const GridLinear&, std::uint64_t) {}

}  // namespace

PlanErrors optimus_problems(const TrainingConfig& config, MeshShape) {
  PlanErrors errors;
  if (config.train == Train::adapters) {
    errors.emplace_back("training.train", "has no adapters with this method",
                        "a panel of W has its root on another die in every "
                        "step, and those of A and B are too narrow for it",
                        "use the method \"hecaton\"");
  }
  return errors;
}

Plan plan_optimus(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  return plan_grid(
      config, mesh, die,
      {forward, input_gradient, weight_gradient, nothing, nothing, chiplet::Ring::row, false, true});
}

}  // namespace hecaton::training
