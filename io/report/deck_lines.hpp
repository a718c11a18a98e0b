// A resolved deck as lines: every key with its value and the tag of where the value comes from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hecaton::io {

struct DeckLine {
  std::string key;    // "table.key"
  std::string value;  // as it stands in the deck
  std::string tag;    // "ASSUMED", "given", ...; empty where the line has none
};

// The text may be anything; lines that give no key a value are passed over.
std::vector<DeckLine> deck_lines(std::string_view resolved_toml);

// A key that has another value in another deck; an empty value: the deck has no such key.
struct DeckDifference {
  std::string key;
  std::string base;
  std::string other;
  friend bool operator==(const DeckDifference&, const DeckDifference&) = default;
};
// Of two resolved decks, in their order. Tags are of no account.
std::vector<DeckDifference> deck_differences(std::string_view base, std::string_view other);
// A line for each; of any file, so as printable ASCII.
std::string render_deck_differences(const std::vector<DeckDifference>& differences);

}  // namespace hecaton::io
