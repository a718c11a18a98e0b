#include "runs/wiring/lookahead.hpp"

#include <array>

#include "core/chiplet/schedules/lanes.hpp"
#include "net/package/hops.hpp"

namespace hecaton::runs {

namespace {

class Senders {
 public:
  Senders(const Workload& workload, const net::Fabric& fabric, std::span<const RankId> owner_of, RankId self)
      : workload_(workload), fabric_(fabric), owner_of_(owner_of), self_(self), sends_(owner_of.size()) {
    find_groups();
  }

  std::vector<Sends> find() {
    for (std::uint32_t d = 0; d < fabric_.topology.dies(); ++d) {
      const chiplet::DieSetup setup = workload_.die_setup(NodeId{d});
      for (std::size_t group = 0; group < chiplet::ring_count; ++group) consider_group(setup, group);
      for (const chiplet::DramShare& share : setup.dram) {
        consider_dram(setup.id, share.io);
        consider_dram(share.io, setup.id);
      }
    }
    return std::move(sends_);
  }

 private:
  // Which rings and lines any program uses.
  void find_groups() {
    for (const chiplet::Program& program : workload_.plan().roles)
      for (const chiplet::Op& op : program) {
        if (!chiplet::is_collective(op.code)) continue;
        const bool along_rings = chiplet::uses_ring(op);
        chiplet::for_each_group_of(op, [&](chiplet::Ring group) {
          const auto index = static_cast<std::size_t>(group);
          (along_rings ? used_.rings : used_.lines)[index] = true;
          if (along_rings && op.directions > 1) used_backward_[index] = true;
        });
      }
  }

  bool leaves(NodeId from, NodeId to, bool express) const {
    net::WormHeader header;
    header.source = from;
    header.destination = to;
    header.express = express;
    return !net::for_each_hop(fabric_.routes, fabric_.topology, header,
                              [&](const net::Hop& hop) { return owner_of_[hop.to.value] == self_; });
  }

  // Any member of a line may be sent to; the way there stays on the line.
  void consider_group(const chiplet::DieSetup& die, std::size_t group) {
    if (owner_of_[die.id.value] != self_) return;
    Sends& sends = sends_[die.id.value];
    const chiplet::RingPlace& ring = die.rings[group];
    const chiplet::LinePlace& line = die.lines[group];
    if (used_.rings[group] && ring.size > 1)
      sends.groups.rings[group] = leaves(die.id, ring.next, ring.route == chiplet::Route::express) ||
                                  (used_backward_[group] && leaves(die.id, ring.previous, false));
    for (std::uint32_t place = 0; used_.lines[group] && place < line.size; ++place)
      if (owner_of_[line.at(place).value] != self_) sends.groups.lines[group] = true;
    sends.any = sends.any || sends.groups.rings[group] || sends.groups.lines[group];
  }

  void consider_dram(NodeId from, NodeId to) {
    if (owner_of_[from.value] != self_ || sends_[from.value].at_any_time || !leaves(from, to, false)) return;
    sends_[from.value].any = sends_[from.value].at_any_time = true;
  }

  const Workload& workload_;
  const net::Fabric& fabric_;
  std::span<const RankId> owner_of_;
  RankId self_;
  chiplet::SendingGroups used_;
  std::array<bool, chiplet::ring_count> used_backward_{};
  std::vector<Sends> sends_;
};

}  // namespace

net::BypassLinks bypass_links_of(const Workload& workload) {
  return workload.uses_bypass() ? net::BypassLinks::ring_edges : net::BypassLinks::none;
}

std::vector<Sends> senders_beyond(const Workload& workload, const net::Fabric& fabric,
                                  std::span<const RankId> owner_of, RankId self, bool programs) {
  if (programs && workload.programs() != nullptr && fabric.routes.by_dimensions())
    return Senders(workload, fabric, owner_of, self).find();
  return std::vector<Sends>(owner_of.size(), Sends{true, true, {}});
}

const chiplet::EarliestSend* EarliestSends::of(NodeId die, const Sends& sends) {
  if (!sends.any || sends.at_any_time) return nullptr;
  const chiplet::DieSetup setup = workload_.die_setup(die);
  for (const Shared& shared : shared_)
    if (shared.program == setup.program && shared.groups == sends.groups) return shared.sends.get();
  shared_.push_back({setup.program, sends.groups,
                     std::make_unique<chiplet::EarliestSend>(*setup.program, sends.groups, setup.timings)});
  return shared_.back().sends.get();
}

}  // namespace hecaton::runs
