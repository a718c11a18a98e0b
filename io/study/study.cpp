#include "io/study/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <tuple>

#include "io/deck/toml_text.hpp"
#include "io/files/text_file.hpp"
#include "partition/partition.hpp"

namespace hecaton::io {
namespace {

constexpr std::string_view table_names[] = {"study", "grid", "list"};
constexpr std::string_view key_names[] = {"deck", "ranks", "partition", "trace"};
constexpr std::int64_t most_ranks = 1'000'000;

// One key of [grid] or [list] and its values; a single value has `holds_for_all`.
struct Axis {
  std::string key;  // "table.key"
  std::vector<Entry> values;
  Location where;
  bool holds_for_all = false;
};

std::string guess(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view near = nearest(word, names);
  return near.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", near);
}

// A name that the user wrote, made fit for a message.
std::string shown(std::string_view name) {
  const std::string text = in_quotes(name);
  return text.substr(1, text.size() - 2);
}

// --- [study] ---

[[noreturn]] void refuse(const Entry& entry, std::string_view problem, std::string_view why,
                         std::string_view suggestion) {
  throw InputError(entry.where, fmt::format("study.{}", shown(entry.name)), problem, why, suggestion);
}

std::string text_of(const Entry& entry, std::string_view what) {
  const auto* text = std::get_if<std::string>(&entry.value);
  if (text == nullptr) refuse(entry, fmt::format("is {}", entry.type), "a text is needed", what);
  if (text->empty() || text->find('\0') != std::string::npos) refuse(entry, "names nothing", "", what);
  return *text;
}

std::string choice_of(const Entry& entry, std::span<const std::string_view> names) {
  const std::string suggestion = "choose one of " + joined(names);
  std::string text = text_of(entry, suggestion);
  if (std::find(names.begin(), names.end(), text) == names.end()) {
    refuse(entry, fmt::format("cannot be {}", in_quotes(text)), "", suggestion);
  }
  return text;
}

int ranks_of(const Entry& entry) {
  const auto* ranks = std::get_if<std::int64_t>(&entry.value);
  const std::string suggestion = fmt::format("give 1 to {}", most_ranks);
  if (ranks == nullptr)
    refuse(entry, fmt::format("is {}", entry.type), "a whole number is needed", suggestion);
  if (*ranks < 1 || *ranks > most_ranks) {
    refuse(entry, "is out of range", fmt::format("{} is not in 1 to {}", *ranks, most_ranks), suggestion);
  }
  return static_cast<int>(*ranks);
}

void set_key(Study& study, const Entry& entry) {
  if (entry.name == "deck") {
    study.deck = study.path.parent_path() / text_of(entry, "name a deck, from the folder of the study");
  } else if (entry.name == "ranks") {
    study.ranks = ranks_of(entry);
    study.ranks_at = entry.where;
  } else if (entry.name == "partition") {
    study.partition = choice_of(entry, partition::partition_names);
  } else if (entry.name == "trace") {
    study.trace = value_named<TraceContent>(choice_of(entry, names_of<TraceContent>())).value();
  } else {
    refuse(entry, "is not a key", "the keys are " + joined(key_names), guess(entry.name, key_names));
  }
}

void read_head(Study& study, const toml::table& table, const std::string& source) {
  for (const auto& [key, node] : table) {
    set_key(study, entry_of("study", key.str(), node, location_of(source, key.source())));
  }
  if (study.deck.empty()) {
    throw InputError(location_of(source, table.source()), "study.deck", "is missing",
                     "a study varies keys of a deck", "add deck = \"FILE.toml\" under [study]");
  }
}

// --- [grid] and [list] ---

Axis axis_of(const std::string& table, std::string_view name, const toml::node& node, Location where) {
  Axis axis{fmt::format("{}.{}", table, name), {}, std::move(where), node.as_array() == nullptr};
  if (axis.holds_for_all) {
    axis.values.push_back(entry_of(table, name, node, axis.where));
    return axis;
  }
  for (const toml::node& value : *node.as_array()) {
    axis.values.push_back(entry_of(table, name, value, location_of(axis.where.source, value.source())));
  }
  if (axis.values.empty()) {
    throw InputError(axis.where, shown(axis.key), "has no values", "a study makes points of them",
                     "give at least one or remove it");
  }
  return axis;
}

// Recursion is as deep as the text nests, which parse_toml() has bounded.
void collect_axes(const toml::table& table, const std::string& name, const std::string& source,
                  std::vector<Axis>& axes) {
  for (const auto& [key, node] : table) {
    const Location where = location_of(source, key.source());
    if (const toml::table* inner = node.as_table()) {
      const std::string inner_name =
          name.empty() ? std::string(key.str()) : fmt::format("{}.{}", name, key.str());
      collect_axes(*inner, inner_name, source, axes);
    } else if (name.empty()) {
      throw InputError(where, shown(key.str()), "stands in no table of the deck", "every key belongs to one",
                       "write table.key = [...]");
    } else {
      axes.push_back(axis_of(name, key.str(), node, where));
    }
  }
}

std::vector<Axis> axes_of(const toml::table& root, std::string_view name, const std::string& source) {
  std::vector<Axis> axes;
  const toml::node* node = root.get(name);
  if (node == nullptr) return axes;
  collect_axes(*node->as_table(), "", source, axes);
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  return axes;
}

void check_unique(const std::vector<Axis>& list, const std::vector<Axis>& grid) {
  for (const Axis& axis : grid) {
    const auto same = [&](const Axis& other) { return other.key == axis.key; };
    const auto found = std::find_if(list.begin(), list.end(), same);
    if (found == list.end()) continue;
    throw InputError(axis.where, shown(axis.key), "stands in [grid] and in [list]",
                     "one value would hide the other", "remove one of them");
  }
}

[[noreturn]] void refuse_size(const Axis& axis) {
  throw InputError(axis.where, shown(axis.key), "makes too many points",
                   fmt::format("a study has at most {}", most_points), "split the study");
}

// Rows of [list]: as many as its lists are long.
std::vector<StudyPoint> rows_of(const std::vector<Axis>& axes) {
  const Axis* longest = nullptr;
  for (const Axis& axis : axes) {
    if (axis.holds_for_all) continue;
    if (longest == nullptr) longest = &axis;
    if (axis.values.size() == longest->values.size()) continue;
    throw InputError(
        axis.where, shown(axis.key), fmt::format("has {} values", axis.values.size()),
        fmt::format("{} has {}, and their values belong together", longest->key, longest->values.size()),
        "make the lists equally long, or use [grid] for all combinations");
  }
  const std::size_t count = longest == nullptr ? 1 : longest->values.size();
  if (count > most_points) refuse_size(*longest);
  std::vector<StudyPoint> rows(count);
  for (std::size_t row = 0; row < count; ++row) {
    for (const Axis& axis : axes) rows[row].push_back(axis.values[axis.holds_for_all ? 0 : row]);
  }
  return rows;
}

// Every point so far with every value of the axis.
std::vector<StudyPoint> crossed(const std::vector<StudyPoint>& points, const Axis& axis) {
  if (axis.values.size() > most_points / points.size()) refuse_size(axis);
  std::vector<StudyPoint> result;
  result.reserve(points.size() * axis.values.size());
  for (const StudyPoint& point : points) {
    for (const Entry& value : axis.values) {
      result.push_back(point);
      result.back().push_back(value);
    }
  }
  return result;
}

void check_tables(const toml::table& root, const std::string& source) {
  for (const auto& [key, node] : root) {
    const Location where = location_of(source, key.source());
    if (std::find(std::begin(table_names), std::end(table_names), key.str()) == std::end(table_names)) {
      throw InputError(where, shown(key.str()), "is not a table of a study",
                       "the tables are " + joined(table_names), guess(key.str(), table_names));
    }
    if (node.as_table() == nullptr) {
      throw InputError(where, shown(key.str()), "is not a table", "", fmt::format("write [{}]", key.str()));
    }
  }
  if (root.get("study") != nullptr) return;
  throw InputError({source}, "study", "is missing", "a study names the deck that it varies",
                   "add [study] with deck = \"FILE.toml\"");
}

}  // namespace

Study read_study(const std::filesystem::path& path) {
  Study study;
  study.path = path;
  const std::string source = path.string();
  study.ranks_at = {source};
  const toml::table root = parse_toml(read_text_file(path, "a study"), source);
  check_tables(root, source);
  read_head(study, *root.get("study")->as_table(), source);
  const std::vector<Axis> list = axes_of(root, "list", source);
  const std::vector<Axis> grid = axes_of(root, "grid", source);
  check_unique(list, grid);
  for (const Axis& axis : list) study.keys.push_back(axis.key);
  study.points = rows_of(list);
  for (const Axis& axis : grid) {
    study.keys.push_back(axis.key);
    study.points = crossed(study.points, axis);
  }
  return study;
}

}  // namespace hecaton::io
