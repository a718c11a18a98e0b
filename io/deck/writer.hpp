// Decks as text, from the registry: the resolved echo of a run and the commented default deck.
#pragma once

#include <string>

#include "io/deck/deck.hpp"

namespace hecaton::io {

struct WorkloadKind;  // workloads/kind.hpp

// Every value of the deck after presets and overrides, with the tag of those that are defaults. Reads back to
// the same Deck, this text included.
std::string resolved_toml(const Deck& deck);

// A complete deck of defaults in which every value has its text, unit, range and tag. Reads back to the
// defaults. What a preset fills stands as a comment, so that choosing another preset takes effect.
std::string dump_default(const WorkloadKind& kind);

}  // namespace hecaton::io
