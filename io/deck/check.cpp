#include "io/deck/check.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "io/deck/lists.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_facts.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "net/package/routing.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_dies = 65536;

void check_package(const Deck& deck, const Refuser& refuse) {
  if (dies_of(deck.network.package) <= most_dies) return;
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
  if (!package.dead_dies.empty() && !kind_of(deck).traits.allows_dead_dies)
    refuse("package.dead_dies", "does not fit the workload", "its programs run on every die",
           "leave the die alive, or try traffic");
  std::optional<net::Topology> topology;
  try {
    topology.emplace(package, kind_of(deck).traits.computes);
  } catch (const std::invalid_argument& error) {
    refuse(package.dead_links.empty() ? "package.dead_dies" : "package.dead_links",
           "names what does not exist", error.what(), "name dies and links of the package");
  }
  try {
    net::require_routes(deck.network, *topology);
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

void check_ports(const Deck& deck, const Refuser& refuse) {
  const std::uint32_t ports = deck.network.interface.ports;
  if (ports != 3) return;
  refuse("interface.ports", "does not divide the links of a die", "3 ports for links in 4 directions",
         "use 1, 2 or 4");
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

}  // namespace

void check_deck(const Deck& deck, const KeyLocations& locations) {
  const Refuser refuse{locations};
  check_package(deck, refuse);
  check_cycle(deck, refuse);
  check_ports(deck, refuse);
  check_topology(deck, refuse);
  check_overrides(deck, refuse);
  const WorkloadKind& kind = kind_of(deck);
  if (kind.traits.runs_programs) check_packets(deck, refuse);
  check_sampling(deck, refuse);
  kind.check(deck, refuse);
}

}  // namespace hecaton::io
