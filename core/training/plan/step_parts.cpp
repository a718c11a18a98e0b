#include "core/training/plan/step_parts.hpp"

#include <algorithm>

#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Stage;

OutsideLayers outside_layers(const Trained& trained, bool tied, std::uint64_t head, std::uint64_t table) {
  OutsideLayers outside;
  (trained.head ? outside.trained : outside.frozen) += head;
  if (!tied) (trained.table ? outside.trained : outside.frozen) += table;
  return outside;
}

void add_optimizer(ProgramBuilder& b, OptimizerShare share, std::uint64_t buffer_bytes, bool overlap) {
  const std::uint64_t state = optimizer_state_bytes(share.optimizer);
  const std::uint64_t reads = share.weights * state + share.gradients * element_bytes;
  const std::uint64_t writes = share.weights * (state + element_bytes);
  const std::uint64_t room = std::max<std::uint64_t>(overlap ? buffer_bytes / 2 : buffer_bytes, 1);
  const std::uint64_t chunks = ceil_div(reads, room);
  const std::uint64_t chunk = reads / chunks;
  const std::uint64_t written = writes / chunks;
  b.set_layer(-1);
  b.set_minibatch(-1);
  b.wait(Stage::optimizer, Slot::gradients);
  const std::uint64_t first = reads % chunks + (overlap ? chunk : 0);
  if (first > 0) b.read(Stage::optimizer, Slot::weights, first);
  if (first > 0 && !overlap) b.wait(Stage::optimizer, Slot::weights);
  b.loop(chiplet::Iterates::chunks, chunks, [&] {
    if (!overlap) b.read(Stage::optimizer, Slot::weights, chunk);
    b.wait(Stage::optimizer, Slot::weights);
    if (overlap) b.wait(Stage::optimizer, Slot::output);  // so that its half of the buffer is free
    if (overlap) b.read(Stage::optimizer, Slot::weights, chunk, 1);
    b.vector(Stage::optimizer, chunk);
    b.write(Stage::optimizer, Slot::output, written);
    // States are updated in place, and new weights take that of gradients.
    b.release(Buffer::weight, chunk - std::min(chunk, written));
    b.release_after(Slot::output, Buffer::weight, std::min(chunk, written));
    if (!overlap) b.wait(Stage::optimizer, Slot::output);
  });
  if (writes % chunks > 0) b.write(Stage::optimizer, Slot::output, writes % chunks);
  b.release_after(Slot::output, Buffer::weight, reads % chunks);
}

void add_embedding_backward(ProgramBuilder& b, std::uint64_t minibatches, std::uint64_t bytes, bool overlap) {
  b.set_layer(-1);
  b.set_minibatch(0);
  b.wait(Stage::embedding, Slot::output);
  if (overlap) b.read(Stage::embedding, Slot::border, 2 * bytes);
  b.loop(chiplet::Iterates::minibatches, minibatches, [&] {
    if (!overlap) b.read(Stage::embedding, Slot::border, 2 * bytes);
    b.wait(Stage::embedding, Slot::border);
    if (overlap) b.wait(Stage::embedding, Slot::gradients);
    if (overlap) b.read(Stage::embedding, Slot::border, 2 * bytes, 1);
    b.vector(Stage::embedding, 2 * bytes);
    b.write(Stage::embedding, Slot::gradients, bytes);
    drop(b, bytes);
    drop_after(b, Slot::gradients, bytes);
    if (!overlap) b.wait(Stage::embedding, Slot::gradients);
    b.add_minibatch(1);
  });
}

}  // namespace hecaton::training
