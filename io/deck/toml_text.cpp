#include "io/deck/toml_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hecaton::io {
namespace {

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

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether the dot at this place is the only one of a word that is a number, "0.5" or "1.5e-3". Such a word may
// be a key too, of two names.
bool is_decimal_point(std::string_view line, std::size_t at) {
  constexpr std::string_view of_numbers = "0123456789.eE+-_";
  const auto first = line.find_last_not_of(of_numbers, at);
  const std::size_t begin = first == std::string_view::npos ? 0 : first + 1;
  const std::string_view word = line.substr(begin, line.find_first_not_of(of_numbers, at) - begin);
  const std::size_t dot = at - begin;
  const bool between_digits =
      dot > 0 && dot + 1 < word.size() && is_digit(word[dot - 1]) && is_digit(word[dot + 1]);
  return between_digits && word.find('.') == word.rfind('.');
}

std::ptrdiff_t nesting_signs(std::string_view line) {
  std::ptrdiff_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '[' || line[i] == '{' || (line[i] == '.' && !is_decimal_point(line, i))) ++count;
  }
  return count;
}

// What to do about a name that is a key and a table.
std::string_view suggestion_for(std::string_view description) {
  if (description.find("cannot redefine existing") == std::string_view::npos)
    return "correct the text at this place";
  return "remove one of the two; the model beside shapes of its own is name = \"...\" under [training.model]";
}

}  // namespace

Location location_of(const std::string& source, const toml::source_region& region) {
  return {source, region.begin.line, region.begin.column};
}

void check_nesting(std::string_view text, const Location& where, std::string_view what) {
  constexpr std::ptrdiff_t most = 2000;
  std::ptrdiff_t count = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    count += nesting_signs(line);
  }
  if (count <= most) return;
  throw InputError(where, "", fmt::format("cannot be {}", what),
                   fmt::format("it has {} dots and brackets; at most {} are read", count, most),
                   "check that it is one");
}

toml::table parse_toml(std::string_view text, const std::string& source, std::string_view what) {
  check_nesting(text, {source}, what);
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    throw InputError(location_of(source, error.source()), "", "is not TOML", error.description(),
                     suggestion_for(error.description()));
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

}  // namespace hecaton::io
