#include "runs/wiring/workload.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "io/deck/traffic_trace.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::runs {

namespace {

training::Plan plan_of(const io::Deck& deck) {
  const training::MeshShape mesh{deck.network.package.rows, deck.network.package.columns};
  switch (deck.kind) {
    case io::WorkloadKind::training:
      return training::plan_step(deck.training, mesh, deck.die);
    case io::WorkloadKind::collective:
      return training::plan_collective(deck.collective, mesh);
    case io::WorkloadKind::traffic:
      break;
  }
  return {};
}

std::optional<net::Traffic> traffic_of(const io::Deck& deck) {
  if (deck.kind != io::WorkloadKind::traffic) return std::nullopt;
  try {
    const net::PackageConfig& package = deck.network.package;
    std::vector<net::ReplayPacket> replay;
    if (deck.traffic.pattern == net::TrafficPattern::trace)
      replay = io::read_traffic_trace(deck.traffic.trace_file, package);
    return net::Traffic(deck.traffic, package.rows, package.columns, std::move(replay));
  } catch (const std::invalid_argument& error) {
    throw training::PlanError("traffic.pattern", "does not exist on this mesh", error.what(),
                              "choose another pattern or mesh");
  }
}

// A ring along a line does not go round a package, nor the other way about.
void require_fitting_algorithm(const training::CollectiveConfig& collective) {
  using training::CollectiveAlgorithm;
  const bool package = collective.group == training::CollectiveGroup::package;
  const bool hamiltonian = collective.algorithm == CollectiveAlgorithm::hamiltonian_ring;
  const bool is_ring = collective.algorithm <= CollectiveAlgorithm::hamiltonian_ring;
  if (!is_ring || collective.algorithm == CollectiveAlgorithm::ring || package == hamiltonian) return;
  throw training::PlanError(
      "collective.algorithm", "does not fit collective.group",
      package ? "a ring over the whole package follows a Hamiltonian cycle"
              : "a Hamiltonian ring runs over the package",
      package ? "choose \"hamiltonian-ring\" or \"ring\"" : "choose \"ring\", or group \"package\"");
}

net::RingOrder line_order_of(const io::Deck& deck) {
  const net::TopologyDesign& topology = net::design_of(deck.network.package.topology);
  if (deck.kind == io::WorkloadKind::collective) {
    require_fitting_algorithm(deck.collective);
    if (deck.collective.algorithm == training::CollectiveAlgorithm::naive_ring) return net::RingOrder::naive;
    if (deck.collective.algorithm == training::CollectiveAlgorithm::bypass_ring && !topology.passes_dies)
      throw training::PlanError("collective.algorithm", "needs dies with a bypass",
                                "\"bypass-ring\" passes over every second die",
                                "set package.topology = \"bypass-ring\" or choose \"naive-ring\"");
  }
  return topology.ring_order;
}

// Whether any program sends around this ring.
bool uses(const training::Plan& plan, chiplet::Ring ring) {
  return std::any_of(plan.roles.begin(), plan.roles.end(), [&](const chiplet::Program& program) {
    return std::any_of(program.begin(), program.end(), [&](const chiplet::Op& op) {
      return chiplet::is_collective(op.code) && chiplet::uses_ring(op) && op.ring == ring;
    });
  });
}

// Channels of the whole package; 0: one per edge die.
std::uint32_t channels_of(const chiplet::MemoryConfig& memory, std::uint32_t dies) {
  if (memory.channels > 0 || memory.dies_per_channel == 0) return memory.channels;
  return (dies + memory.dies_per_channel - 1) / memory.dies_per_channel;
}

chiplet::RingPlace place_of(const net::RingMember& member) {
  return {member.size, member.position, member.next,
          member.express ? chiplet::Route::express : chiplet::Route::direct};
}

}  // namespace

Workload::Workload(const io::Deck& deck)
    : deck_(deck),
      topology_(deck.network.package, deck.kind == io::WorkloadKind::training),
      plan_(plan_of(deck)),
      traffic_(traffic_of(deck)),
      line_order_(line_order_of(deck)),
      package_ring_(uses(plan_, chiplet::Ring::package)),
      timings_(chiplet::resolve_timings(deck.die, deck.memory)) {
  if (!has_io()) return;
  channels_of_io_ = net::spread_channels(topology_, channels_of(deck.memory, topology_.dies()));
  shares_ = net::assign_channels(topology_, channels_of_io_);
}

std::array<chiplet::RingPlace, chiplet::ring_count> Workload::rings_of(NodeId die) const {
  std::array<chiplet::RingPlace, chiplet::ring_count> rings{};
  for (std::size_t group = 0; group < rings.size(); ++group)
    if (group != static_cast<std::size_t>(chiplet::Ring::package) || package_ring_)
      rings[group] = place_of(topology_.ring(static_cast<net::DieGroup>(group), die, line_order_));
  return rings;
}

std::array<chiplet::LinePlace, chiplet::ring_count> Workload::lines_of(NodeId die) const {
  std::array<chiplet::LinePlace, chiplet::ring_count> lines{};
  for (std::size_t group = 0; group < lines.size(); ++group) {
    const net::LineMember member = topology_.line_place(static_cast<net::DieGroup>(group), die);
    lines[group] = {member.size, member.place, member.first, member.stride};
  }
  return lines;
}

chiplet::DieSetup Workload::die_setup(NodeId die) const {
  chiplet::DieSetup setup;
  setup.id = die;
  setup.program = &plan_.roles[plan_.role_of_die[die.value]];
  setup.rings = rings_of(die);
  setup.lines = lines_of(die);
  setup.timings = timings_;
  if (has_io())
    for (const net::ChannelShare& share : shares_[die.value]) setup.dram.push_back({share.io, share.weight});
  return setup;
}

chiplet::IoDieSetup Workload::io_setup(NodeId io) const {
  // An IO die that got none of the deck's channels is in nobody's share and never asked.
  const std::uint32_t channels = std::max(1U, channels_of_io_[io.value - topology_.dies()]);
  return chiplet::resolve_io_die(deck_.memory, io, channels);
}

std::uint64_t Workload::channels() const {
  return std::accumulate(channels_of_io_.begin(), channels_of_io_.end(), std::uint64_t{0});
}

bool Workload::uses_bypass() const {
  return line_order_ == net::RingOrder::bypass &&
         (uses(plan_, chiplet::Ring::row) || uses(plan_, chiplet::Ring::column));
}

std::string Workload::algorithm() const {
  if (deck_.kind != io::WorkloadKind::collective) return {};
  switch (deck_.collective.algorithm) {
    case training::CollectiveAlgorithm::torus_ring:
      return "torus-ring";
    case training::CollectiveAlgorithm::tree:
      return "tree";
    case training::CollectiveAlgorithm::halving_doubling:
      return "halving-doubling";
    case training::CollectiveAlgorithm::direct:
      return "direct";
    default:
      break;
  }
  if (deck_.collective.group == training::CollectiveGroup::package) return "hamiltonian-ring";
  return line_order_ == net::RingOrder::bypass ? "bypass-ring" : "naive-ring";
}

}  // namespace hecaton::runs
