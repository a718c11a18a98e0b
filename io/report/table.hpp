// A summary as plain text for people: aligned, with units, at most 80 columns wide, without colour.
#pragma once

#include <span>
#include <string>

#include "io/result/summary.hpp"

namespace hecaton::io {

// What a run prints at its end.
std::string render_table(const Summary& summary);

// Two or more runs side by side. The first is the baseline: every other value is followed by its ratio to the
// baseline's. Rows that a run's workload does not have show "-". Blocks of three runs keep within 80 columns.
std::string render_comparison(std::span<const Summary> summaries);

}  // namespace hecaton::io
