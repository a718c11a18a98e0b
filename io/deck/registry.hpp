// The one registry of deck keys. Parser, error messages, the commented default deck and the resolved echo are
// all generated from it, so a key that is not here does not exist and one that is here is documented.
//
// Adding a key: one entry in registry_hardware.cpp or registry_workload.cpp that names the field of Deck it
// fills; its default is the field's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/deck/deck.hpp"

namespace hecaton::io {

// Where a number comes from: stated in the paper that the simulated system follows, read in another public
// source, derived by arithmetic from such, or a sensible value chosen by this project.
enum class Tag : std::uint8_t { paper, public_source, derived, assumed };
constexpr auto enum_names(std::type_identity<Tag>) {
  using enum Tag;
  return named<Tag>(
      {{paper, "PAPER"}, {public_source, "PUBLIC"}, {derived, "DERIVED"}, {assumed, "ASSUMED"}});
}

constexpr std::string_view to_string(WorkloadKind kind) {
  return name_of(kind);
}
inline constexpr WorkloadKind all_kinds[] = {WorkloadKind::training, WorkloadKind::collective,
                                             WorkloadKind::traffic};

// A set of workload kinds.
struct Kinds {
  std::uint8_t bits = 0;
  constexpr bool contains(WorkloadKind kind) const { return (bits >> static_cast<unsigned>(kind) & 1U) != 0; }
};
inline constexpr Kinds for_training{1};
inline constexpr Kinds for_collective{2};
inline constexpr Kinds for_traffic{4};
inline constexpr Kinds for_programs{3};  // what runs programs on dies
inline constexpr Kinds for_all{7};

// A value as a deck writes it; a choice is a string.
using Value = std::variant<std::int64_t, double, bool, std::string>;

// Ranges include both ends.
struct IntegerType {
  std::int64_t least;
  std::int64_t most;
};
struct RealType {
  double least;
  double most;
};
struct BooleanType {};
struct TextType {};
struct ChoiceType {
  std::vector<std::string_view> names;  // of an enum: in the order of its values
};
// A list as one text, see deck_lists.hpp.
struct ListType {
  std::string_view form;
  std::string (*problem)(std::string_view text);  // what is wrong with it, or nothing
};
using KeyType = std::variant<IntegerType, RealType, BooleanType, TextType, ChoiceType, ListType>;

struct Key {
  std::string_view table;
  std::string_view name;
  KeyType type;
  std::string_view unit;  // empty: a plain number or no number
  Tag tag;                // of the default
  Kinds kinds;            // the workloads in which it has an effect
  std::string_view text;
  Value (*get)(const Deck&, const Key&);
  void (*set)(Deck&, const Key&, const Value&);  // the value has passed check()
};

struct Table {
  std::string_view name;
  std::string_view text;
  Kinds allowed;  // a hardware table may stand in any deck, a workload's own table only in its kind
  std::vector<Key> keys;
};

// All tables in the order in which decks are printed.
std::span<const Table> registry();
const Table* find_table(std::string_view name);
const Key* find_key(std::string_view table, std::string_view name);

// "table.key"
std::string full_name(const Key& key);
// "1 to 16", "one of ucie-..., ...", "true or false"
std::string describe_range(const Key& key);
// What stands where a value of this key is wanted: "a whole number", "a number", ...
std::string_view describe_type(const Key& key);
// As TOML.
std::string to_toml(const Value& value);

// A deck of this kind in which every key has its default; the defaults differ where the kinds' customs
// differ.
Deck default_deck(WorkloadKind kind);

}  // namespace hecaton::io
