// A mesh: every die is linked to its neighbours in its row and its column.
#pragma once

#include "net/package/topologies/design.hpp"

namespace hecaton::net {

inline constexpr TopologyDesign mesh_design{.kind = TopologyKind::mesh,
                                            .meaning = "",
                                            .row = Line::open,
                                            .column = Line::open,
                                            .wraps = false,
                                            .passes_dies = false,
                                            .ring_order = RingOrder::naive};

}  // namespace hecaton::net
