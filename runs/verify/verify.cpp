#include "runs/verify/verify.hpp"

#include <numeric>
#include <utility>

#include "core/training/method.hpp"
#include "io/deck/workloads/kind.hpp"
#include "partition/partition.hpp"
#include "runs/verify/collective_verify.hpp"
#include "runs/verify/dense/padded_step.hpp"
#include "runs/verify/die_follower.hpp"
#include "runs/verify/followed_package.hpp"
#include "runs/verify/mailbox.hpp"
#include "runs/verify/verifiable.hpp"

namespace hecaton::runs {

namespace {

// Makes the nodes of the package. Has the programs that the dies run.
class NodeMaker {
 public:
  NodeMaker(const Workload& workload, const VerifyOptions& options, const PaddedStep& dense, Mailbox& mailbox)
      : workload_(workload),
        options_(options),
        dense_(dense),
        mailbox_(mailbox),
        programs_(workload.plan().roles) {
    if (options.spoil_programs) options.spoil_programs(programs_);
  }

  EndpointOf<FollowedDie<DieFollower>, IoNode> operator()(NodeId node) const {
    if (workload_.topology().is_io(node)) return {IoNode{chiplet::IoDie(workload_.io_setup(node))}};
    chiplet::DieSetup setup = workload_.die_setup(node);
    const std::uint32_t role = workload_.plan().role_of_die[node.value];
    DieRole planned{node,
                    &workload_.plan().meanings[role],
                    {setup.rings, setup.lines},
                    ring_places(setup, chiplet::Ring::column),
                    ring_places(setup, chiplet::Ring::row),
                    workload_.plan().minibatch_tokens};
    setup.program = &programs_[role];
    if (options_.spoil_places) options_.spoil_places(setup);
    return {FollowedDie<DieFollower>{.die = chiplet::Die(std::move(setup)),
                                     .keeps_rows = false,
                                     .observer = DieFollower(std::move(planned), dense_, mailbox_)}};
  }

 private:
  // Of the dies of a line, in its order.
  std::vector<std::uint32_t> ring_places(const chiplet::DieSetup& setup, chiplet::Ring ring) const {
    const auto index = static_cast<std::size_t>(ring);
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < setup.lines[index].size; ++place)
      places.push_back(workload_.die_setup(setup.lines[index].at(place)).rings[index].position);
    return places;
  }

  const Workload& workload_;
  const VerifyOptions& options_;
  const PaddedStep& dense_;
  Mailbox& mailbox_;
  std::vector<chiplet::Program> programs_;
};

// Dies that share a head, of 1D methods; for others more kinds than they need.
std::uint64_t query_kinds(const training::Model& planned, std::uint64_t dies) {
  std::uint64_t kinds = 1;
  for (const training::Operator& o : planned.operators)
    if (o.heads > 0 && o.heads < dies && dies % o.heads == 0) kinds = std::lcm(kinds, dies / o.heads);
  return kinds;
}

Indices real_tokens(const Pads& pads) {
  Indices tokens;
  for (std::uint64_t token = 0; token < pads.planned().tokens(); ++token)
    if (pads.token(token)) tokens.push_back(token);
  return tokens;
}

}  // namespace

Findings verify(const Workload& workload, const VerifyOptions& options,
                const boost::mpi::communicator& world) {
  const io::Deck& deck = workload.deck();
  if (!io::kind_of(deck).traits.computes) return verify_collective(workload, options, world);
  const auto partition = partition::make_partition(options.partition, workload.topology(),
                                                   static_cast<std::uint32_t>(world.size()));
  Mailbox mailbox(world, partition.owner);
  const training::MeshShape mesh{deck.network.package.rows, deck.network.package.columns};
  const auto& config = deck.as<training::TrainingConfig>();
  const training::TrainingConfig planned = training::padded(config, mesh);
  training::TrainingConfig taken = config;
  if (options.spoil_shapes) options.spoil_shapes(taken);
  const Pads pads(config, planned);
  const ExpertRoutes routes(pads.planned().model(), dealing_order(workload), options.seed);
  const StepInputs real(config, routes.of(pads.real().model(), real_tokens(pads)), options.seed);
  const DenseStep dense(real, query_kinds(pads.planned().model(), mesh.dies()));
  const PaddedInputs inputs(real, pads, Pads(taken, planned), routes);
  const PaddedStep compared(dense, inputs, pads);
  const NodeMaker make(workload, options, compared, mailbox);
  return run_followed<DieFollower>(workload, partition.owner, mailbox, make, world);
}

}  // namespace hecaton::runs
