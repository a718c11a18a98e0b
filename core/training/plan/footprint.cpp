#include "core/training/plan/footprint.hpp"

#include "core/chiplet/counts/counts.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

namespace {

// More than any package has, and with room left for sums.
constexpr Wide most_bytes = Wide{1} << 62;

void add_bytes(std::uint64_t& sum, std::uint64_t bytes, std::uint64_t times) {
  const Wide wide = sum + Wide{bytes} * times;
  if (wide > most_bytes) {
    throw PlanError("training.batch_sequences", "makes the step too large",
                    "what it keeps in DRAM is counted in 64 bits", "use a smaller batch, sequence or model");
  }
  sum = static_cast<std::uint64_t>(wide);
}

enum class Written : std::uint8_t { saved, frozen_stream, stream_gradients, weights };

// Gradients of weights, and what the optimizer writes, have their places already.
Written kind_of_write(const chiplet::Op& op) {
  using chiplet::Stage;
  const bool of_weights =
      op.stage == Stage::optimizer || op.slot == static_cast<std::uint8_t>(Slot::gradients);
  if (of_weights) return Written::weights;
  if (op.stage == Stage::activations) return Written::frozen_stream;
  return op.stage == Stage::gradients ? Written::stream_gradients : Written::saved;
}

}  // namespace

std::uint64_t Footprint::total() const {
  return weights + gradients + optimizer_state + saved_activations + stream_gradients;
}

void Footprint::add(const Footprint& of_die, std::uint64_t dies) {
  constexpr std::uint64_t Footprint::*all[] = {&Footprint::weights, &Footprint::gradients,
                                               &Footprint::optimizer_state, &Footprint::saved_activations,
                                               &Footprint::stream_gradients};
  Footprint whole;
  for (const auto member : all) {
    add_bytes(this->*member, of_die.*member, dies);
    add_bytes(whole.weights, this->*member, 1);  // so that total() fits too
  }
}

Footprint footprint_of(const chiplet::Program& program, const OptimizerShare& optimizer,
                       std::uint64_t frozen_stream_bytes) {
  Footprint f;
  add_bytes(f.weights, optimizer.weights, element_bytes);
  add_bytes(f.weights, optimizer.frozen, element_bytes);
  add_bytes(f.gradients, optimizer.gradients, element_bytes);
  add_bytes(f.optimizer_state, optimizer.weights, optimizer_state_bytes(optimizer.optimizer));
  chiplet::for_each_operation(program, [&f](const chiplet::Op& op, std::uint64_t times, std::uint32_t) {
    if (op.code != chiplet::OpCode::dram_write) return;
    const Written kind = kind_of_write(op);
    if (kind == Written::saved) add_bytes(f.saved_activations, op.bytes, times);
    if (kind == Written::stream_gradients && f.stream_gradients == 0)
      add_bytes(f.stream_gradients, op.bytes, times);
  });
  add_bytes(f.saved_activations, frozen_stream_bytes, 1);
  return f;
}

}  // namespace hecaton::training
