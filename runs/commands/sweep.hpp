// `hecaton sweep STUDY`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// Runs or submits the points of a study that are not finished, or says how far it is, and gathers its table.
int sweep_study(const SweepArguments& arguments);

}  // namespace hecaton::runs
