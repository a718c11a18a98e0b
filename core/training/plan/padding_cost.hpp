// What padding costs of a step: which shares of the work are done for pads.
//
// Each product and each exchange of a program has its share that is useful: of its tokens, and of the features of
// its linear layer that it works on. What is there several times, or computed again, counts as often as it is done.
#pragma once

#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// `plan`: of `planned`, which is `given` with its pads. The layers' operators are the same but for their shapes.
PaddingCost padding_cost(const Plan& plan, const TrainingConfig& given, const TrainingConfig& planned,
                         MeshShape mesh);

}  // namespace hecaton::training
