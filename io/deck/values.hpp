// From what stands in a deck to the values of its keys: each is checked for its type and range, or refused where
// it stands.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "io/deck/entry.hpp"
#include "io/deck/registry.hpp"

namespace hecaton::io {

// Precondition: there is such a key, and its table may stand in this deck. Throws InputError.
void set_entry(Deck& deck, const Entry& entry);

// The path that an entry gives to a key that chooses, in place of a name; empty: it gives none.
std::string_view file_of(const Entry& entry);

// Null: it is not given. The name is empty for the head of a table.
const Entry* find_entry(std::span<const Entry> entries, std::string_view table, std::string_view name);

// A hint for a word that is not among the candidates: the nearest of them, or `otherwise` if none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view otherwise);

}  // namespace hecaton::io
