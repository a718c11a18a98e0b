#include "runs/search/measures.hpp"

#include <algorithm>
#include <limits>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/program/energy.hpp"
#include "core/cost/package_cost.hpp"
#include "io/deck/workloads/package_content.hpp"
#include "io/result/package_energy.hpp"

namespace hecaton::runs {

namespace {

using chiplet::OpCode;
using chiplet::Wide;

// What a program does by itself, whatever its collectives do.
chiplet::ActionCounts own_actions(const chiplet::Program& program, const chiplet::DieTimings& timings) {
  chiplet::ActionCounts all;
  chiplet::for_each_operation(program, [&](const chiplet::Op& op, std::uint64_t times, std::uint32_t) {
    chiplet::DieCounters once;
    if (op.code == OpCode::matmul) chiplet::count_matmul(once, timings.matrix, chiplet::shape_of(op));
    if (op.code == OpCode::vector) chiplet::count_vector(once, op.bytes);
    if (op.code == OpCode::dram_read) chiplet::count_dram_read(once, op.bytes);
    if (op.code == OpCode::dram_write) chiplet::count_dram_write(once, op.bytes);
    const chiplet::ActionCounts actions = chiplet::actions_of(once);
    chiplet::for_each_costed_counter([&](const auto& each) { all.*each.sum += times * actions.*each.sum; });
  });
  return all;
}

chiplet::ActionCounts package_actions(const Workload& workload) {
  const training::Plan& plan = workload.plan();
  std::vector<std::uint64_t> dies(plan.roles.size(), 0);
  for (const std::uint32_t role : plan.role_of_die) ++dies.at(role);
  const chiplet::DieTimings timings = workload.die_setup(NodeId{0}).timings;
  chiplet::ActionCounts all;
  for (std::size_t role = 0; role < plan.roles.size(); ++role) {
    const chiplet::ActionCounts actions = own_actions(plan.roles[role], timings);
    chiplet::for_each_costed_counter(
        [&](const auto& each) { all.*each.sum += dies[role] * actions.*each.sum; });
  }
  return all;
}

}  // namespace

std::string_view unit_of(Measure measure) {
  switch (measure) {
    case Measure::step_s:
      return "s";
    case Measure::energy_per_token_J:
      return "J";
    case Measure::power_W:
      return "W";
    case Measure::package_usd:
      return "USD";
    case Measure::usd_per_tokens_per_s:
      return "USD s";
    case Measure::substrate_mm2:
    case Measure::die_mm2:
      return "mm2";
  }
  return "";
}

Measures measures_of(const io::Summary& summary) {
  const auto& step = std::get<io::TrainingSummary>(summary.workload);
  Measures all{};
  of(all, Measure::step_s) = step.step_s;
  of(all, Measure::energy_per_token_J) = step.energy_per_token_J;
  of(all, Measure::power_W) = io::ratio(step.energy_J.total, step.step_s);
  of(all, Measure::package_usd) = step.cost.package_usd;
  of(all, Measure::usd_per_tokens_per_s) = step.cost.usd_per_tokens_per_s;
  of(all, Measure::substrate_mm2) = step.cost.substrate_mm2;
  of(all, Measure::die_mm2) = step.cost.die_mm2;
  return all;
}

Measures least_measures(const Workload& workload, const Undisturbed& undisturbed) {
  const io::Deck& deck = workload.deck();
  const training::Plan& plan = workload.plan();
  const std::uint64_t step_ps =
      std::max(undisturbed.compute_ps + undisturbed.collectives_ps, undisturbed.dram_ps);
  const double step_s = static_cast<double>(step_ps) * 1e-12, tokens = static_cast<double>(plan.tokens);
  const chiplet::EnergyCounts counts{.actions = package_actions(workload),
                                     .link_bits = 0,
                                     .time = {static_cast<std::int64_t>(step_ps)},
                                     .dies = workload.topology().dies()};
  const chiplet::EnergyBreakdown energy = chiplet::energy_of(counts, io::energy_table_of(deck));
  const cost::PackageCost cost = cost::package_cost(io::content_of(deck), deck.cost);
  const double usd = cost.can_be_made() ? cost.total_usd() : std::numeric_limits<double>::infinity();
  Measures all{};
  of(all, Measure::step_s) = step_s;
  of(all, Measure::energy_per_token_J) = io::ratio(energy.total_J(), tokens);
  // A step's power is a quotient, and so it may be a hair below what it was multiplied from.
  constexpr double hair = 1e-12;
  of(all, Measure::power_W) = (1 - hair) * deck.energy.static_W_per_die * static_cast<double>(counts.dies);
  of(all, Measure::package_usd) = usd;
  of(all, Measure::usd_per_tokens_per_s) = io::ratio(usd, io::ratio(tokens, step_s));
  of(all, Measure::substrate_mm2) = cost.substrate_mm2;
  of(all, Measure::die_mm2) = cost.area.total();
  return all;
}

}  // namespace hecaton::runs
