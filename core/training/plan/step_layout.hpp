// What every family's layout says of a training step, however it cuts tensors over the dies: how often what is
// done, and how much of a die's two buffers it takes. Sizes in bytes.
#pragma once

#include <cstdint>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/trained.hpp"
#include "core/training/plan/buffers.hpp"

namespace hecaton::training {

// What a pass forward is for: frozen layers save nothing, and leave the stream where the one before them left it.
enum class Layers : std::uint8_t { frozen, trained };

struct StepLayout {
  std::uint64_t layers = 1;
  Trained trained;  // which of them
  std::uint64_t minibatches = 1;
  std::uint64_t sequences = 1;  // of a mini-batch
  bool recompute = false;       // of a layer only its stream is saved
  Optimizer optimizer = Optimizer::adam;
  std::uint64_t activation_peak = 0;  // of the activation buffer in use, at most
  std::uint64_t weight_peak = 0;      // of the weight buffer in use, at most
  std::uint64_t weight_capacity = 0;

  // What is known before a mini-batch is chosen.
  static StepLayout of(const TrainingConfig& config, const chiplet::DieConfig& die) {
    StepLayout step;
    step.layers = config.model.layers;
    step.trained = trained_of(config);
    step.recompute = config.recompute;
    step.optimizer = config.optimizer;
    step.weight_capacity = training::weight_capacity(die);
    return step;
  }
  // And what follows from the choice.
  template <class Fit>
  void choose(const Fit& minibatch, const TrainingConfig& config) {
    activation_peak = minibatch.peak;
    sequences = minibatch.sequences;
    minibatches = config.batch_sequences / minibatch.sequences;
  }
};

}  // namespace hecaton::training
