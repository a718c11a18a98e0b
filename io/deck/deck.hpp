// A resolved deck: every value a run needs, checked, with nothing left to look up. It is what `run` echoes
// into the trace, and the only thing the wiring reads.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "core/chiplet/hardware/config.hpp"
#include "core/cost/config.hpp"
#include "core/engine/base/enum_names.hpp"
#include "io/deck/workloads/kinds.hpp"
#include "net/package/config.hpp"

namespace hecaton::io {

// Whether a step is simulated whole, or sampled (core/sampling).
enum class SamplingMode : std::uint8_t { off, on };
constexpr auto enum_names(std::type_identity<SamplingMode>) {
  using enum SamplingMode;
  return named<SamplingMode>({{off, "off"}, {on, "on"}});
}

struct SamplingConfig {
  SamplingMode mode = SamplingMode::off;
  double error = 0.01;         // of the step: half the width of the interval that is wanted
  double confidence = 0.95;    // of that interval
  std::string budget = "10m";  // what all of it may take (budget_events)
};

struct Deck {
  std::string name;           // file name without folder, for tables and summaries
  std::string resolved_toml;  // the whole deck after presets and overrides; reads back to the same Deck
  net::NetworkConfig network;
  chiplet::DieConfig die;
  chiplet::MemoryConfig memory;
  chiplet::EnergyConfig energy;
  cost::CostConfig cost;
  SamplingConfig sampling;
  WorkloadConfig workload;  // settings of the one kind that the deck runs
  // Which preset filled [link], [memory], [energy] and [cost], for tables and reports; the values above already hold
  // what it set.
  std::string link_preset = "none";
  std::string memory_preset = "none";
  std::string energy_preset = "none";
  std::string cost_preset = "none";

  // The settings of a kind, by their type (training::TrainingConfig, ...). Throws std::bad_variant_access if
  // the deck runs another kind.
  template <class Config>
  Config& as() {
    return std::get<Config>(workload);
  }
  template <class Config>
  const Config& as() const {
    return std::get<Config>(workload);
  }
};

}  // namespace hecaton::io
