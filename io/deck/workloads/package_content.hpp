// What is in the package of a deck, for its price.
#pragma once

#include "core/cost/package_cost.hpp"
#include "io/deck/deck.hpp"

namespace hecaton::io {

// Of a deck whose dies compute. IO dies that have no channel are not placed.
cost::PackageContent content_of(const Deck& deck);

}  // namespace hecaton::io
