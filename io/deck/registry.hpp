// The one registry of deck keys. Parser, error messages, the commented default deck and the resolved echo are
// all generated from it, so a key that is not here does not exist and one that is here is documented.
//
// Adding a key: one entry in tables/hardware.cpp, or in the file of a kind of workload (workloads/), that names
// the field of Deck it fills; its default is the field's.
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

struct WorkloadKind;  // workloads/kind.hpp

// Where a number comes from: stated in the paper that the simulated system follows, read in another public
// source, derived by arithmetic from such, or a sensible value chosen by this project.
enum class Tag : std::uint8_t { paper, public_source, derived, assumed };
constexpr auto enum_names(std::type_identity<Tag>) {
  using enum Tag;
  return named<Tag>(
      {{paper, "PAPER"}, {public_source, "PUBLIC"}, {derived, "DERIVED"}, {assumed, "ASSUMED"}});
}

// What a key acts on: it takes effect only with workloads that use that.
enum class ActsOn : std::uint8_t {
  everything,   // any workload
  programs,     // dies that run programs: messages cut into packets, vector units, energy
  computation,  // programs that compute and use DRAM: matrix engines, buffers, memory
  faults        // dies that do not work
};

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
  // The path of a file may stand in place of a name, and is told from one by its form; none: it may not.
  std::string_view file = {};
};
// A list as one text, see lists.hpp.
struct ListType {
  std::string_view form;
  std::string (*problem)(std::string_view text);  // what is wrong with it, or nothing
};

// Whether a text that chooses is the path of a file, not a name: it has a folder, or ends with ".json".
bool is_file(const ChoiceType& type, std::string_view text);
using KeyType = std::variant<IntegerType, RealType, BooleanType, TextType, ChoiceType, ListType>;

// A value that a preset gives to a key.
struct PresetValue {
  std::string_view key;  // in the preset's table
  Value value;
  Tag tag;
};

// A named set of values that fills a table.
struct Preset {
  std::string name;
  std::string text;
  std::vector<PresetValue> values;
};

struct Key {
  std::string_view table;
  std::string_view name;
  KeyType type;
  std::string_view unit;  // empty: a plain number or no number
  Tag tag;                // of the default
  ActsOn acts_on;
  std::string_view text;
  // Precondition of both: the table may stand in a deck of this kind of workload.
  Value (*get)(const Deck&, const Key&);
  void (*set)(Deck&, const Key&, const Value&);  // the value has passed check()
};

struct Table {
  std::string_view name;
  std::string_view text;
  std::vector<Key> keys;
  // The presets that may fill this table, and the key that chooses one; none for most tables.
  std::span<const Preset> presets = {};
  std::string_view preset_key = {};
  // A key of another table ("training.model") that chooses the preset in place of this whole table; or none.
  std::string_view short_form = {};
  std::string_view kind = {};  // the kind of workload that it belongs to; none: it may stand in any deck
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

// Whether the table may stand in a deck of this kind of workload, and whether a key takes effect there.
bool belongs_to(const Table& table, const WorkloadKind& kind);
bool takes_effect(const Key& key, const WorkloadKind& kind);

// A deck of this kind in which every key has its default. Kinds choose defaults of the hardware too.
Deck default_deck(const WorkloadKind& kind);

}  // namespace hecaton::io
