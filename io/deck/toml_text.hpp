// TOML as decks and studies share it: parsing a text that anybody may have written, with places in it.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "io/deck/entry.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {

Location location_of(const std::string& source, const toml::source_region& region);

// Throws InputError where the text is not TOML, or nests deeper than any deck or study does (nesting.hpp).
toml::table parse_toml(std::string_view text, const std::string& source);

// A value of the text as an entry.
Entry entry_of(std::string_view table, std::string_view name, const toml::node& node, Location where);

}  // namespace hecaton::io
