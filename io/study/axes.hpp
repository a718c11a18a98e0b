// Keys of a deck with lists of values, as studies and searches write them, and the points that they make together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/toml_text.hpp"
#include "io/study/study.hpp"

namespace hecaton::io {

// One key and its values; a single value has `holds_for_all`.
struct Axis {
  std::string key;  // "table.key"
  std::vector<Entry> values;
  Location where;
  bool holds_for_all = false;
};

// A name that the user wrote, made fit for a message.
std::string shown(std::string_view name);
// What to write in place of an unknown word.
std::string guess(std::string_view word, std::span<const std::string_view> names);

// Whether a key may have a range { from, to, step } or { from, to, factor } in place of a list.
enum class Ranges : std::uint8_t { no, yes };

// The axes of a table of the text, in the order in which they stand there. Throws InputError.
std::vector<Axis> axes_of(const toml::table& root, std::string_view name, const std::string& source,
                          Ranges ranges = Ranges::no);

// Gives a study its keys and points: the rows of the list, each with all combinations of the grid. `grid_name` is what the
// grid's table is called. Throws InputError.
void set_points(Study& study, const std::vector<Axis>& list, const std::vector<Axis>& grid,
                std::string_view grid_name);

}  // namespace hecaton::io
