// TOML as decks and studies share it: parsing a text that anybody may have written, with places in it.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "io/deck/entry.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {

Location location_of(const std::string& source, const toml::source_region& region);

// The depth to which a text nests is at most twice the number of its brackets, and of its dots that are not
// the decimal points of numbers, outside comment lines. The
// parser works on nested tables recursively, so a text of a few thousand dots could overflow the stack; no
// deck or study has so many. `what` is what the text should be ("a deck"). Throws InputError.
void check_nesting(std::string_view text, const Location& where, std::string_view what);

// Throws InputError where the text is not TOML.
toml::table parse_toml(std::string_view text, const std::string& source, std::string_view what);

// A value of the text as an entry.
Entry entry_of(std::string_view table, std::string_view name, const toml::node& node, Location where);

}  // namespace hecaton::io
