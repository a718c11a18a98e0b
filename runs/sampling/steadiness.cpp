#include "runs/sampling/steadiness.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hecaton::runs {

std::string why_unsteady(const Finding& finding, const chiplet::Program& program, double most) {
  const auto percent = [&](double ps) { return 100 * ps / static_cast<double>(finding.step.total); };
  if (finding.backlog_ps > most)
    return fmt::format("DRAM transfers pile up, for {:.2g} % of the step", percent(finding.backlog_ps));
  const auto drifts_less = [](const auto& a, const auto& b) {
    return a.second.beyond_chance() < b.second.beyond_chance();
  };
  const auto& drift = finding.step.drift;
  const auto worst = std::max_element(drift.begin(), drift.end(), drifts_less);
  if (worst == drift.end() || worst->second.beyond_chance() <= most) return {};
  const chiplet::Op& loop = program[worst->first];
  return fmt::format("later rounds of a loop ({}, {}) are {}, by {:.2g} % of the step", name_of(loop.section),
                     name_of(loop.iterates), worst->second.difference > 0 ? "longer" : "shorter",
                     percent(worst->second.beyond_chance()));
}

}  // namespace hecaton::runs
