#include "core/training/plan/minibatch.hpp"

#include <fmt/format.h>

#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

constexpr const char* minibatch_key = "training.minibatch_tokens";

}  // namespace

std::uint64_t whole_sequences(const TrainingConfig& config) {
  const std::uint64_t tokens = config.minibatch_tokens;
  if (tokens % config.sequence_length != 0) {
    throw PlanError(minibatch_key, "is not a whole number of sequences",
                    fmt::format("{} tokens in sequences of {}", tokens, config.sequence_length),
                    fmt::format("use a multiple of {}", config.sequence_length));
  }
  return tokens / config.sequence_length;
}

void require_whole_minibatches(const TrainingConfig& config, std::uint64_t sequences) {
  if (config.batch_sequences % sequences == 0) return;
  throw PlanError(minibatch_key, "does not divide the batch",
                  fmt::format("{} sequences in mini-batches of {}", config.batch_sequences, sequences),
                  "use a mini-batch of which the batch is a multiple");
}

}  // namespace hecaton::training
