#include "io/deck/toml_text.hpp"

#include <fmt/format.h>

#include "io/deck/nesting.hpp"

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

toml::table parse_toml(std::string_view text, const std::string& source) {
  if (const auto deep = nests_deeper(text, most_levels)) {
    throw InputError({source, deep->line, deep->column}, "", "nests too deep",
                     fmt::format("at most {} levels of tables and lists are read", most_levels),
                     "check the dots and brackets before this place");
  }
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
