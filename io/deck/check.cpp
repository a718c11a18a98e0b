#include "io/deck/check.hpp"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <stdexcept>

#include "io/deck/lists.hpp"
#include "net/package/routing.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_dies = 65536;

struct Refuser {
  const KeyLocations& locations;
  [[noreturn]] void operator()(std::string_view key, std::string_view problem, std::string_view why,
                               std::string_view suggestion) const {
    throw InputError(locations.find(key), key, problem, why, suggestion);
  }
};

std::uint64_t dies_of(const Deck& deck) {
  return std::uint64_t{deck.network.package.rows} * deck.network.package.columns;
}

void check_package(const Deck& deck, const Refuser& refuse) {
  if (dies_of(deck) <= most_dies) return;
  refuse("package.rows", "makes too many dies",
         fmt::format("{} rows x {} columns; at most {} dies", deck.network.package.rows,
                     deck.network.package.columns, most_dies),
         "choose a smaller mesh");
}

void check_topology(const Deck& deck, const Refuser& refuse) {
  const net::PackageConfig& package = deck.network.package;
  const bool faulty = !package.dead_links.empty() || !package.dead_dies.empty();
  if (faulty && net::design_of(package.topology).passes_dies)
    refuse("package.topology", "does not fit dead links and dies", "a bypass runs straight over a die",
           "choose \"mesh\" or \"torus\"");
  if (net::design_of(package.topology).passes_dies && deck.network.router.routing == net::Routing::up_down)
    refuse("router.routing", "does not fit the topology", "a bypass runs straight over a die",
           "choose \"xy\", or topology \"mesh\"");
  if (!package.dead_dies.empty() && deck.kind != WorkloadKind::traffic)
    refuse("package.dead_dies", "does not fit the workload", "its programs run on every die",
           "leave the die alive, or try traffic");
  std::optional<net::Topology> topology;
  try {
    topology.emplace(package, deck.kind == WorkloadKind::training);
  } catch (const std::invalid_argument& error) {
    refuse(package.dead_links.empty() ? "package.dead_dies" : "package.dead_links",
           "names what does not exist", error.what(), "name dies and links of the package");
  }
  try {
    const net::Routes routes(deck.network, *topology);
  } catch (const std::invalid_argument& error) {
    refuse("router.routing", "does not fit the package", error.what(),
           "choose another routing, more virtual channels, or other dead links and dies");
  }
}

void check_overrides(const Deck& deck, const Refuser& refuse) {
  const net::LinkConfig& link = deck.network.link;
  if (link.overrides.empty()) return;
  const net::Topology topology(deck.network.package, false);
  for (const net::LinkOverride& other : link.overrides) {
    using Where = net::LinkOverride::Where;
    if (other.bandwidth_GBps > link.bandwidth_GBps)
      refuse(
          "link.overrides", "makes a link too fast",
          fmt::format("{} GB/s; routers are clocked for {} GB/s", other.bandwidth_GBps, link.bandwidth_GBps),
          "raise link.bandwidth_GBps and slow down the other links");
    const bool exists = other.where == Where::wrap || other.where == Where::io ||
                        (other.where == Where::row && other.a < topology.rows()) ||
                        (other.where == Where::column && other.a < topology.columns()) ||
                        (other.where == Where::link && topology.linked(other.a, other.b));
    if (!exists)
      refuse("link.overrides", "names what does not exist",
             fmt::format("\"{}\" on {} x {} dies", list_text({other}), topology.rows(), topology.columns()),
             "name rows, columns and neighbouring dies of the package");
  }
}

void check_cycle(const Deck& deck, const Refuser& refuse) {
  const net::LinkConfig& link = deck.network.link;
  const double cycle_ps = 1000.0 * link.flit_bytes / link.bandwidth_GBps;
  if (cycle_ps >= 1.0) return;
  refuse("link.flit_bytes", "makes a cycle too short",
         fmt::format("{} bytes at {} GB/s take {:.3g} ps; time is counted in whole picoseconds",
                     link.flit_bytes, link.bandwidth_GBps, cycle_ps),
         "use larger flits");
}

void check_packets(const Deck& deck, const Refuser& refuse) {
  const net::NetworkConfig& network = deck.network;
  const std::uint32_t packet = network.interface.packet_bytes;
  const std::uint32_t flit = network.link.flit_bytes;
  if (packet % flit != 0) {
    refuse("interface.packet_bytes", "is not a whole number of flits",
           fmt::format("{} bytes in flits of {}", packet, flit), fmt::format("use a multiple of {}", flit));
  }
  const std::uint32_t packet_flits = packet / flit;
  if (network.router.switching == net::Switching::cut_through && network.router.buffer_flits < packet_flits) {
    refuse("router.buffer_flits", "is too small",
           fmt::format("cut-through switching stores a whole packet of {} flits", packet_flits),
           fmt::format("use at least {} or smaller packets", packet_flits));
  }
}

void check_bits_of_dies(const Deck& deck, std::string_view name, const Refuser& refuse) {
  if (std::has_single_bit(dies_of(deck))) return;
  refuse("traffic.pattern", "does not fit the mesh",
         fmt::format("\"{}\" permutes the bits of a die's number; {} dies are no power of two", name,
                     dies_of(deck)),
         "choose another pattern or mesh");
}

