#include "io/hub/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "io/files/text_file.hpp"

namespace hecaton::io {
namespace {

using nlohmann::json;

Location place_of(const std::string& file, std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {file, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(before.size() - start + 1)};
}

// Where the text that opens at `at` ends: behind its closing quote.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return text.size();
}

// Where the keys of the outermost object stand, in a text that may be no JSON. Throws where it nests too deep: the parser
// is not asked about such a text.
std::vector<std::size_t> places_of_keys(std::string_view text, const std::string& file) {
  std::vector<std::size_t> places;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t end = end_of_text(text, at);
      const std::size_t next = text.find_first_not_of(" \t\r\n", end);
      if (depth == 1 && next != std::string_view::npos && text[next] == ':') places.push_back(at);
      at = end;
      continue;
    }
    if ((c == '{' || c == '[') && ++depth > most_json_levels) {
      throw InputError(place_of(file, text, at), "", "nests too deep",
                       fmt::format("at most {} levels of objects and lists are read", most_json_levels),
                       "check that it is the file that is meant");
    }
    if ((c == '}' || c == ']') && depth > 0) --depth;
    ++at;
  }
  return places;
}

// Without the parser's own name and place, which ours has said.
std::string reason_of(const json::exception& error) {
  const std::string_view text = error.what();
  const auto place = text.find(": ");
  return std::string(text.substr(place == std::string_view::npos ? 0 : place + 2));
}

// The keys of the outermost object in their order, twice if they stand there twice, as well as what is parsed.
std::pair<json, std::vector<std::string>> parsed(const std::string& text, const std::string& file,
                                                 std::string_view what) {
  std::vector<std::string> names;
  const auto note_keys = [&](int depth, json::parse_event_t event, json& key) {
    if (depth == 1 && event == json::parse_event_t::key) names.push_back(key.get<std::string>());
    return true;
  };
  const std::string help = fmt::format("check that it is {}", what);
  try {
    json all = json::parse(text, note_keys);
    return {std::move(all), std::move(names)};
  } catch (const json::parse_error& error) {
    const std::size_t at = error.byte > 0 ? error.byte - 1 : 0;
    throw InputError(place_of(file, text, at), "", "is not JSON", reason_of(error), help);
  } catch (const json::exception& error) {
    throw InputError(Location{file}, "", "is not JSON", reason_of(error), help);
  }
}

}  // namespace

const JsonMember* JsonObject::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

JsonObject read_json_object(const std::filesystem::path& path, std::string_view what) {
  JsonObject object{path.string(), {}};
  const std::string text = read_text_file(path, what);
  const std::vector<std::size_t> places = places_of_keys(text, object.file);
  auto [all, names] = parsed(text, object.file, what);
  if (!all.is_object()) {
    throw InputError(Location{object.file}, "", "is not a JSON object",
                     fmt::format("it is {}", all.type_name()), fmt::format("check that it is {}", what));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Location where = place_of(object.file, text, places.at(i));
    if (object.find(names[i]) != nullptr) {
      throw InputError(where, names[i], "is given twice", "one of the two would not be read", "remove one");
    }
    object.members.push_back({names[i], std::move(all.at(names[i])), where});
  }
  return object;
}

}  // namespace hecaton::io
