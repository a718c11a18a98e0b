// Reads a deck: text and overrides in, a resolved and checked Deck out, or one InputError that says what is
// wrong, where and what to do. Everything it is given may be hostile.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/deck/entry.hpp"
#include "io/deck/locations.hpp"

namespace hecaton::io {

struct LoadedDeck {
  Deck deck;
  KeyLocations locations;
  // The files that were read for keys that choose, by the name of the key.
  std::map<std::string, std::filesystem::path> files = {};
};

// `overrides` are "table.key=value", the last one winning. A preset among them counts above the keys of the deck
// that it fills, not above other overrides.
LoadedDeck load_deck(const std::filesystem::path& path, std::span<const std::string> overrides);
Deck read_deck(const std::filesystem::path& path, std::span<const std::string> overrides);

// The same with overrides that stand somewhere else, in a study.
LoadedDeck load_deck_with(const std::filesystem::path& path, std::span<const Entry> overrides);

// The same from a text, for a deck that travels between ranks or lies in a trace; `name` becomes the deck's
// name.
Deck parse_deck(std::string_view text, const std::string& name);
Deck parse_deck_with(std::string_view text, const std::string& name, std::span<const Entry> overrides);

}  // namespace hecaton::io
