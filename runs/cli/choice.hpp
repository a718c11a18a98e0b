// Options that take one of a few words: those of a list, or the names of an enum's values.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "core/engine/sync/sync_kind.hpp"

namespace hecaton::runs {

inline void add_choice(CLI::App& command, const std::string& name, std::string& field,
                       std::vector<std::string> choices, const std::string& text) {
  command.add_option(name, field, text)->check(CLI::IsMember(std::move(choices)))->capture_default_str();
}

// One of some values.
template <HasNames Enum>
void add_choice(CLI::App& command, const std::string& name, Enum& field, std::span<const Enum> among,
                const std::string& text) {
  std::vector<std::string> choices;
  for (const Enum value : among) choices.emplace_back(name_of(value));
  const auto take = [&field](const std::string& given) { field = value_named<Enum>(given).value(); };
  command.add_option_function<std::string>(name, take, text)
      ->check(CLI::IsMember(std::move(choices)))
      ->default_str(std::string(name_of(field)));
}
// One of all values.
template <HasNames Enum>
void add_choice(CLI::App& command, const std::string& name, Enum& field, const std::string& text) {
  add_choice(command, name, field, std::span<const Enum>(values_of<Enum>()), text);
}

// Of --sync: to be alone is no choice.
inline constexpr std::array sync_values{engine::SyncKind::automatic, engine::SyncKind::window,
                                        engine::SyncKind::null};
inline constexpr std::span<const engine::SyncKind> sync_choices{sync_values};

}  // namespace hecaton::runs
