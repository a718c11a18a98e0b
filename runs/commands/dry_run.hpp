// `hecaton dry-run DECK`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// Prints what a run on so many ranks would do, and writes it if a file is named.
int play_dry_run(const DryRunArguments& arguments);

}  // namespace hecaton::runs
