// The batch script that sweeps are submitted with: cluster/sweep.sbatch, as it was when the program was
// built.
#pragma once

#include <string_view>

namespace hecaton::runs {

std::string_view sweep_script();

}  // namespace hecaton::runs
