#include "io/deck_source.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "io/text_file.hpp"

namespace hecaton::io {
namespace {

Location location_of(const std::string& source, const toml::source_region& region) {
  return {source, region.begin.line, region.begin.column};
}

// The depth to which a text nests is at most the number of its dots and brackets outside comment lines. The
// parser works on nested tables recursively, so a text of a few thousand dots could overflow the stack; no
// deck has so many.
void check_nesting(std::string_view text, const Location& where) {
  constexpr std::ptrdiff_t most = 2000;
  std::ptrdiff_t count = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    count += std::count_if(line.begin(), line.end(), [](char c) { return c == '.' || c == '[' || c == '{'; });
  }
  if (count <= most) return;
  throw InputError(where, "", "cannot be a deck",
                   fmt::format("it has {} dots and brackets; at most {} are read", count, most),
                   "check that it is one");
}

toml::table parse_toml(std::string_view text, const std::string& source) {
  check_nesting(text, {source});
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    throw InputError(location_of(source, error.source()), "", "is not TOML", error.description(),
                     "correct the text at this place");
  }
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

Entry entry_of(std::string_view table, std::string_view name, const toml::node& node, Location where) {
  Entry entry{std::string(table), std::string(name), {}, type_name(node), std::move(where)};
  if (const auto integer = node.value_exact<std::int64_t>()) {
    entry.value = *integer;
  } else if (const auto real = node.value_exact<double>()) {
    entry.value = *real;
  } else if (const auto flag = node.value_exact<bool>()) {
    entry.value = *flag;
  } else if (auto text = node.value_exact<std::string>()) {
    entry.value = *std::move(text);
  }
  return entry;
}

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

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Entry parse_override_value(std::string_view table, std::string_view name, std::string_view value,
                           const Location& where) {
  const std::string key = fmt::format("{}.{}", table, name);
  check_nesting(value, where);
  toml::table parsed;
  try {
    parsed = toml::parse(fmt::format("value = {}\n", value));
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
