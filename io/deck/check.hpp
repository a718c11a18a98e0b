// What must hold between the keys of a deck; the ranges of single keys are the registry's.
#pragma once

#include "io/deck/deck.hpp"
#include "io/deck/locations.hpp"

namespace hecaton::io {

// Throws InputError at the key that is most likely the wrong one.
void check_deck(const Deck& deck, const KeyLocations& locations);

}  // namespace hecaton::io
