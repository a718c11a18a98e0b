// `hecaton validate DECK`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// Checks all that a run would check and prints what it would be: package, regions, lookahead, plan,
// estimates.
int validate_deck(const ValidateArguments& arguments);

}  // namespace hecaton::runs
