// Whether rounds that were simulated tell those that were not.
#pragma once

#include <string>

#include "core/chiplet/program/program.hpp"
#include "runs/sampling/sample.hpp"

namespace hecaton::runs {

// Why a step is not steady, for people: a loop whose rounds grow or fall so much that the step would be another by more
// than `most` (picoseconds), the one that does so most; or DRAM transfers that pile up. Empty if it is steady.
// `program` is that of the first role of the whole step, which loops are known by.
std::string why_unsteady(const Finding& finding, const chiplet::Program& program, double most);

}  // namespace hecaton::runs
