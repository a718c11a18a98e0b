// Sizes of a die's buffers in bytes, and how an error says that something does not fit.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

constexpr std::uint64_t bytes_of_MiB(double mebibytes) {
  return static_cast<std::uint64_t>(mebibytes * 1048576.0);
}
constexpr std::uint64_t weight_capacity(const chiplet::DieConfig& die) {
  return bytes_of_MiB(die.weight_buffer_MiB);
}
constexpr std::uint64_t activation_capacity(const chiplet::DieConfig& die) {
  return bytes_of_MiB(die.activation_buffer_MiB);
}

// Throws PlanError for "die.weight_buffer_MiB" or "die.activation_buffer_MiB": `what` needs `needed` bytes.
[[noreturn]] void throw_no_weight_room(const std::string& what, std::uint64_t needed,
                                       std::uint64_t available);
[[noreturn]] void throw_no_activation_room(const std::string& what, std::uint64_t needed,
                                           std::uint64_t available);

// The same for the stage that needs most even with the smallest tiles of a mini-batch of `tokens` tokens.
[[noreturn]] void throw_no_fit(std::span<const TiledStage> stages, std::uint64_t tokens,
                               std::uint64_t capacity);

}  // namespace hecaton::training
