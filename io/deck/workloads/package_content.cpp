#include "io/deck/workloads/package_content.hpp"

#include <algorithm>

#include "net/package/topology.hpp"

namespace hecaton::io {

cost::PackageContent content_of(const Deck& deck) {
  const net::Topology topology(deck.network.package, true);
  const net::NetworkConfig& network = deck.network;
  const std::uint32_t io_dies = topology.nodes() - topology.dies();
  const std::uint32_t channels = deck.memory.channels_of(topology.dies());
  cost::PackageContent content;
  content.dies = topology.dies();
  content.channels = channels == 0 ? io_dies : channels;
  content.io_dies = std::min<std::uint64_t>(io_dies, content.channels);
  content.peak_TFLOPS = deck.die.peak_TFLOPS;
  content.buffers_MiB = deck.die.weight_buffer_MiB + deck.die.activation_buffer_MiB;
  // Inputs are four links and the die's own ports.
  const double inputs = content.links_of_die + network.interface.ports;
  content.router_buffer_bytes =
      inputs * network.router.virtual_channels * network.router.buffer_flits * network.link.flit_bytes;
  content.link_GBps = network.link.bandwidth_GBps;
  content.capacity_GiB =
      deck.memory.capacity_GiB > 0 ? deck.memory.capacity_GiB : deck.memory.usual_capacity_GiB;
  content.usd_per_GiB = deck.memory.usd_per_GiB;
  return content;
}

}  // namespace hecaton::io
