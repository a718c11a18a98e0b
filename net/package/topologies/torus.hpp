// A torus: a mesh with a wrap-around link in every row and column that is long enough for one.
#pragma once

#include "net/package/topologies/design.hpp"

namespace hecaton::net {

inline constexpr TopologyDesign torus_design{
    .kind = TopologyKind::torus,
    .meaning = "a mesh whose rows and columns of three dies and more are closed to rings",
    .row = Line::close_if_long_enough,
    .column = Line::close_if_long_enough,
    .wraps = true,
    .passes_dies = false,
    .ring_order = RingOrder::naive};

}  // namespace hecaton::net
