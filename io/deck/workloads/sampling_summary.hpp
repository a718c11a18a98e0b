// What of a training step was simulated, and the interval that the rest is told with.
#pragma once

#include <cstdint>
#include <string>

#include "core/engine/base/fields.hpp"

namespace hecaton::io {

// Of a step that was simulated whole, mode is "off", there are no segments, and both ends of each interval are the
// value itself.
struct SamplingSummary {
  std::string mode = "off";
  std::uint64_t segments_simulated = 0;
  std::uint64_t segments_total = 0;
  double simulated_s = 0;  // the time that was simulated
  double confidence = 1;   // of the intervals
  bool steady = true;      // rounds of loops grow or fall by no more than the error that was asked for
  std::string unsteady;    // if not: which, in words
  double step_s_low = 0, step_s_high = 0;
  double tokens_per_s_low = 0, tokens_per_s_high = 0;
  double mfu_low = 0, mfu_high = 0;
  double nop_s_low = 0, nop_s_high = 0;
  double dram_s_low = 0, dram_s_high = 0;
  double energy_total_J_low = 0, energy_total_J_high = 0;

  static constexpr auto fields() {
    using S = SamplingSummary;
    return FieldList(
        field<&S::mode>("mode"), field<&S::segments_simulated>("segments_simulated"),
        field<&S::segments_total>("segments_total"), field<&S::simulated_s>("simulated_s", "s"),
        field<&S::confidence>("confidence"), field<&S::steady>("steady"), field<&S::unsteady>("unsteady"),
        field<&S::step_s_low>("step_s_low", "s"), field<&S::step_s_high>("step_s_high", "s"),
        field<&S::tokens_per_s_low>("tokens_per_s_low", "1/s"),
        field<&S::tokens_per_s_high>("tokens_per_s_high", "1/s"), field<&S::mfu_low>("mfu_low"),
        field<&S::mfu_high>("mfu_high"), field<&S::nop_s_low>("nop_s_low", "s"),
        field<&S::nop_s_high>("nop_s_high", "s"), field<&S::dram_s_low>("dram_s_low", "s"),
        field<&S::dram_s_high>("dram_s_high", "s"), field<&S::energy_total_J_low>("energy_total_J_low", "J"),
        field<&S::energy_total_J_high>("energy_total_J_high", "J"));
  }
};
static_assert(lists_every_member<SamplingSummary>);

}  // namespace hecaton::io
