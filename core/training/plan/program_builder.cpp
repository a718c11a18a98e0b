#include "core/training/plan/program_builder.hpp"

#include <fmt/format.h>

#include <limits>

#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

std::uint32_t count_of(std::uint64_t count) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (count <= most) return static_cast<std::uint32_t>(count);
  throw PlanError("training.batch_sequences", "makes the step too large",
                  fmt::format("loops and products of attention are counted in 32 bits; one is {}", count),
                  "use a smaller batch, smaller mini-batches or shorter sequences");
}

}  // namespace hecaton::training
