// A mesh whose dies let ring traffic pass, so that rings along rows and columns can skip every second die.
#pragma once

#include "net/package/topologies/design.hpp"

namespace hecaton::net {

inline constexpr TopologyDesign bypass_ring_design{
    .kind = TopologyKind::bypass_ring,
    .meaning = "a mesh whose dies let ring traffic pass without touching their buffers",
    .row = Line::open,
    .column = Line::open,
    .wraps = false,
    .passes_dies = true,
    .ring_order = RingOrder::bypass};

}  // namespace hecaton::net
