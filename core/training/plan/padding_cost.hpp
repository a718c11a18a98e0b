// What padding costs of a step: which shares of the work are done for pads.
//
// Each product and each exchange of a program has its share that is useful: of its tokens, and of the features of
// its linear layer that it works on. What is there several times, or computed again, counts as often as it is done.
#pragma once

#include <cstdint>

#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// `plan`: of `planned`, which is `given` with its pads. The layers' operators are the same but for their shapes.
// `kv_lines`: lines of dies that key/value heads are cut over.
PaddingCost padding_cost(const Plan& plan, const TrainingConfig& given, const TrainingConfig& planned,
                         MeshShape mesh, std::uint64_t kv_lines);

}  // namespace hecaton::training
