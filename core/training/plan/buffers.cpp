#include "core/training/plan/buffers.hpp"

#include <fmt/format.h>

#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

std::string shortage(const std::string& what, std::uint64_t needed, std::uint64_t available) {
  return fmt::format("{}: {} bytes needed, {} available", what, needed, available);
}

// Rounded up to a tenth, so that what the suggestion says is enough.
std::string mebibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10 + 1048575) / 1048576;
  return fmt::format("{}.{} MiB", tenths / 10, tenths % 10);
}

}  // namespace

void throw_no_weight_room(const std::string& what, std::uint64_t needed, std::uint64_t available) {
  PlanError error("die.weight_buffer_MiB", "is too small for this model on this mesh",
                  shortage(what, needed, available),
                  fmt::format("use at least {}, or more dies", mebibytes(needed)));
  error.needed_bytes = needed;
  throw error;
}

void throw_no_activation_room(const std::string& what, std::uint64_t needed, std::uint64_t available) {
  PlanError error("die.activation_buffer_MiB", "is too small for this mini-batch",
                  shortage(what, needed, available),
                  fmt::format("use at least {}, or fewer or shorter sequences per mini-batch, or more dies",
                              mebibytes(needed)));
  error.needed_bytes = needed;
  throw error;
}

void throw_no_fit(std::span<const TiledStage> stages, std::uint64_t tokens, std::uint64_t capacity) {
  std::size_t worst = 0;
  const auto least = [&](std::size_t i) { return stages[i].tiling.bytes(stages[i].tiling.parts); };
  for (std::size_t i = 1; i < stages.size(); ++i) {
    if (least(i) > least(worst)) worst = i;
  }
  throw_no_activation_room(
      fmt::format("{}, mini-batch of {} tokens, smallest token tiles", stages[worst].text, tokens),
      least(worst), capacity);
}

}  // namespace hecaton::training
