// How long what a die waited for takes at least, by closed forms: a message alone in the network, a DRAM transfer alone
// in the package.
#pragma once

#include "core/chiplet/program/waits.hpp"
#include "core/critical_path/walk.hpp"
#include "runs/closed_forms/message_times.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

class UndisturbedWaits {
 public:
  // The workload must outlive it.
  explicit UndisturbedWaits(const Workload& workload);

  // Precondition: it waited for a message or for DRAM.
  critical::Undisturbed of(const chiplet::WaitRow& wait) const;

 private:
  critical::Undisturbed of_message(const chiplet::WaitRow& wait) const;
  critical::Undisturbed of_dram(const chiplet::WaitRow& wait) const;

  const Workload& workload_;
  MessageTimes messages_;
};

}  // namespace hecaton::runs
