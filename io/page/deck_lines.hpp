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

}  // namespace hecaton::io
