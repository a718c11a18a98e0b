// Which way a worm may leave a router, and on which virtual channels, so that no set of worms can wait for
// each other in a circle.
//
//   xy, yx    one dimension after the other. On a mesh that alone is free of circles. Where rows or columns are
//             closed, two classes of channels cut each at its wrap-around link (dateline): a worm that still has to
//             wrap uses the lower half, one that has wrapped the upper half, one that never wraps starts in
//             either and may change to the upper half only (Dally and Seitz 1987).
//   o1turn    each packet takes xy or yx, which have halves of the channels of their own (Seo et al. 2005).
//   adaptive  any shortest way, on a channel whose buffer has room for the whole packet, or is empty; so what waits
//             behind another worm lies in this buffer alone and keeps nobody else waiting (whole-packet forwarding;
//             Ma, Enright Jerger and Wang 2012, with the proof). Channel 0 (torus: 0 and 1) is kept for xy, where every
//             worm at the front finds its way out (Duato 1993).
//   up-down   for packages with dead links or dies: first towards a root, then away from it, by the shortest
//             such way (Schroeder et al. 1991). With the root in a corner that is the negative-first turn
//             model wherever nothing is dead, so ways are shortest there.
//
// Everything here is a function of the deck and of what the worm's header says.
#pragma once

#include <array>
#include <cstdint>

#include "net/package/config.hpp"
#include "net/package/packet.hpp"
#include "net/package/topology.hpp"
#include "net/package/up_down.hpp"

namespace hecaton::net {

// Virtual channels are sets of bits.
struct Way {
  Port port = Port::local;
  std::uint16_t channels = 0;
};

struct Ways {
  std::array<Way, 2> way;
  std::uint32_t count = 0;
};

enum class DimensionOrder : std::uint8_t { none, row_first, column_first };

// Throws std::invalid_argument if the routing does not fit the topology, its channels, or what is dead.
void require_routes(const NetworkConfig& config, const Topology& topology);

class Routes {
 public:
  // Throws as require_routes() does.
  Routes(const NetworkConfig& config, const Topology& topology);

  // The way of a worm at the front of a buffer of `here`; adaptive routing: its way out.
  Way way(const Topology& topology, NodeId here, const WormHeader& header, Port in,
          std::uint32_t in_channel) const;
  bool adaptive() const { return routing_ == Routing::adaptive; }
  // Whether every way follows from two coordinates, on any channel.
  DimensionOrder dimension_order() const {
    if (dateline_) return DimensionOrder::none;
    if (routing_ == Routing::xy) return DimensionOrder::row_first;
    return routing_ == Routing::yx ? DimensionOrder::column_first : DimensionOrder::none;
  }
  // Every worm goes one dimension after the other, in the same order.
  bool by_dimensions() const { return routing_ == Routing::xy || routing_ == Routing::yx; }
  // Adaptive routing: the ports on shortest ways and the channels that any worm may take there if their
  // buffers are empty; none where the way is not a choice (to an interface or an IO die).
  Ways shortest(const Topology& topology, NodeId here, const WormHeader& header) const;
  // Links on the way. With adaptive routing every way has as many.
  std::uint32_t hops(const Topology& topology, NodeId from, NodeId to) const;

 private:
  // Bits of all channels, and of the two classes of a torus; of foreground and background worms.
  struct Sets {
    std::array<std::uint16_t, 2> all{}, lower{}, upper{};
  };

  Sets sets_of(std::uint32_t first, std::uint32_t count) const;
  static Leg leg(const Topology& topology, NodeId here, const WormHeader& header, Dimension dimension);
  std::uint16_t channels(const Leg& leg, Port out, const Sets& sets, bool background, Port in,
                         std::uint32_t in_channel) const;

  Routing routing_;
  bool dateline_;  // channels have two classes, because lines of the topology may be closed
  bool classes_;
  std::array<Sets, 2> sets_{};          // o1turn: of xy and of yx; otherwise the first; adaptive: the way out
  std::array<std::uint16_t, 2> any_{};  // adaptive: channels of every way
  std::array<std::uint16_t, 2> all_{};  // what a worm may take where no circle can close
  UpDown up_down_;
};

}  // namespace hecaton::net
