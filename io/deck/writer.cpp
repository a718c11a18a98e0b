#include "io/deck/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "io/deck/presets.hpp"
#include "io/deck/workloads/kind.hpp"

namespace hecaton::io {
namespace {

const PresetValue* preset_value(const Deck& deck, const Key& key) {
  const Preset* preset = preset_in_use(deck, key.table);
  if (preset == nullptr) return nullptr;
  for (const PresetValue& value : preset->values) {
    if (value.key == key.name) return &value;
  }
  return nullptr;
}

// Whether any preset of its table gives the key a value: a dumped deck must not stand in the way of another preset.
bool any_preset_fills(const Key& key) {
  const std::span<const Preset> presets = presets_of(key.table);
  return std::any_of(presets.begin(), presets.end(),
                     [&](const Preset& preset) { return preset_fills(preset, key.name); });
}

// The tag of a value that is a preset's or a default; "given" for one that the deck chose itself.
std::string_view origin(const Deck& deck, const Deck& defaults, const Key& key) {
  const Value value = key.get(deck, key);
  if (const PresetValue* preset = preset_value(deck, key); preset != nullptr && preset->value == value) {
    return name_of(preset->tag);
  }
  return value == key.get(defaults, key) ? name_of(key.tag) : "given";
}

// The table that a key chooses the preset of says the same in full.
bool is_short_form(const Key& key) {
  const std::string name = full_name(key);
  return std::any_of(registry().begin(), registry().end(),
                     [&](const Table& table) { return table.short_form == name; });
}

std::string assignment(const Deck& deck, const Key& key) {
  return fmt::format("{} = {}", key.name, to_toml(key.get(deck, key)));
}

// Comment lines of at most 100 columns.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 98;
  std::string lines;
  while (text.size() > width) {
    std::size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos) end = width;
    lines += fmt::format("# {}\n", text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines + fmt::format("# {}\n", text);
}

std::string description(const Deck& deck, const Deck& defaults, const Key& key) {
  std::string text = fmt::format("{} ", key.text);
  if (!key.unit.empty()) text += fmt::format("Unit: {}. ", key.unit);
  text += fmt::format("Range: {}. [{}]", describe_range(key), origin(deck, defaults, key));
  return wrapped(text);
}

std::string documented_key(const Deck& deck, const Key& key) {
  const bool is_filled = any_preset_fills(key);
  return fmt::format("{}{}{}\n", description(deck, deck, key), is_filled ? "# " : "", assignment(deck, key));
}

std::string documented_table(const Deck& deck, const Table& table) {
  std::string keys;
  for (const Key& key : table.keys) {
    if (takes_effect(key, kind_of(deck))) keys += documented_key(deck, key);
  }
  if (keys.empty()) return {};
  // A default that is chosen by a short form stands there; the table beside it would define it twice.
  const std::string_view comment = table.short_form.empty() ? "" : "# ";
  return fmt::format("\n{}{}[{}]\n{}", wrapped(table.text), comment, table.name, keys);
}

}  // namespace

std::string resolved_toml(const Deck& deck) {
  const Deck defaults = default_deck(kind_of(deck));
  std::string text =
      "# Every value of the run. After it: the tag of a default, or \"given\" where the deck chose it.\n";
  for (const Table& table : registry()) {
    if (!belongs_to(table, kind_of(deck))) continue;
    text += fmt::format("\n[{}]\n", table.name);
    for (const Key& key : table.keys) {
      if (is_short_form(key)) continue;
      text += fmt::format("{}  # {}\n", assignment(deck, key), origin(deck, defaults, key));
    }
  }
  return text;
}

std::string_view origin_of(const Deck& deck, std::string_view table, std::string_view name) {
  const Key* key = find_key(table, name);
  if (key == nullptr) throw std::logic_error(fmt::format("no key {}.{}", table, name));
  return origin(deck, default_deck(kind_of(deck)), *key);
}

std::string dump_default(const WorkloadKind& kind) {
  Deck deck = default_deck(kind);
  std::string text = wrapped(fmt::format(
      "The default deck of kind \"{}\". After each range stands where the value comes from: PAPER: stated in "
      "the paper that the simulated system follows; PUBLIC: read in another public source; DERIVED: follows "
      "by arithmetic; ASSUMED: a sensible value chosen by this program. A line \"# key = value\" shows what a "
      "preset or a model's name fills in; remove its \"# \" to override it.",
      kind.name));
  for (const Table& table : registry()) {
    if (belongs_to(table, kind)) text += documented_table(deck, table);
  }
  return text;
}

}  // namespace hecaton::io
