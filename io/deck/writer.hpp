// Decks as text, from the registry: the resolved echo of a run and the commented default deck.
#pragma once

#include <string>
#include <string_view>

#include "io/deck/deck.hpp"

namespace hecaton::io {

struct WorkloadKind;  // workloads/kind.hpp

// Every value of the deck after presets and overrides, with the tag of those that are defaults. Reads back to
// the same Deck, this text included.
std::string resolved_toml(const Deck& deck);

// The tag of a key's value, if it is that of a preset or a default; "given" if the deck chose it. Throws std::logic_error
// if there is no such key.
std::string_view origin_of(const Deck& deck, std::string_view table, std::string_view key);

// A complete deck of defaults in which every value has its text, unit, range and tag. Reads back to the
// defaults. What a preset fills stands as a comment, so that choosing another preset takes effect.
std::string dump_default(const WorkloadKind& kind);

}  // namespace hecaton::io
