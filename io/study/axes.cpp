#include "io/study/axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <tuple>

namespace hecaton::io {

std::string guess(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view near = nearest(word, names);
  return near.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", near);
}

std::string shown(std::string_view name) {
  const std::string text = in_quotes(name);
  return text.substr(1, text.size() - 2);
}

namespace {

// --- Ranges ---

// The number that a range gives for a word, if it does.
std::optional<double> number_in(const toml::table& range, std::string_view word, const Axis& axis) {
  const toml::node* node = range.get(word);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> number = node->value<double>();
  if (number && std::isfinite(*number)) return number;
  throw InputError(axis.where, shown(axis.key), fmt::format("has a range whose \"{}\" is no number", word),
                   "", "write { from = 8, to = 64, step = 8 }");
}

template <class Number>
struct Range {
  Number from, to;
  std::optional<Number> step, factor;  // one of them
};

// What comes after a value, whole numbers without rounding; nothing beyond the end.
std::optional<std::int64_t> next_of(const Range<std::int64_t>& range, std::int64_t value) {
  if (range.step) return value > range.to - *range.step ? std::nullopt : std::optional(value + *range.step);
  return value > range.to / *range.factor ? std::nullopt : std::optional(value * *range.factor);
}

// A step that floating point misses by a hair counts.
std::optional<double> next_of(const Range<double>& range, double value) {
  constexpr double hair = 1e-9;
  const double next = range.step ? value + *range.step : value * *range.factor;
  if (next > range.to + hair * (next - value)) return std::nullopt;
  return std::min(next, range.to);
}

template <class Number>
void expand(const Range<Number>& range, const Entry& like, Axis& axis) {
  for (std::optional<Number> value = range.from; value; value = next_of(range, *value)) {
    if (axis.values.size() == most_points)
      throw InputError(axis.where, shown(axis.key), "makes too many points",
                       fmt::format("a range has at most {} values", most_points), "make its steps larger");
    axis.values.push_back(like);
    axis.values.back().value = *value;
  }
}

void check_range(const Range<double>& range, const Axis& axis) {
  const auto refuse = [&](std::string_view problem, std::string_view suggestion) {
    throw InputError(axis.where, shown(axis.key), problem, "", suggestion);
  };
  if (range.step.has_value() == range.factor.has_value())
    refuse("has a range without steps", "give one of \"step\" and \"factor\"");
  if (range.from > range.to) refuse("has a range that is empty", "let \"from\" be at most \"to\"");
  if (range.step && (*range.step <= 0 || range.from + *range.step == range.from))
    refuse("has a range that never ends", "give a larger \"step\"");
  if (range.factor && (*range.factor <= 1 || range.from <= 0))
    refuse("has a range that never ends", "give a \"factor\" above 1, and \"from\" above 0");
}

template <class Number>
Range<Number> range_as(const toml::table& table) {
  const auto number = [&](std::string_view word) { return table[word].value<Number>(); };
  return {*number("from"), *number("to"), number("step"), number("factor")};
}

// The values of a range; whole numbers if all that it gives are.
void expand(const toml::table& table, const Entry& like, Axis& axis) {
  constexpr std::string_view words[] = {"from", "to", "step", "factor"};
  bool is_whole = true;
  for (const auto& [key, node] : table) {
    if (std::find(std::begin(words), std::end(words), key.str()) == std::end(words))
      throw InputError(axis.where, shown(axis.key), fmt::format("has a range with {}", in_quotes(key.str())),
                       "a range has " + joined(words), guess(key.str(), words));
    static_cast<void>(number_in(table, key.str(), axis));
    is_whole = is_whole && node.is_integer();
  }
  if (!number_in(table, "from", axis) || !number_in(table, "to", axis))
    throw InputError(axis.where, shown(axis.key), "has a range without its ends", "",
                     "give \"from\" and \"to\"");
  check_range(range_as<double>(table), axis);
  if (is_whole)
    expand(range_as<std::int64_t>(table), like, axis);
  else
    expand(range_as<double>(table), like, axis);
}

// --- Axes ---

Axis axis_of(const std::string& table, std::string_view name, const toml::node& node, Location where) {
  Axis axis{fmt::format("{}.{}", table, name), {}, std::move(where), node.as_array() == nullptr};
  if (const toml::table* range = node.as_table()) {
    axis.holds_for_all = false;
    expand(*range, entry_of(table, name, node, axis.where), axis);
    return axis;
  }
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
void collect_axes(const toml::table& table, const std::string& name, const std::string& source, Ranges ranges,
                  std::vector<Axis>& axes) {
  for (const auto& [key, node] : table) {
    const Location where = location_of(source, key.source());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && !(ranges == Ranges::yes && inner->is_inline())) {
      const std::string inner_name =
          name.empty() ? std::string(key.str()) : fmt::format("{}.{}", name, key.str());
      collect_axes(*inner, inner_name, source, ranges, axes);
    } else if (name.empty()) {
      throw InputError(where, shown(key.str()), "stands in no table of the deck", "every key belongs to one",
                       "write table.key = [...]");
    } else {
      axes.push_back(axis_of(name, key.str(), node, where));
    }
  }
}

void check_unique(const std::vector<Axis>& list, const std::vector<Axis>& grid, std::string_view grid_name) {
  for (const Axis& axis : grid) {
    const auto same = [&](const Axis& other) { return other.key == axis.key; };
    const auto found = std::find_if(list.begin(), list.end(), same);
    if (found == list.end()) continue;
    throw InputError(axis.where, shown(axis.key), fmt::format("stands in [{}] and in [list]", grid_name),
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
        "make the lists equally long, or put them elsewhere for all combinations");
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

}  // namespace

std::vector<Axis> axes_of(const toml::table& root, std::string_view name, const std::string& source,
                          Ranges ranges) {
  std::vector<Axis> axes;
  const toml::node* node = root.get(name);
  if (node == nullptr) return axes;
  collect_axes(*node->as_table(), "", source, ranges, axes);
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  return axes;
}

void set_points(Study& study, const std::vector<Axis>& list, const std::vector<Axis>& grid,
                std::string_view grid_name) {
  check_unique(list, grid, grid_name);
  const auto add_key = [&](const Axis& axis) {
    study.keys.push_back(axis.key);
    study.varies.push_back(axis.values.size() > 1);
  };
  for (const Axis& axis : list) add_key(axis);
  study.points = rows_of(list);
  for (const Axis& axis : grid) {
    add_key(axis);
    study.points = crossed(study.points, axis);
  }
}

}  // namespace hecaton::io
