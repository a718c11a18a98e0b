#include "io/deck/workloads/collective.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/training/collective.hpp"
#include "core/training/model/plan_error.hpp"
#include "io/deck/registry_entry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_facts.hpp"

namespace hecaton::io {
namespace {

template <class AnyDeck>
auto& collective_of(AnyDeck& deck) {
  return deck.template as<training::CollectiveConfig>();
}

Table collective_table() {
  return table(
      "collective", "The collective operation.",
      {key(
           "operation", choice_of<training::CollectiveOperation>(), "", Tag::assumed, ActsOn::everything,
           "What the dies of a group do together.",
           [](auto& d) -> auto& { return collective_of(d).operation; }),
       key(
           "algorithm", choice_of<training::CollectiveAlgorithm>(), "", Tag::assumed, ActsOn::everything,
           "ring: what suits group and topology; naive-ring: neighbours, and the last back to the first; "
           "bypass-ring: 0, 2, 4, ..., 5, 3, 1; hamiltonian-ring: a cycle over the package; torus-ring: "
           "rings along rows and columns of the package, one axis at a time; tree, star, two-phase: "
           "broadcast and reduce; halving-doubling, swing: all-gather, reduce-scatter, all-reduce of 2^k dies; direct: "
           "all-to-all; auto: whichever takes least by "
           "closed forms, with directions and axes. Rings pass a broadcast or reduction on in chunks.",
           [](auto& d) -> auto& { return collective_of(d).algorithm; }),
       key(
           "group", choice_of<training::CollectiveGroup>(), "", Tag::assumed, ActsOn::everything,
           "Which dies form a ring: those of each row, of each column, or all.",
           [](auto& d) -> auto& { return collective_of(d).group; }),
       key(
           "bytes", IntegerType{1, std::int64_t{1} << 50}, "bytes", Tag::assumed, ActsOn::everything,
           "The whole payload: what every die holds after an all-gather. A message, a part of it, is of less than 4 GiB.",
           [](auto& d) -> auto& { return collective_of(d).bytes; }),
       key(
           "root", IntegerType{0, largest_mesh - 1}, "die", Tag::assumed, ActsOn::everything,
           "Of a broadcast or reduction: its place in the group, in the order of the algorithm.",
           [](auto& d) -> auto& { return collective_of(d).root; }),
       key(
           "chunks", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
           "Chunks of a broadcast or reduction along a ring or in two phases; parts of a die's chunk of form = \"chunked\"; "
           "messages of a die that may be under way in a direct all-to-all both ways round or along both axes.",
           [](auto& d) -> auto& { return collective_of(d).chunks; }),
       key(
           "form", choice_of<training::CollectiveForm>(), "", Tag::assumed, ActsOn::everything,
           "When a die begins a step: as soon as what it sends is there; not before step x step_ns; or part "
           "by part, as soon as a part is there (along rings).",
           [](auto& d) -> auto& { return collective_of(d).form; }),
       key(
           "step_ns", RealType{0, 1e9}, "ns", Tag::assumed, ActsOn::everything,
           "form = \"step-synchronous\": from step to step; the time of the slowest.",
           [](auto& d) -> auto& { return collective_of(d).step_ns; }),
       key(
           "directions", IntegerType{1, 2}, "", Tag::assumed, ActsOn::everything,
           "Ways round a ring, over which the payload is cut; 2 needs interface.ports that serve both at once.",
           [](auto& d) -> auto& { return collective_of(d).directions; }),
       key(
           "axes", choice_of<training::CollectiveAxes>(), "", Tag::assumed, ActsOn::everything,
           "one: a ring over the package; all: part of the payload along rows first, part along columns first.",
           [](auto& d) -> auto& { return collective_of(d).axes; })});
}

net::RingOrder line_order_of(const training::CollectiveConfig& collective,
                             const net::PackageConfig& package) {
  const bool passes_dies =
      has_bypass(package) && collective.algorithm != training::CollectiveAlgorithm::naive_ring;
  return passes_dies ? net::RingOrder::bypass : net::RingOrder::naive;
}

// The name of what is run: where the deck leaves the ring open, that of the ring that suits.
std::string algorithm_of(const training::CollectiveConfig& collective, net::RingOrder line_order) {
  using Algorithm = training::CollectiveAlgorithm;
  Algorithm run = collective.algorithm;
  const bool all_axes = collective.axes == training::CollectiveAxes::all;
  if (run == Algorithm::ring || run == Algorithm::naive_ring || run == Algorithm::bypass_ring ||
      run == Algorithm::hamiltonian_ring) {
    run = line_order == net::RingOrder::bypass ? Algorithm::bypass_ring : Algorithm::naive_ring;
    if (collective.group == training::CollectiveGroup::package && !all_axes)
      run = Algorithm::hamiltonian_ring;
  }
  std::string name(name_of(run));
  if (all_axes) name += ", all axes";
  if (collective.directions > 1) name += ", both directions";
  return name;
}

std::uint64_t dies_of_a_group(const training::CollectiveConfig& collective,
                              const net::PackageConfig& package) {
  switch (collective.group) {
    case training::CollectiveGroup::rows:
      return package.columns;
    case training::CollectiveGroup::columns:
      return package.rows;
    case training::CollectiveGroup::package:
      break;
  }
  return dies_of(package);
}

// Of p dies, the share of the payload that each of them has to send or to receive at least, whatever the
// algorithm: of an all-gather, a reduce-scatter and an all-to-all all but its own part, of an all-reduce that
// twice, and of a broadcast or a reduction the whole.
double bus_factor(training::CollectiveOperation operation, std::uint64_t dies) {
  if (dies <= 1) return 0;
  const double others = static_cast<double>(dies - 1) / static_cast<double>(dies);
  switch (operation) {
    case training::CollectiveOperation::all_reduce:
      return 2 * others;
    case training::CollectiveOperation::broadcast:
    case training::CollectiveOperation::reduce:
      return 1;
    default:
      return others;
  }
}

double seconds(std::uint64_t ps) {
  return static_cast<double>(ps) * 1e-12;
}

}  // namespace

void CollectiveKind::set_hardware_defaults(Deck& deck) {
  deck.link_preset = "ucie-standard-x16-32";
  deck.memory_preset = "ddr5-6400";
}

std::vector<Table> CollectiveKind::tables() {
  return {collective_table()};
}

void CollectiveKind::check(const Deck& deck, const Refuser& refuse) {
  const net::PackageConfig& package = deck.network.package;
  try {
    training::check_collective(collective_of(deck), mesh_of(package), ring_links_of(package));
  } catch (const training::PlanError& error) {
    refuse(error.table_key, error.problem, error.why, error.suggestion);
  }
}

DieWork CollectiveKind::die_work(const Deck& deck) {
  const net::PackageConfig& package = deck.network.package;
  std::vector<Programs> ways;
  for (const training::CollectiveConfig& each :
       training::candidates_of(collective_of(deck), mesh_of(package), ring_links_of(package))) {
    const net::RingOrder order = line_order_of(each, package);
    ways.push_back({training::plan_collective(each, mesh_of(package)), order, algorithm_of(each, order)});
  }
  Programs first = ways.front();
  if (ways.size() > 1) first.alternatives = std::move(ways);
  return first;
}

CollectiveSummary CollectiveKind::summarise(const Deck& deck, const Outcome& outcome) {
  const training::CollectiveConfig& collective = collective_of(deck);
  const std::uint64_t dies = dies_of_a_group(collective, deck.network.package);
  const double time_s = seconds(outcome.package.finished_ps);
  const double bus_bytes = static_cast<double>(collective.bytes) * bus_factor(collective.operation, dies);
  return {.operation = std::string(name_of(collective.operation)),
          .group = std::string(name_of(collective.group)),
          .time_ps = outcome.package.finished_ps,
          .algorithm = outcome.facts.algorithm,
          .bytes = collective.bytes,
          .dies = dies,
          .bus_GBps = time_s > 0 ? bus_bytes / time_s * 1e-9 : 0};
}

ReportLines lines_of(const CollectiveSummary& c) {
  const double time_s = seconds(c.time_ps);
  const auto bytes = static_cast<double>(c.bytes);
  return {ReportLine::named("operation", c.operation),
          ReportLine::named("group", c.group),
          ReportLine::named("algorithm", c.algorithm),
          ReportLine::quantity("payload", bytes, "B"),
          ReportLine::quantity("time", time_s, "s"),
          ReportLine::quantity("payload / time", time_s > 0 ? bytes / time_s : 0, "B/s"),
          ReportLine::quantity("bus bandwidth", c.bus_GBps * 1e9, "B/s")};
}

}  // namespace hecaton::io
