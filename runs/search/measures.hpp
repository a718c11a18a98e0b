// What a search compares packages by: figures of a finished step, and the least that they can be, from closed forms.
//
// All are better if they are smaller. Invariant (tested): no simulated step is below its least measures. Those of time
// are the larger of what dies have to do one after another and what DRAM channels have to do; of energy, the actions
// that programs are made of (what collectives read, add and send is left out) and static power for the least time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/engine/base/enum_names.hpp"
#include "io/result/summary.hpp"
#include "runs/wiring/undisturbed.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

enum class Measure : std::uint8_t {
  step_s,
  energy_per_token_J,
  power_W,  // mean over the step
  package_usd,
  usd_per_tokens_per_s,
  substrate_mm2,
  die_mm2
};
constexpr auto enum_names(std::type_identity<Measure>) {
  using enum Measure;
  return named<Measure>({{step_s, "step_s"},
                         {energy_per_token_J, "energy_per_token_J"},
                         {power_W, "power_W"},
                         {package_usd, "package_usd"},
                         {usd_per_tokens_per_s, "usd_per_tokens_per_s"},
                         {substrate_mm2, "substrate_mm2"},
                         {die_mm2, "die_mm2"}});
}
std::string_view unit_of(Measure measure);

using Measures = std::array<double, values_of<Measure>().size()>;
inline double& of(Measures& measures, Measure which) {
  return measures[static_cast<std::size_t>(which)];
}
inline double of(const Measures& measures, Measure which) {
  return measures[static_cast<std::size_t>(which)];
}

// Precondition: the summary is one of a training step.
Measures measures_of(const io::Summary& summary);

// Of a training step that nothing has simulated. A package that cannot be made has an infinite price.
Measures least_measures(const Workload& workload, const Undisturbed& undisturbed);

}  // namespace hecaton::runs
