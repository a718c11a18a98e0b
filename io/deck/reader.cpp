#include "io/deck/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "io/deck/check.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/source.hpp"
#include "io/deck/values.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"

namespace hecaton::io {
namespace {

using Entries = std::vector<Entry>;

// A name that the user wrote, made fit for a message.
std::string shown(std::string_view name) {
  const std::string text = in_quotes(name);
  return text.substr(1, text.size() - 2);
}

std::string shown_name(const Entry& entry) {
  if (entry.table.empty()) return shown(entry.name);
  if (entry.name.empty()) return shown(entry.table);
  return fmt::format("{}.{}", shown(entry.table), shown(entry.name));
}

std::vector<std::string_view> key_names(const Table& table) {
  std::vector<std::string_view> names;
  for (const Key& key : table.keys) names.push_back(key.name);
  return names;
}

// The table that has a key of this name, for a key that stands in the wrong place.
const Table* owner_of(std::string_view key_name) {
  for (const Table& table : registry()) {
    if (find_key(table.name, key_name) != nullptr) return &table;
  }
  return nullptr;
}

[[noreturn]] void refuse_unknown_table(const Entry& entry) {
  std::vector<std::string_view> names;
  for (const Table& table : registry()) names.push_back(table.name);
  if (!entry.name.empty() && entry.table.empty()) {
    if (find_table(entry.name) != nullptr) {
      throw InputError(entry.where, entry.name, fmt::format("is {}", entry.type), "a table is needed",
                       fmt::format("write [{}]", entry.name));
    }
    const Table* owner = owner_of(entry.name);
    const std::string hint = owner != nullptr ? fmt::format("put it under [{}]", owner->name)
                                              : did_you_mean(entry.name, names, "");
    throw InputError(entry.where, shown_name(entry), "stands in no table", "every key belongs to one", hint);
  }
  throw InputError(entry.where, shown(entry.table), "is not a table", "the tables are " + joined(names),
                   did_you_mean(entry.table, names, "remove it"));
}

[[noreturn]] void refuse_unknown_key(const Entry& entry, const Table& table) {
  const std::vector<std::string_view> names = key_names(table);
  const Table* owner = owner_of(entry.name);
  const std::string otherwise =
      owner != nullptr ? fmt::format("it belongs under [{}]", owner->name) : std::string("remove it");
  const std::string hint = owner != nullptr ? otherwise : did_you_mean(entry.name, names, otherwise);
  throw InputError(entry.where, shown_name(entry), "is not a key", "the keys are " + joined(names), hint);
}

void check_names(const Entries& entries) {
  for (const Entry& entry : entries) {
    const Table* table = find_table(entry.table);
    if (table == nullptr) refuse_unknown_table(entry);
    if (!entry.name.empty() && find_key(entry.table, entry.name) == nullptr)
      refuse_unknown_key(entry, *table);
  }
}

// "training", "collective" or "traffic", each in quotes.
std::string kind_names() {
  const std::span<const WorkloadKind> kinds = workload_kinds();
  std::string names;
  for (const WorkloadKind& kind : kinds) {
    const std::string_view between = &kind == &kinds.front() ? "" : &kind == &kinds.back() ? " or " : ", ";
    names += fmt::format("{}\"{}\"", between, kind.name);
  }
  return names;
}

const WorkloadKind& kind_of_entries(const Entries& entries, const std::string& source) {
  const Entry* kind = find_entry(entries, "workload", "kind");
  const Entry* table = find_entry(entries, "workload", "");
  const std::string hint = fmt::format("add kind = {} under [workload]", kind_names());
  if (kind == nullptr && table == nullptr) {
    throw InputError({source}, "workload", "is missing", "a deck says what it simulates", hint);
  }
  if (kind == nullptr) {
    throw InputError(table->where, "workload.kind", "is missing", "a deck says what it simulates", hint);
  }
  Deck deck;
  set_entry(deck, *kind);
  return kind_of(deck);
}

void check_tables_of_kind(const Entries& entries, const WorkloadKind& kind) {
  for (const Entry& entry : entries) {
    if (belongs_to(*find_table(entry.table), kind)) continue;
    throw InputError(entry.where, shown_name(entry), "does not belong here",
                     fmt::format("workload.kind is \"{}\"", kind.name), "remove it or change the kind");
  }
}

void apply_preset_of(const Table& table, Deck& deck, const Entries& entries) {
  if (table.preset_key.empty()) return;
  if (const Entry* entry = find_entry(entries, table.name, table.preset_key)) set_entry(deck, *entry);
  if (const Preset* preset = preset_in_use(deck, table.name)) apply_preset(deck, table.name, *preset);
}

// What a preset sets, a key that is given overrides; so presets come first. What a table with a short form means
// is left to its kind.
void apply_entries(Deck& deck, const Entries& entries, const std::filesystem::path& folder) {
  const WorkloadKind& kind = kind_of(deck);
  for (const Table& table : registry()) {
    if (belongs_to(table, kind) && table.short_form.empty()) apply_preset_of(table, deck, entries);
  }
  kind.prepare(deck, entries, folder);
  for (const Entry& entry : entries) {
    if (!entry.name.empty()) set_entry(deck, entry);
  }
  kind.complete(deck, folder);
}

// An override takes the place of what the deck says; a short form takes that of a whole table.
void override_entry(Entries& entries, Entry entry) {
  const std::string name = fmt::format("{}.{}", entry.table, entry.name);
  std::erase_if(entries, [&](const Entry& old) {
    const bool same = old.table == entry.table && old.name == entry.name;
    const Table* table = find_table(old.table);
    return same || (table != nullptr && table->short_form == name);
  });
  entries.push_back(std::move(entry));
}

// A preset that overrides counts above what the deck says of the keys that it fills.
void yield_to_preset(Entries& entries, const Entry& chosen) {
  const Table* table = find_table(chosen.table);
  const auto* name = std::get_if<std::string>(&chosen.value);
  if (table == nullptr || name == nullptr || table->preset_key != chosen.name) return;
  const Preset* preset = find_preset(table->name, *name);
  if (preset == nullptr) return;
  std::erase_if(entries, [&](const Entry& old) {
    return old.table == table->name && old.name != table->preset_key && preset_fills(*preset, old.name);
  });
}

void override_entries(Entries& entries, std::span<const Entry> overrides) {
  for (const Entry& entry : overrides) yield_to_preset(entries, entry);
  for (const Entry& entry : overrides) override_entry(entries, entry);
}

// Of an unknown key too: then its name is to be complained of, not its value.
bool is_text_key(std::string_view table, std::string_view name) {
  const Key* key = find_key(table, name);
  return key == nullptr || std::holds_alternative<TextType>(key->type) ||
         std::holds_alternative<ChoiceType>(key->type) || std::holds_alternative<ListType>(key->type);
}

LoadedDeck resolve(const Entries& entries, const std::string& source, std::string name) {
  check_names(entries);
  const WorkloadKind& kind = kind_of_entries(entries, source);
  check_tables_of_kind(entries, kind);
  const std::filesystem::path folder = std::filesystem::path(source).parent_path();
  LoadedDeck loaded{default_deck(kind), KeyLocations({source})};
  loaded.deck.name = std::move(name);
  for (const Entry& entry : entries) {
    loaded.locations.add(entry.name.empty() ? entry.table : fmt::format("{}.{}", entry.table, entry.name),
                         entry.where);
    if (const std::string_view file = file_of(entry); !file.empty())
      loaded.files.emplace(fmt::format("{}.{}", entry.table, entry.name), folder / file);
  }
  apply_entries(loaded.deck, entries, folder);
  check_deck(loaded.deck, loaded.locations);
  loaded.deck.resolved_toml = resolved_toml(loaded.deck);
  return loaded;
}

}  // namespace

LoadedDeck load_deck_with(const std::filesystem::path& path, std::span<const Entry> overrides) {
  const std::string source = path.string();
  Entries entries = parse_entries(read_deck_text(path), source);
  override_entries(entries, overrides);
  return resolve(entries, source, path.filename().string());
}

LoadedDeck load_deck(const std::filesystem::path& path, std::span<const std::string> overrides) {
  const std::string source = path.string();
  Entries entries = parse_entries(read_deck_text(path), source);
  Entries parsed;
  for (const std::string& assignment : overrides) parsed.push_back(parse_override(assignment, &is_text_key));
  override_entries(entries, parsed);
  return resolve(entries, source, path.filename().string());
}

Deck read_deck(const std::filesystem::path& path, std::span<const std::string> overrides) {
  return load_deck(path, overrides).deck;
}

Deck parse_deck(std::string_view text, const std::string& name) {
  return parse_deck_with(text, name, {});
}

Deck parse_deck_with(std::string_view text, const std::string& name, std::span<const Entry> overrides) {
  Entries entries = parse_entries(text, name);
  override_entries(entries, overrides);
  return resolve(entries, name, name).deck;
}

}  // namespace hecaton::io
