// A warning for results that lie beside those of another run.
#pragma once

#include <span>
#include <string>

namespace hecaton::runs {

// Of files that have been read: a line on stderr for each that is of another run than the result beside it.
void warn_of_mixed_results(std::span<const std::string> files);

}  // namespace hecaton::runs
