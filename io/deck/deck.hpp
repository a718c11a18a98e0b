// A resolved deck: every value a run needs, checked, with nothing left to look up. It is what `run` echoes
// into the trace, and the only thing the wiring reads.
#pragma once

#include <cstdint>
#include <string>

#include "core/chiplet/hardware/config.hpp"
#include "core/engine/base/enum_names.hpp"
#include "core/training/model/config.hpp"
#include "net/package/config.hpp"
#include "net/traffic/config.hpp"

namespace hecaton::io {

enum class WorkloadKind : std::uint8_t { training, collective, traffic };
constexpr auto enum_names(std::type_identity<WorkloadKind>) {
  using enum WorkloadKind;
  return named<WorkloadKind>({{training, "training"}, {collective, "collective"}, {traffic, "traffic"}});
}

struct Deck {
  std::string name;           // file name without folder, for tables and summaries
  std::string resolved_toml;  // the whole deck after presets and overrides; reads back to the same Deck
  WorkloadKind kind = WorkloadKind::training;
  net::NetworkConfig network;
  chiplet::DieConfig die;
  chiplet::MemoryConfig memory;
  chiplet::EnergyConfig energy;
  training::TrainingConfig training;
  training::CollectiveConfig collective;
  net::TrafficConfig traffic;
  // Which preset filled [link], [memory] and [energy], for tables and reports; the values above already hold
  // what it set.
  std::string link_preset = "none";
  std::string memory_preset = "none";
  std::string energy_preset = "none";
};

}  // namespace hecaton::io
