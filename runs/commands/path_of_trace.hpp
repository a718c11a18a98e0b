// The critical path of a trace, as far as it can be read.
#pragma once

#include <string>

#include "io/trace/critical_path_table.hpp"

namespace hecaton::runs {

// Empty if the trace holds none. One that cannot be read, as in a file that was repacked with compression, is a warning:
// the summary beside it is still worth being shown.
critical::Path path_of_trace(const std::string& trace);

}  // namespace hecaton::runs
