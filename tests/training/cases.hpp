// The decks that the tests plan: each known model at its weak-scaling size, and layers in the style of GPT.
#pragma once

#include <cstdint>
#include <ostream>

#include "core/training/method.hpp"
#include "core/training/model/models.hpp"
#include "tests/training/tally.hpp"

namespace hecaton::training::test {

struct Case {
  const char* model;
  std::uint32_t rows, columns;
  std::uint32_t batch, sequence, minibatch_tokens;
};

inline std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.model << " on " << c.rows << " x " << c.columns << ", " << c.batch << " sequences of "
             << c.sequence << ", mini-batch " << c.minibatch_tokens;
}

inline constexpr Case weak_scaling[] = {
    {"tinyllama-1.1b", 4, 4, 8, 2048, 0},   {"tinyllama-1.1b", 4, 4, 16, 512, 2048},
    {"llama2-7b", 8, 8, 32, 256, 2048},     {"llama2-7b", 8, 8, 16, 2048, 0},
    {"llama2-70b", 16, 16, 32, 128, 2048},  {"llama3.1-405b", 32, 32, 64, 64, 2048},
    {"llama3.1-405b", 32, 32, 64, 2048, 0},
};

inline TrainingConfig config_of(const Case& c, const char* method) {
  TrainingConfig config;
  config.model = *find_model(c.model);
  config.method = method;
  config.batch_sequences = c.batch;
  config.sequence_length = c.sequence;
  config.minibatch_tokens = c.minibatch_tokens;
  return config;
}

// h to 3h, h to h, h to 4h, 4h to h: the layer of the published closed forms.
inline ModelConfig gpt_style(std::uint32_t hidden, std::uint32_t heads, std::uint32_t layers) {
  return {"gpt-style", hidden, 4 * hidden, heads, heads, layers, 32768, false};
}

// With room for everything at once.
inline chiplet::DieConfig large_die() {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = die.activation_buffer_MiB = 4096;
  return die;
}

inline RingSizes rings_of(MeshShape mesh) {
  return {mesh.columns, mesh.rows, mesh.dies()};
}

}  // namespace hecaton::training::test
