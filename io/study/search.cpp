#include "io/study/search.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string_view>

#include "io/files/text_file.hpp"
#include "io/study/axes.hpp"
#include "io/study/head.hpp"

namespace hecaton::io {
namespace {

constexpr std::string_view goals_key = "search.goals";

std::vector<NamedGoal> goals_of(const toml::node& node, const std::string& source, const Location& where) {
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty())
    throw InputError(where, goals_key, "names no goals", "a list of texts is needed",
                     "write goals = [\"step_s\", \"package_usd\"]");
  std::vector<NamedGoal> goals;
  for (const toml::node& each : *list) {
    const std::optional<std::string> name = each.value_exact<std::string>();
    const Location at = location_of(source, each.source());
    if (!name)
      throw InputError(at, goals_key, "is no list of texts", "",
                       "write goals = [\"step_s\", \"package_usd\"]");
    goals.push_back({*name, at});
  }
  return goals;
}

std::vector<NamedLimit> limits_of(const toml::table& root, const std::string& source) {
  std::vector<NamedLimit> limits;
  const toml::node* node = root.get("limits");
  if (node == nullptr) return limits;
  for (const auto& [key, value] : *node->as_table()) {
    const Location where = location_of(source, key.source());
    const std::optional<double> most = value.value<double>();
    if (!value.is_number() || !most || !std::isfinite(*most))
      throw InputError(where, fmt::format("limits.{}", shown(key.str())), "is no number",
                       "a limit is the most that is allowed", "write a number");
    limits.push_back({std::string(key.str()), *most, where});
  }
  return limits;
}

}  // namespace

SearchText read_search(const std::filesystem::path& path) {
  static constexpr std::string_view tables[] = {"search", "space", "list", "limits"};
  static constexpr std::string_view keys[] = {"deck", "ranks", "partition", "trace", "goals"};
  const TextKind kind{"a search", "search", tables, keys};
  SearchText search;
  Study& study = search.study;
  study.path = path;
  const std::string source = path.string();
  const toml::table root = parse_toml(read_text_file(path, "a search"), source);
  check_tables(root, source, kind);
  read_head(study, root, source, kind,
            [&](std::string_view name, const toml::node& node, const Location& where) {
              if (name != "goals") return false;
              search.goals = goals_of(node, source, where);
              return true;
            });
  const std::vector<Axis> list = axes_of(root, "list", source);
  const std::vector<Axis> space = axes_of(root, "space", source, Ranges::yes);
  if (list.empty() && space.empty())
    throw InputError({source}, "space", "is empty", "a search chooses among values of keys",
                     "add [space] with a key and its values");
  set_points(study, list, space, "space");
  search.limits = limits_of(root, source);
  return search;
}

}  // namespace hecaton::io
