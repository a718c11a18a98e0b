#include "runs/sampling/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "core/sampling/one_loop.hpp"
#include "runs/sampling/sample.hpp"
#include "runs/wiring/undisturbed.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Iterates;
using sampling::LoopRounds;

// A start that is longer than this is not simulated before it is seen to matter.
constexpr double longest_start = 8;

SimDuration least_time_of_round(const Workload& whole, sampling::OneLoop& loop) {
  const Workload alone(whole, with_programs(whole, std::move(loop.roles)));
  const Undisturbed all = undisturbed(alone, whole.deck());
  const std::uint64_t time = std::max(all.compute_ps + all.collectives_ps, all.dram_ps);
  return from_picoseconds(static_cast<double>(time) / static_cast<double>(loop.rounds));
}

double disturbed_rounds(const Workload& whole, const sampling::OneLoop& loop, SimDuration round) {
  if (loop.outstanding_bytes == 0 || round.ps == 0) return 0;
  const double bytes = static_cast<double>(loop.outstanding_bytes) * whole.topology().dies();
  const double GBps = whole.deck().memory.bandwidth_GBps * static_cast<double>(whole.channels());
  return bytes / GBps * 1e3 / static_cast<double>(round.ps);
}

bool is_inside_minibatches(Iterates kind) {
  return kind == Iterates::tiles || kind == Iterates::chunks;
}

LoopRounds rounds_of(Iterates kind, double disturbed, Thoroughness thoroughness) {
  const auto start = static_cast<std::uint64_t>(std::ceil(std::clamp(disturbed, 1.0, longest_start)));
  const bool is_thorough = thoroughness == Thoroughness::thorough;
  const bool is_least = thoroughness == Thoroughness::least;
  const std::uint64_t length = is_thorough ? 4 : 2;
  if (disturbed > longest_start) return {start, 2, length / 2, 1, 1};
  if (kind == Iterates::groups && disturbed <= 1 && !is_thorough) return {0, 1, is_least ? 1U : 2U, 0, 0};
  const bool is_last_like_others = is_least && kind == Iterates::minibatches;
  return {start, 1, is_inside_minibatches(kind) ? 2 : length, 0, is_last_like_others ? 0U : 1U};
}

// What each loop adds to the square of the half width, largest first.
std::vector<std::pair<double, std::size_t>> parts_of(const sampling::Estimate& step) {
  double variance = 0;
  for (const auto& [loop, part] : step.variance) variance += part;
  std::vector<std::pair<double, std::size_t>> parts;
  for (const auto& [loop, part] : step.variance)
    if (part > 0) parts.emplace_back(step.chance * step.chance * part / variance, loop);
  for (const auto& [loop, drift] : step.drift)
    if (const double part = drift.beyond_chance(); part > 0) parts.emplace_back(part * part, loop);
  std::sort(parts.begin(), parts.end(), std::greater<>());
  return parts;
}

}  // namespace

std::vector<LoopForecast> forecast_loops(const Workload& whole) {
  std::vector<LoopForecast> loops;
  for (sampling::OneLoop& loop : sampling::loops_of(whole.plan().roles)) {
    const SimDuration round = least_time_of_round(whole, loop);
    loops.push_back({loop.place, loop.iterates, round, disturbed_rounds(whole, loop, round)});
  }
  return loops;
}

SampledRounds first_rounds(const std::vector<LoopForecast>& loops, Thoroughness thoroughness) {
  SampledRounds first;
  for (const LoopForecast& loop : loops) {
    first.times[loop.place] = loop.round;
    first.rounds[loop.place] = rounds_of(loop.iterates, loop.disturbed, thoroughness);
    first.kinds[loop.place] = loop.iterates;
  }
  return first;
}

bool add_rounds(SampledRounds& sampled, const sampling::Estimate& step, double half_width_ps,
                std::uint64_t times) {
  double left = step.half_width() * step.half_width();
  std::set<std::size_t> wanting;
  for (const auto& [part, loop] : parts_of(step)) {
    if (!wanting.empty() && left < half_width_ps * half_width_ps / 2) break;
    wanting.insert(loop);
    left -= part;
  }
  for (const std::size_t loop : wanting) {
    LoopRounds& rounds = sampled.rounds.at(loop);
    rounds.length *= times;
    if (is_inside_minibatches(sampled.kinds.at(loop))) rounds.warm_up *= 2;
  }
  return !wanting.empty();
}

}  // namespace hecaton::runs
