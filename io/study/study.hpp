// Reads a study: a base deck and lists of values for some of its keys, which together make points. Everything
// it is given may be hostile.
//
//   [study]
//   deck = "base.toml"            # from the folder of the study
//   ranks = 4                     # of each point
//   [grid]                        # all combinations; the key that stands last changes fastest
//   package.topology = ["mesh", "bypass-ring"]
//   collective.bytes = [65536, 1048576]
//   [list]                        # the first values together, the second together, ...
//   package.rows = [2, 4, 8]
//   package.columns = [2, 4, 8]
//
// With both, each row of the list is combined with the whole grid. A single value instead of a list holds for
// all points. Whether a key exists and its value is allowed is the deck's matter; see load_deck_with().
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/deck/entry.hpp"
#include "io/files/input_error.hpp"
#include "io/result/trace_content.hpp"

namespace hecaton::io {

inline constexpr std::size_t most_points = 100'000;

using StudyPoint = std::vector<Entry>;  // one value for each key of the study

struct Study {
  std::filesystem::path path;
  std::filesystem::path deck;
  int ranks = 1;
  std::string partition = "block";
  TraceContent trace = TraceContent::none;
  std::vector<std::string> keys;  // "table.key", in the order of the text, the list before the grid
  std::vector<bool> varies;       // by key: not one value for all points
  std::vector<StudyPoint> points;
  Location ranks_at;  // where `ranks` is given, or the study as a whole
};

// The values of a point as the study gives them, for messages: "package.rows=4 package.topology="mesh"". Either of all keys, or
// of those that vary.
enum class Keys : std::uint8_t { all, varying };
std::string values_text(const Study& study, std::size_t point, Keys keys = Keys::all);

// Throws InputError.
Study read_study(const std::filesystem::path& path);

}  // namespace hecaton::io
