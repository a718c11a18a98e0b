// Which IO die serves which die, and with how many DRAM channels. Dies and channels are ordered by angle
// around the centre of the package, and each die takes an equal interval of the channels' circle. So the load
// is balanced exactly and the ways are short.
#pragma once

#include <cstdint>
#include <vector>

#include "net/package/topology.hpp"

namespace hecaton::net {

struct ChannelShare {
  NodeId io;
  std::uint32_t weight = 0;
};
// shares[die]: the IO dies that serve it; the weights of one die sum to the number of channels.
std::vector<std::vector<ChannelShare>> assign_channels(const Topology& topology,
                                                       const std::vector<std::uint32_t>& channels_of_io);
// Channels spread evenly over the IO dies, by angle; by IO index. `channels` 0: one for each IO die.
std::vector<std::uint32_t> spread_channels(const Topology& topology, std::uint32_t channels);

}  // namespace hecaton::net
