// `hecaton partition DECK`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// Prints which rank would simulate which dies, and draws it if a file is named.
int print_partition(const PartitionArguments& arguments);

}  // namespace hecaton::runs
