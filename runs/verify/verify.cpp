#include "runs/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <variant>

#include "core/engine/engine.hpp"
#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/window_sync.hpp"
#include "core/training/method.hpp"
#include "net/package_model.hpp"
#include "partition/partition.hpp"
#include "runs/verify/dense/padded_step.hpp"
#include "runs/verify/die_follower.hpp"
#include "runs/verify/mailbox.hpp"
#include "runs/verify/verifiable.hpp"
#include "runs/wiring/endpoint.hpp"
#include "runs/wiring/lookahead.hpp"

namespace hecaton::runs {

namespace {

using FollowedDie = DieNodeOf<DieFollower>;
using FollowedPackage = net::PackageModel<EndpointOf<FollowedDie, IoNode>>;

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

  EndpointOf<FollowedDie, IoNode> operator()(NodeId node) const {
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
    return {FollowedDie{.die = chiplet::Die(std::move(setup)),
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

void require_finished(FollowedPackage& model, const boost::mpi::communicator& world) {
  std::string first;
  for (const FollowedPackage::Node& node : model.nodes()) {
    const auto* followed = std::get_if<FollowedDie>(&node.endpoint.node);
    if (followed == nullptr || followed->die.finished() || !first.empty()) continue;
    first = fmt::format("die {}: {}", node.id.value, followed->die.blocked_on());
  }
  std::vector<std::string> all;
  boost::mpi::all_gather(world, first, all);
  for (const std::string& line : all)
    if (!line.empty()) throw std::runtime_error("programs have not ended: " + line);
}

Findings sum_up(FollowedPackage& model, const boost::mpi::communicator& world) {
  Findings mine;
  for (FollowedPackage::Node& node : model.nodes()) {
    auto* followed = std::get_if<FollowedDie>(&node.endpoint.node);
    if (followed == nullptr) continue;
    const Findings one = followed->observer.finish();
    mine.outputs += one.outputs;
    mine.input_gradients += one.input_gradients;
    mine.weight_gradients += one.weight_gradients;
    mine.wrong += one.wrong;
    mine.worst = std::max(mine.worst, one.worst);
    if (mine.first_wrong.empty()) mine.first_wrong = one.first_wrong;
  }
  Findings all = mine;
  for (std::uint64_t Findings::*count :
       {&Findings::outputs, &Findings::input_gradients, &Findings::weight_gradients, &Findings::wrong})
    boost::mpi::all_reduce(world, mine.*count, all.*count, std::plus<std::uint64_t>());
  boost::mpi::all_reduce(world, mine.worst, all.worst, boost::mpi::maximum<double>());
  std::vector<std::string> lines;
  boost::mpi::all_gather(world, mine.first_wrong, lines);
  const auto first = std::find_if(lines.begin(), lines.end(), [](const auto& l) { return !l.empty(); });
  all.first_wrong = first == lines.end() ? std::string() : *first;
  return all;
}

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

template <class Synchroniser>
void run_engine(FollowedPackage& model, Synchroniser&& synchroniser) {
  engine::Engine<FollowedPackage, std::remove_cvref_t<Synchroniser>> engine(model, synchroniser, {});
  engine.run();
}

}  // namespace

Findings verify(const Workload& workload, const VerifyOptions& options,
                const boost::mpi::communicator& world) {
  const io::Deck& deck = workload.deck();
  net::Fabric fabric(deck.network, workload.has_io());
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
  FollowedPackage model(fabric, partition.owner, RankId{static_cast<std::uint32_t>(world.rank())}, make);
  model.set_regions(partition.owner, bypass_links_of(workload), {});
  if (world.size() == 1) {
    run_engine(model, engine::Alone{});
  } else {
    engine::MpiTransport<net::Payload> transport(world);
    run_engine(model, engine::WindowSync(transport));
  }
  require_finished(model, world);
  Findings findings = sum_up(model, world);
  if (!mailbox.empty() && findings.first_wrong.empty()) findings.first_wrong = "messages that nobody took";
  return findings;
}

}  // namespace hecaton::runs
