// The groups of ranks that communicate with each other (communicators, process groups), by number and by name.
//
// Invariants: group 0 is all ranks in their order; no group is empty or has a rank twice or one that is not there; there
// are at most most_groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/input_error.hpp"

namespace hecaton::io::execution {

inline constexpr std::size_t most_groups = 16383;  // with that of all ranks

struct Groups {
  std::uint32_t ranks = 0;
  std::vector<std::vector<std::uint32_t>> members;
  // "" and "0" are group 0, unless a file says what "0" is.
  std::map<std::string, std::uint32_t, std::less<>> by_name;

  std::optional<std::uint32_t> find(std::string_view name) const;
  // The place of a rank among the members of a group, if it is one.
  std::optional<std::uint32_t> place(std::uint32_t group, std::uint32_t rank) const;
};

Groups all_ranks(std::uint32_t ranks);

// From a file like {"1": [0, 1, 2, 3], "2": [0, 4]}. Throws InputError.
Groups read_groups(const std::filesystem::path& json, std::uint32_t ranks);

// Adds the groups that PyTorch's list of process groups names, [{"pg_name": "1", "ranks": [0, 1]}]; no ranks are all
// ranks. The list may stand in brackets and quotes, as recorded arguments do; a text without a list of groups adds none.
// Throws InputError for a list that is none, and for a group that is known with other members.
void add_process_groups(Groups& groups, std::string_view text, const Location& where, std::string_view key);

// The same from the nodes of a trace that only describe it and come before all others. Throws InputError.
void add_groups_of_trace(Groups& groups, const std::filesystem::path& file);

}  // namespace hecaton::io::execution
