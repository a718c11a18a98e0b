#include "io/deck/source.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "io/deck/lists.hpp"
#include "io/deck/nesting.hpp"
#include "io/deck/toml_text.hpp"
#include "io/files/text_file.hpp"

namespace hecaton::io {
namespace {

// Tables nest two deep at most ([training.model]); what lies deeper stays one entry of type "a table".
void flatten(const toml::table& table, const std::string& name, const std::string& source,
             std::vector<Entry>& entries) {
  constexpr auto may_nest = [](std::string_view outer) {
    return outer.empty() || outer.find('.') == std::string_view::npos;
  };
  for (const auto& [key, node] : table) {
    Location where = location_of(source, key.source());
    const toml::table* inner = node.as_table();
    if (inner == nullptr || !may_nest(name)) {
      entries.push_back(entry_of(name, key.str(), node, std::move(where)));
      continue;
    }
    const std::string inner_name =
        name.empty() ? std::string(key.str()) : fmt::format("{}.{}", name, key.str());
    entries.push_back({inner_name, "", {}, "a table", std::move(where)});
    flatten(*inner, inner_name, source, entries);
  }
}

bool is_bare_path(std::string_view path) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return std::all_of(path.begin(), path.end(), allowed);
}

Entry parse_override_value(std::string_view table, std::string_view name, std::string_view value,
                           const Location& where) {
  const std::string key = fmt::format("{}.{}", table, name);
  const std::string text = fmt::format("value = {}\n", value);
  if (nests_deeper(text, most_levels)) {
    throw InputError(where, key, "nests too deep",
                     fmt::format("at most {} levels of tables and lists are read", most_levels),
                     "write a number, true, false or a quoted text");
  }
  toml::table parsed;
  try {
    parsed = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw InputError(where, key, "is not a TOML value", error.description(),
                     "write a number, true, false or a quoted text");
  }
  if (parsed.size() != 1) {
    throw InputError(where, key, "is more than one value", "--set gives one value to one key",
                     "use one --set for each key");
  }
  return entry_of(table, name, parsed.begin()->second, where);
}

}  // namespace

std::string read_deck_text(const std::filesystem::path& path) {
  std::string text = read_text_file(path, "a deck");
  if (text.empty()) {
    throw InputError({path.string()}, "", "is empty", "a deck needs a [workload] table",
                     "start from \"hecaton dump-default training\"");
  }
  return text;
}

std::vector<Entry> parse_entries(std::string_view text, const std::string& source) {
  std::vector<Entry> entries;
  flatten(parse_toml(text, source), "", source, entries);
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  return entries;
}

Entry parse_override(std::string_view assignment, IsText is_text) {
  const Location where{fmt::format("--set {}", in_quotes(assignment))};
  const auto equals = assignment.find('=');
  const std::string_view path = trimmed(assignment.substr(0, equals));
  const auto dot = path.rfind('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || !is_bare_path(path)) {
    throw InputError(where, "", "is not an assignment", "it has the form table.key=value",
                     "for example --set package.rows=8");
  }
  const std::string_view table = path.substr(0, dot);
  const std::string_view name = path.substr(dot + 1);
  const std::string_view value = trimmed(assignment.substr(equals + 1));
  const bool has_quotes = value.starts_with('"') || value.starts_with('\'');
  if (is_text(table, name) && !has_quotes) {
    return {std::string(table), std::string(name), std::string(value), "a text", where};
  }
  return parse_override_value(table, name, value, where);
}

}  // namespace hecaton::io
