// `hecaton dump-default KIND`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

int print_default(const DumpDefaultArguments& arguments);

}  // namespace hecaton::runs
