#include "io/execution/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "io/files/text_file.hpp"

namespace hecaton::io::execution {
namespace {

using nlohmann::json;

constexpr std::size_t largest_groups_bytes = std::size_t{64} << 20U;
constexpr int most_levels = 8;
constexpr std::string_view shape_of_groups = R"(write {"1": [0, 1], "2": [2, 3]})";

struct PlaceOfGroup {
  const Location& where;
  std::string key;

  [[noreturn]] void refuse(std::string_view problem, std::string_view why, std::string_view help) const {
    throw InputError(where, key, problem, why, help);
  }
};

// The parser itself does not nest, but what it makes does.
json parsed_groups(std::string_view text, const PlaceOfGroup& place, const json::parser_callback_t& see) {
  const auto bounded = [&](int depth, json::parse_event_t event, json& value) {
    if (depth > most_levels)
      place.refuse("nests too deep", fmt::format("at most {} levels are read", most_levels), shape_of_groups);
    return see(depth, event, value);
  };
  try {
    return json::parse(text.begin(), text.end(), bounded);
  } catch (const json::exception& error) {
    const std::string_view reason = error.what();
    const auto name = reason.find(": ");  // the parser's own, before what is wrong
    place.refuse("is not JSON", reason.substr(name == std::string_view::npos ? 0 : name + 2),
                 "correct what it says");
  }
}

std::vector<std::uint32_t> ranks_of(const json& list, std::uint32_t ranks, const PlaceOfGroup& place) {
  if (!list.is_array())
    place.refuse("is no list of ranks", fmt::format("it is {}", list.type_name()), shape_of_groups);
  std::vector<std::uint32_t> members;
  std::vector<bool> is_there(ranks);
  for (const json& rank : list) {
    if (!rank.is_number_unsigned()) {
      place.refuse("holds something that is no rank",
                   in_quotes(rank.is_structured() ? rank.type_name()
                                                  : rank.dump(-1, ' ', true, json::error_handler_t::replace)),
                   "ranks are whole numbers");
    }
    const auto number = rank.get<std::uint64_t>();
    if (number >= ranks)
      place.refuse(fmt::format("has rank {}", number), fmt::format("ranks are 0 to {}", ranks - 1),
                   "remove it, or give a trace for it");
    if (is_there[number])
      place.refuse(fmt::format("has rank {} twice", number), "a member has one place", "remove one");
    is_there[number] = true;
    members.push_back(static_cast<std::uint32_t>(number));
  }
  return members;
}

void add_group(Groups& groups, std::string name, std::vector<std::uint32_t> members,
               const PlaceOfGroup& place) {
  if (members.empty())
    place.refuse("has no members", "nobody would communicate", "name its ranks or remove it");
  if (groups.members.size() >= most_groups)
    place.refuse("is one group too many", fmt::format("there may be {}, with that of all ranks", most_groups),
                 "remove groups that nobody uses");
  groups.by_name.insert_or_assign(std::move(name), static_cast<std::uint32_t>(groups.members.size()));
  groups.members.push_back(std::move(members));
}

std::string process_group_name(const json& group, const PlaceOfGroup& place) {
  const auto name = group.find("pg_name");
  if (name != group.end() && name->is_string()) return name->get<std::string>();
  if (name != group.end() && name->is_number_unsigned()) return std::to_string(name->get<std::uint64_t>());
  place.refuse("describes a process group without a name", "pg_name is missing or no text",
               "correct the trace");
}

void add_process_group(Groups& groups, const json& group, const PlaceOfGroup& place) {
  if (!group.is_object())
    place.refuse("describes no process group", fmt::format("it is {}", group.type_name()),
                 "correct the trace");
  std::string name = process_group_name(group, place);
  const PlaceOfGroup here{place.where, fmt::format("{}: group {}", place.key, in_quotes(name))};
  const auto list = group.find("ranks");
  if (list == group.end())
    here.refuse("has no list of ranks", "its members are unknown", "correct the trace");
  std::vector<std::uint32_t> members = ranks_of(*list, groups.ranks, here);
  if (members.empty()) members = groups.members.front();
  // Group 0 by this name is what is taken for granted, and gives way.
  const auto known = groups.find(name);
  if (!known || *known == 0) return add_group(groups, std::move(name), std::move(members), here);
  if (groups.members[*known] == members) return;
  here.refuse("has other members than it had before", "another trace or the file of groups lists other ranks",
              "give the groups in a file and traces that agree with it");
}

}  // namespace

std::optional<std::uint32_t> Groups::find(std::string_view name) const {
  const auto found = by_name.find(name);
  if (found == by_name.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint32_t> Groups::place(std::uint32_t group, std::uint32_t rank) const {
  const std::vector<std::uint32_t>& list = members.at(group);
  if (rank < list.size() && list[rank] == rank) return rank;
  const auto found = std::find(list.begin(), list.end(), rank);
  if (found == list.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - list.begin());
}

Groups all_ranks(std::uint32_t ranks) {
  Groups groups{ranks, {std::vector<std::uint32_t>(ranks)}, {{"", 0}, {"0", 0}}};
  std::iota(groups.members.front().begin(), groups.members.front().end(), 0U);
  return groups;
}

Groups read_groups(const std::filesystem::path& file, std::uint32_t ranks) {
  const Location where{file.string()};
  const PlaceOfGroup place{where, ""};
  const std::string text = read_text_file(file, "a file of groups of ranks", largest_groups_bytes);
  std::set<std::string> names;
  const json all = parsed_groups(text, place, [&](int depth, json::parse_event_t event, const json& value) {
    if (depth == 1 && event == json::parse_event_t::key && !names.insert(value.get<std::string>()).second)
      PlaceOfGroup{where, fmt::format("group {}", in_quotes(value.get<std::string>()))}.refuse(
          "is given twice", "one of the two would not be read", "remove one");
    return true;
  });
  if (!all.is_object())
    place.refuse("is no list of groups", fmt::format("it is {}", all.type_name()), shape_of_groups);
  Groups groups = all_ranks(ranks);
  for (const auto& [name, list] : all.items()) {
    const PlaceOfGroup here{where, fmt::format("group {}", in_quotes(name))};
    if (name.empty()) here.refuse("has no name", "without one, all ranks are meant", "give it one");
    add_group(groups, name, ranks_of(list, ranks, here), here);
  }
  return groups;
}

void add_process_groups(Groups& groups, std::string_view text, const Location& where, std::string_view key) {
  if (text.find("\"pg_name\"") == std::string_view::npos) return;
  const auto first = text.find("[{");
  const auto last = text.rfind("}]");
  const PlaceOfGroup place{where, std::string(key)};
  if (first == std::string_view::npos || last == std::string_view::npos || last < first)
    place.refuse("describes process groups that cannot be read", "they are no list of objects",
                 "correct the trace");
  const json list = parsed_groups(text.substr(first, last + 2 - first), place,
                                  [](int, json::parse_event_t, const json&) { return true; });
  for (const json& group : list) add_process_group(groups, group, place);
}

}  // namespace hecaton::io::execution
