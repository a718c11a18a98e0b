// How an entry of the registry is written down: a key bound to the field of Deck that it fills.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/deck/lists.hpp"
#include "io/deck/registry.hpp"

namespace hecaton::io {

inline constexpr std::int64_t million = 1'000'000;
inline constexpr std::int64_t largest_mesh = 65536;

template <class Type>
inline constexpr bool is_list = false;
template <class Item>
inline constexpr bool is_list<std::vector<Item>> = true;

template <class Item>
ListType list_type(std::string_view form) {
  return {form, [](std::string_view text) {
            std::vector<Item> list;
            return read_list(text, list);
          }};
}

template <HasNames Enum>
ChoiceType choice_of() {
  return {{names_of<Enum>().begin(), names_of<Enum>().end()}};
}

// Reads and writes the field that a captureless function object of Deck names.
template <class Field>
struct Access {
  using Type = std::remove_reference_t<decltype(Field{}(std::declval<Deck&>()))>;

  static Value get(const Deck& deck, const Key&) {
    const Type& field = Field{}(deck);
    if constexpr (is_list<Type>) {
      return list_text(field);
    } else if constexpr (std::is_enum_v<Type>) {
      return std::string(name_of(field));
    } else if constexpr (std::is_same_v<Type, bool> || std::is_same_v<Type, std::string>) {
      return field;
    } else if constexpr (std::is_integral_v<Type>) {
      return static_cast<std::int64_t>(field);
    } else {
      return static_cast<double>(field);
    }
  }

  static void set(Deck& deck, const Key&, const Value& value) {
    Type& field = Field{}(deck);
    if constexpr (is_list<Type>) {
      read_list(std::get<std::string>(value), field);
    } else if constexpr (std::is_enum_v<Type>) {
      field = value_named<Type>(std::get<std::string>(value)).value();
    } else if constexpr (std::is_same_v<Type, bool> || std::is_same_v<Type, std::string>) {
      field = std::get<Type>(value);
    } else if constexpr (std::is_integral_v<Type>) {
      field = static_cast<Type>(std::get<std::int64_t>(value));
    } else {
      field = static_cast<Type>(std::get<double>(value));
    }
  }
};

// One entry; the table's name is filled in by `table`.
template <class Field>
Key key(std::string_view name, KeyType type, std::string_view unit, Tag tag, ActsOn acts_on,
        std::string_view text, Field) {
  return {{}, name, std::move(type), unit, tag, acts_on, text, &Access<Field>::get, &Access<Field>::set};
}

inline Table table(std::string_view name, std::string_view text, std::vector<Key> keys) {
  for (Key& entry : keys) entry.table = name;
  return {name, text, std::move(keys)};
}

// The key that chooses one of `presets`, or none of them.
inline ChoiceType choice_of(std::span<const Preset> presets) {
  ChoiceType choice;
  for (const Preset& preset : presets) choice.names.push_back(preset.name);
  return choice;
}

inline ChoiceType choice_or_none(std::span<const Preset> presets) {
  ChoiceType choice = choice_of(presets);
  choice.names.insert(choice.names.begin(), "none");
  return choice;
}

// `entries` choose one of the presets by the key "preset".
inline Table filled_table(Table entries, std::span<const Preset> presets) {
  entries.presets = presets;
  entries.preset_key = "preset";
  return entries;
}

// The tables of the hardware, which may stand in any deck.
std::vector<Table> hardware_tables();
// What the hardware costs; likewise.
Table cost_table();

}  // namespace hecaton::io
