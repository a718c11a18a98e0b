// A JSON object from a file that may be anything: its keys, each with its place and value.
//
// Invariants: a key is there once; values nest at most `most_levels` deep; the file is no larger than
// largest_text_bytes. Anything else is refused by an InputError that names the place.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/input_error.hpp"

namespace hecaton::io {

inline constexpr std::size_t most_json_levels = 16;

struct JsonMember {
  std::string name;
  nlohmann::json value;
  Location where;
};

struct JsonObject {
  std::string file;
  std::vector<JsonMember> members;  // in the order of the file

  const JsonMember* find(std::string_view name) const;
};

// `what` says what the file should be ("a model's config.json").
JsonObject read_json_object(const std::filesystem::path& path, std::string_view what);

}  // namespace hecaton::io
