#include "runs/wiring/dram_room.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/model/plan_error.hpp"

namespace hecaton::runs {

namespace {

std::uint64_t fullest_channel(const Workload& workload) {
  const training::Plan& plan = workload.plan();
  const std::uint32_t dies = workload.topology().dies();
  std::vector<std::uint64_t> bytes_of_io(workload.topology().nodes() - dies);
  for (std::uint32_t die = 0; die < dies; ++die) {
    const std::vector<chiplet::DramShare> shares = workload.dram_shares(NodeId{die});
    chiplet::split_bytes(
        plan.footprints[plan.role_of_die[die]].total(), shares,
        [&](std::size_t share, std::uint64_t bytes) { bytes_of_io[shares[share].io.value - dies] += bytes; });
  }
  std::uint64_t most = 0;
  for (std::uint32_t io = 0; io < bytes_of_io.size(); ++io) {
    const std::uint64_t channels = workload.io_setup(NodeId{dies + io}).channels;
    most = std::max(most, (bytes_of_io[io] + channels - 1) / channels);
  }
  return most;
}

}  // namespace

std::optional<DramRoom> dram_room(const Workload& workload) {
  const training::Plan& plan = workload.plan();
  if (plan.footprints.empty()) return std::nullopt;
  std::vector<std::uint64_t> dies_of_role(plan.footprints.size());
  for (const std::uint32_t role : plan.role_of_die) ++dies_of_role[role];
  DramRoom room;
  for (std::size_t role = 0; role < dies_of_role.size(); ++role)
    room.package.add(plan.footprints[role], dies_of_role[role]);
  room.channels = workload.channels();
  room.fullest_channel = fullest_channel(workload);
  return room;
}

std::uint64_t bytes_of_GiB(double gibibytes) {
  return static_cast<std::uint64_t>(gibibytes * 1073741824.0);
}

std::string text_of_GiB(std::uint64_t bytes) {
  return fmt::format("{:.4g} GiB", static_cast<double>(bytes) / 1073741824.0);
}

void require_dram_room(const Workload& workload, const std::optional<DramRoom>& room) {
  const std::uint64_t capacity = bytes_of_GiB(workload.deck().memory.capacity_GiB);
  if (!room || capacity == 0 || room->fullest_channel <= capacity) return;
  const std::string help = text_of(remedies(workload.deck(), capacity));
  throw training::PlanError(
      "memory.capacity_GiB", "is too small for what the step keeps in DRAM",
      fmt::format("the fullest of {} channels would hold {}, which is {} too much", room->channels,
                  text_of_GiB(room->fullest_channel), text_of_GiB(room->fullest_channel - capacity)),
      help.empty() ? "use larger channels, a smaller model, or more dies" : "use " + help);
}

std::string text_of(const std::vector<Remedy>& remedies) {
  std::string text;
  for (const Remedy& remedy : remedies)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", or ", remedy.text,
                        text_of_GiB(remedy.fullest_channel));
  return text;
}

}  // namespace hecaton::runs
