// A summary as plain text for people: aligned, with units, at most 80 columns wide, without colour.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/result/summary.hpp"

namespace hecaton::io {

// One line of a table. A heading has no value; `number` is what ratios are taken of, where they make sense; `share`
// is one of a whole that the table shows too.
struct TableLine {
  std::string label;
  std::string value = {};
  std::optional<double> share = {};
  std::optional<double> number = {};
};
using TableLines = std::vector<TableLine>;

// What the deck alone decides.
TableLines result_lines(const Summary& summary);
// The run: simulated time, packets, digest, and what varies from run to run.
TableLines run_lines(const Summary& summary);

// What a run prints at its end.
std::string render_table(const Summary& summary);

// Two or more runs side by side. The first is the baseline: every other value is followed by its ratio to the
// baseline's. Rows that a run's workload does not have show "-". Blocks of three runs keep within 80 columns.
std::string render_comparison(std::span<const Summary> summaries);

}  // namespace hecaton::io