void check_pattern(const Deck& deck, const Refuser& refuse) {
  using net::TrafficPattern;
  const net::PackageConfig& package = deck.network.package;
  switch (deck.traffic.pattern) {
    case TrafficPattern::transpose:
      if (package.rows == package.columns) return;
      refuse("traffic.pattern", "does not fit the mesh",
             fmt::format("\"transpose\" needs a square; it has {} x {} dies", package.rows, package.columns),
             "choose another pattern or mesh");
    case TrafficPattern::bit_complement:
      return check_bits_of_dies(deck, "bit-complement", refuse);
    case TrafficPattern::bit_reverse:
      return check_bits_of_dies(deck, "bit-reverse", refuse);
    case TrafficPattern::shuffle:
      return check_bits_of_dies(deck, "shuffle", refuse);
    default:
      return;
  }
}

void check_traffic(const Deck& deck, const Refuser& refuse) {
  if (dies_of(deck) < 2) {
    refuse("package.rows", "makes one die only", "traffic needs a sender and a receiver",
           "use a larger mesh");
  }
  check_pattern(deck, refuse);
  if (deck.traffic.pattern == net::TrafficPattern::trace && deck.traffic.trace_file.empty())
    refuse("traffic.pattern", "has nothing to replay", "traffic.trace_file names no file",
           "add trace_file = \"FILE.csv\" under [traffic]");
  if (deck.traffic.pattern != net::TrafficPattern::trace && !deck.traffic.trace_file.empty())
    refuse("traffic.trace_file", "would not be read", "the pattern is not \"trace\"",
           "set traffic.pattern = \"trace\" or remove it");
  if (deck.traffic.injection == net::Injection::bursty &&
      deck.traffic.burst_rate < deck.traffic.injection_rate)
    refuse("traffic.burst_rate", "is below the load",
           fmt::format("bursts of {} flits per die and cycle cannot make {}", deck.traffic.burst_rate,
                       deck.traffic.injection_rate),
           "raise it, or lower traffic.injection_rate");
  if (deck.traffic.hotspot_die >= dies_of(deck)) {
    refuse("traffic.hotspot_die", "is not a die", fmt::format("dies are 0 to {}", dies_of(deck) - 1),
           "choose one of them");
  }
  const net::RouterConfig& router = deck.network.router;
  if (router.switching == net::Switching::cut_through && router.buffer_flits < deck.traffic.packet_flits) {
    refuse("router.buffer_flits", "is too small",
           fmt::format("cut-through switching stores a whole packet of {} flits", deck.traffic.packet_flits),
           fmt::format("use at least {} or smaller packets", deck.traffic.packet_flits));
  }
}

void check_package_ring(const Deck& deck, const Refuser& refuse) {
  const net::PackageConfig& package = deck.network.package;
  if (net::has_hamiltonian_ring(package.rows, package.columns)) return;
  refuse("collective.group", "has no ring over the package",
         fmt::format("a cycle through all dies needs an even number of them and two rows and columns; the "
                     "mesh is {} x {}",
                     package.rows, package.columns),
         "choose another mesh, or the group \"rows\" or \"columns\"");
}

void check_collective(const Deck& deck, const Refuser& refuse) {
  using training::CollectiveAlgorithm;
  const bool over_package = deck.collective.group == training::CollectiveGroup::package;
  const CollectiveAlgorithm algorithm = deck.collective.algorithm;
  if (algorithm == CollectiveAlgorithm::hamiltonian_ring && !over_package) {
    refuse("collective.algorithm", "does not fit the group", "a hamiltonian-ring runs over the whole package",
           "choose group = \"package\" or another algorithm");
  }
  const bool is_line_ring =
      algorithm == CollectiveAlgorithm::naive_ring || algorithm == CollectiveAlgorithm::bypass_ring;
  if (is_line_ring && over_package) {
    refuse("collective.algorithm", "does not fit the group", "this ring runs along a row or a column",
           "choose \"hamiltonian-ring\" or another group");
  }
  if (algorithm == CollectiveAlgorithm::bypass_ring &&
      !net::design_of(deck.network.package.topology).passes_dies) {
    refuse("collective.algorithm", "does not fit the topology", "the dies of a plain mesh have no bypass",
           "choose package.topology = \"bypass-ring\" or the algorithm \"naive-ring\"");
  }
  if (over_package && algorithm <= CollectiveAlgorithm::hamiltonian_ring) check_package_ring(deck, refuse);
}

}  // namespace

void check_deck(const Deck& deck, const KeyLocations& locations) {
  const Refuser refuse{locations};
  check_package(deck, refuse);
  check_cycle(deck, refuse);
  check_topology(deck, refuse);
  check_overrides(deck, refuse);
  switch (deck.kind) {
    case WorkloadKind::training:
      return check_packets(deck, refuse);
    case WorkloadKind::collective:
      check_packets(deck, refuse);
      return check_collective(deck, refuse);
    case WorkloadKind::traffic:
      return check_traffic(deck, refuse);
  }
}

}  // namespace hecaton::io
