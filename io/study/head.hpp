// The head of a text that varies a deck, [study] or [search]: the deck, and how its points are run.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "io/deck/toml_text.hpp"
#include "io/study/study.hpp"

namespace hecaton::io {

// What such a text is.
struct TextKind {
  std::string_view what;  // "a study"
  std::string_view head;  // "study": the table of the head
  std::span<const std::string_view> tables;
  std::span<const std::string_view> keys;  // of the head
};

// Throws InputError for a table that such a text does not have, for one that is none, and if there is no head.
void check_tables(const toml::table& root, const std::string& source, const TextKind& kind);

// Reads a key of the head that only this kind of text has; says whether it is one.
using ReadKey = std::function<bool(std::string_view name, const toml::node& node, const Location& where)>;
// `other` is asked for each key that is none of every head's. Throws InputError.
void read_head(Study& study, const toml::table& root, const std::string& source, const TextKind& kind,
               const ReadKey& other = {});

}  // namespace hecaton::io
