// Who sends what to whom, as far as programs say it: what a rank may promise depends on it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/chiplet/counts/earliest_send.hpp"
#include "net/lookahead/node_lookahead.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Where dies are told of worms that will pass over them.
net::BypassLinks bypass_links_of(const Workload& workload);

// What a node sends on ways that leave its rank.
struct Sends {
  bool any = false;
  bool at_any_time = false;       // no program says when: DRAM data, synthetic traffic
  chiplet::SendingGroups groups;  // otherwise, in collectives over these
};

// By node; of the nodes of `self` only. `programs` false: any node may send anywhere, at any time.
std::vector<Sends> senders_beyond(const Workload& workload, const net::Fabric& fabric,
                                  std::span<const RankId> owner_of, RankId self, bool programs);

// The earliest sends of this rank's dies; dies of one program and the same groups share them.
class EarliestSends {
 public:
  explicit EarliestSends(const Workload& workload) : workload_(workload) {}
  // Null if no program says when the die sends.
  const chiplet::EarliestSend* of(NodeId die, const Sends& sends);

 private:
  struct Shared {
    const chiplet::Program* program;
    chiplet::SendingGroups groups;
    std::unique_ptr<chiplet::EarliestSend> sends;
  };
  const Workload& workload_;
  std::vector<Shared> shared_;
};

}  // namespace hecaton::runs
