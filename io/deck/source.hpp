// From bytes that anybody may have written to a flat list of entries: which table, which key, which value,
// and where it stands. Knows TOML, but not which keys exist.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/entry.hpp"

namespace hecaton::io {

// The text of a deck file, which may be any file; throws InputError.
std::string read_deck_text(const std::filesystem::path& path);

// The entries in the order of the text; throws InputError where it is not TOML.
std::vector<Entry> parse_entries(std::string_view text, const std::string& source);

// One "table.key=value" of the command line. The value is TOML; where `is_text` says that the key holds a
// text, its quotes may be left out.
using IsText = bool (*)(std::string_view table, std::string_view key);
Entry parse_override(std::string_view assignment, IsText is_text);

}  // namespace hecaton::io
