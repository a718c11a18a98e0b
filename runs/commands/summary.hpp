// `hecaton summary TRACE` and `hecaton compare A B`
#pragma once

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

int print_summary(const SummaryArguments& arguments);
int print_comparison(const CompareArguments& arguments);

}  // namespace hecaton::runs
