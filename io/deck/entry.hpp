// One key of a deck as it was written: which table, which key, which value, and where it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "io/files/input_error.hpp"

namespace hecaton::io {

// `name` is empty for the head of a table, `table` for a key that stands in none. monostate: a value of a
// TOML type that no key has; `type` says in words what was found.
struct Entry {
  std::string table;
  std::string name;
  std::variant<std::monostate, std::int64_t, double, bool, std::string> value;
  std::string_view type;
  Location where;
};

}  // namespace hecaton::io
