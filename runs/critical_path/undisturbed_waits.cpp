#include "runs/critical_path/undisturbed_waits.hpp"

#include <algorithm>

#include "core/chiplet/program/tags.hpp"

namespace hecaton::runs {

using chiplet::WaitCause;
using chiplet::WaitRow;

UndisturbedWaits::UndisturbedWaits(const Workload& workload)
    : workload_(workload), messages_(workload.deck().network, workload.has_io()) {}

critical::Undisturbed UndisturbedWaits::of(const WaitRow& wait) const {
  return wait.cause == WaitCause::message ? of_message(wait) : of_dram(wait);
}

critical::Undisturbed UndisturbedWaits::of_message(const WaitRow& wait) const {
  const Way way = messages_.way(NodeId{wait.from}, NodeId{wait.die}, wait.express != 0);
  const Time time = messages_.message(wait.bytes, way);
  return {static_cast<std::int64_t>((time.all - time.bytes).value()),
          static_cast<std::int64_t>(time.bytes.value())};
}

// Bytes at the bandwidth of all channels there; the latency of DRAM, and one message each way: a request and a burst, or
// a burst and its acknowledgement.
critical::Undisturbed UndisturbedWaits::of_dram(const WaitRow& wait) const {
  const NodeId die{wait.die}, io{wait.from};
  const chiplet::IoDieSetup setup = workload_.io_setup(io);
  const std::uint64_t burst = std::min<std::uint64_t>(wait.bytes, setup.burst_bytes);
  const bool reads = wait.cause == WaitCause::dram_read;
  const Time there = messages_.message(reads ? chiplet::control_bytes : burst, messages_.way(die, io, false));
  const Time back = messages_.message(reads ? burst : chiplet::control_bytes, messages_.way(io, die, false));
  const Checked latency = there.all + back.all + static_cast<std::uint64_t>(setup.latency.ps);
  const chiplet::Rate all_channels{setup.channel.per_second * setup.channels};
  return {static_cast<std::int64_t>(latency.value()), all_channels.time_of(wait.bytes).ps};
}

}  // namespace hecaton::runs
