#include "runs/verify/collective_verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/training/model/plan_error.hpp"
#include "partition/partition.hpp"
#include "runs/verify/collective_follower.hpp"
#include "runs/verify/followed_package.hpp"

namespace hecaton::runs {

namespace {

using training::CollectiveConfig;
using training::PlanError;

constexpr std::uint64_t most_elements = 20'000'000;

const chiplet::Op& first_op(const Workload& workload) {
  return workload.plan().roles.at(0).at(0);
}

// Whom a die takes part with: the dies of the same row or column, or all.
class CollectiveGroups {
 public:
  explicit CollectiveGroups(const Workload& workload)
      : workload_(workload), config_(workload.deck().as<CollectiveConfig>()) {
    for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
      const chiplet::DieSetup setup = workload.die_setup(NodeId{d});
      Group& group = groups_[key_of(setup)];
      const std::uint32_t place = place_of(setup);
      if (group.dies.size() <= place) group.dies.resize(place + 1);
      group.dies[place] = d;
      if (!group.owner) group.owner = std::make_shared<std::vector<std::uint32_t>>(config_.bytes);
      for (const Interval& own : layout_of(setup).own())
        std::fill_n(group.owner->begin() + static_cast<std::ptrdiff_t>(own.first), own.length, place);
    }
  }

  CollectiveRole role_of(const chiplet::DieSetup& setup, std::uint64_t seed) const {
    const Group& group = groups_.at(key_of(setup));
    return {setup.id, config_, layout_of(setup), {group.dies, place_of(setup), group.owner}, seed};
  }

 private:
  struct Group {
    std::vector<std::uint32_t> dies;
    std::shared_ptr<std::vector<std::uint32_t>> owner;
  };

  CollectiveLayout layout_of(const chiplet::DieSetup& setup) const {
    return {{setup.rings, setup.lines}, workload_.plan().roles.at(0), config_.bytes};
  }
  std::uint32_t key_of(const chiplet::DieSetup& setup) const {
    if (config_.group == training::CollectiveGroup::package) return 0;
    const auto group = static_cast<std::size_t>(first_op(workload_).ring);
    return setup.lines[group].first.value;
  }
  // In the order that roots count.
  std::uint32_t place_of(const chiplet::DieSetup& setup) const {
    const chiplet::Op& op = first_op(workload_);
    const auto group = static_cast<std::size_t>(op.ring);
    const bool is_direct = op.schedule == chiplet::Schedule::direct;  // places count along lines
    const bool along_rings =
        (op.axes == chiplet::Axes::all && !is_direct) || workload_.plan().roles.at(0).size() > 1;
    const auto place_in = [&](chiplet::Ring ring) {
      return setup.rings[static_cast<std::size_t>(ring)].position;
    };
    if (along_rings)
      return place_in(chiplet::Ring::column) *
                 setup.rings[static_cast<std::size_t>(chiplet::Ring::row)].size +
             place_in(chiplet::Ring::row);
    return chiplet::uses_ring(op) ? setup.rings[group].position : setup.lines[group].position;
  }

  const Workload& workload_;
  const CollectiveConfig& config_;
  std::map<std::uint32_t, Group> groups_;
};

}  // namespace

void check_collective_verifiable(const Workload& workload) {
  const auto& config = workload.deck().as<CollectiveConfig>();
  const bool is_all_to_all = config.operation == training::CollectiveOperation::all_to_all;
  const std::uint64_t dies = workload.topology().dies();
  const std::uint64_t most = std::max<std::uint64_t>(1, most_elements / (is_all_to_all ? dies * dies : dies));
  if (config.bytes <= most) return;
  throw PlanError("collective.bytes", "makes the collective too large to verify",
                  is_all_to_all ? "every die may have a number for each byte of all dies, 20 million in all"
                                : "every die has a number per byte, 20 million in all",
                  fmt::format("use at most {}", most));
}

Findings verify_collective(const Workload& workload, const VerifyOptions& options,
                           const boost::mpi::communicator& world) {
  const auto partition = partition::make_partition(options.partition, workload.topology(),
                                                   static_cast<std::uint32_t>(world.size()));
  Mailbox mailbox(world, partition.owner);
  std::vector<chiplet::Program> programs = workload.plan().roles;
  if (options.spoil_programs) options.spoil_programs(programs);
  const CollectiveGroups groups(workload);
  const auto make = [&](NodeId node) -> EndpointOf<FollowedDie<CollectiveFollower>, IoNode> {
    chiplet::DieSetup setup = workload.die_setup(node);
    CollectiveFollower follower(groups.role_of(setup, options.seed), mailbox);
    setup.program = &programs.at(workload.plan().role_of_die[node.value]);
    if (options.spoil_places) options.spoil_places(setup);
    return {FollowedDie<CollectiveFollower>{
        .die = chiplet::Die(std::move(setup)), .keeps_rows = false, .observer = std::move(follower)}};
  };
  return run_followed<CollectiveFollower>(workload, partition.owner, mailbox, make, world);
}

}  // namespace hecaton::runs
