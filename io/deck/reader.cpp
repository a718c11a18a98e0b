#include "io/deck/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <vector>

#include "io/deck/check.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/source.hpp"
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

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view otherwise) {
  const std::string_view guess = nearest(word, candidates);
  return guess.empty() ? std::string(otherwise) : fmt::format("did you mean \"{}\"?", guess);
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

const Entry* find_entry(const Entries& entries, std::string_view table, std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.table == table && entry.name == name) return &entry;
  }
  return nullptr;
}

[[noreturn]] void refuse_type(const Entry& entry, const Key& key) {
  throw InputError(entry.where, full_name(key), fmt::format("is {}", entry.type),
                   fmt::format("{} is needed", describe_type(key)),
                   fmt::format("give {}", describe_range(key)));
}

// Turns what stands in the deck into a value of the key's type, or refuses it.
struct Checker {
  const Entry& entry;
  const Key& key;

  [[noreturn]] void refuse_range(std::string_view value) const {
    throw InputError(entry.where, full_name(key), "is out of range",
                     fmt::format("{} is not in {}", value, describe_range(key)),
                     "give a value in that range");
  }

  Value operator()(const IntegerType& type) const {
    const auto* value = std::get_if<std::int64_t>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    if (*value < type.least || *value > type.most) refuse_range(to_toml(*value));
    return *value;
  }

  Value operator()(const RealType& type) const {
    const auto* whole = std::get_if<std::int64_t>(&entry.value);
    const auto* real = std::get_if<double>(&entry.value);
    if (whole == nullptr && real == nullptr) refuse_type(entry, key);
    const double value = real != nullptr ? *real : static_cast<double>(*whole);
    if (!std::isfinite(value)) {
      throw InputError(entry.where, full_name(key), "is not finite", fmt::format("{}", value),
                       fmt::format("give {}", describe_range(key)));
    }
    if (value < type.least || value > type.most) refuse_range(fmt::format("{}", value));
    return value + 0.0;  // -0.0 becomes 0.0
  }

  Value operator()(const BooleanType&) const {
    const auto* value = std::get_if<bool>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    return *value;
  }

  const std::string& text() const {
    const auto* value = std::get_if<std::string>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    return *value;
  }

  Value operator()(const TextType&) const {
    constexpr std::size_t longest = 64;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    const std::string& value = text();
    if (value.empty() || value.size() > longest || value.find_first_not_of(allowed) != std::string::npos) {
      throw InputError(entry.where, full_name(key), fmt::format("cannot be {}", in_quotes(value)),
                       "it names things in files and tables",
                       fmt::format("use 1 to {} of {}", longest, describe_range(key)));
    }
    return value;
  }

  Value operator()(const ListType& type) const {
    const std::string& value = text();
    if (const std::string problem = type.problem(value); !problem.empty())
      throw InputError(entry.where, full_name(key), "does not have the form", problem,
                       fmt::format("give {}", describe_range(key)));
    return value;
  }

  Value operator()(const ChoiceType& type) const {
    const std::string& value = text();
    if (std::find(type.names.begin(), type.names.end(), value) == type.names.end()) {
      throw InputError(entry.where, full_name(key), fmt::format("cannot be {}", in_quotes(value)),
                       "available are " + joined(type.names),
                       did_you_mean(value, type.names, "choose one of them"));
    }
    return value;
  }
};

void set_entry(Deck& deck, const Entry& entry) {
  const Key& key = *find_key(entry.table, entry.name);
  key.set(deck, key, std::visit(Checker{entry, key}, key.type));
}

WorkloadKind kind_of(const Entries& entries, const std::string& source) {
  const Entry* kind = find_entry(entries, "workload", "kind");
  const Entry* table = find_entry(entries, "workload", "");
  constexpr std::string_view hint = "add kind = \"training\", \"collective\" or \"traffic\" under [workload]";
  if (kind == nullptr && table == nullptr) {
    throw InputError({source}, "workload", "is missing", "a deck says what it simulates", hint);
  }
  if (kind == nullptr) {
    throw InputError(table->where, "workload.kind", "is missing", "a deck says what it simulates", hint);
  }
  Deck deck;
  set_entry(deck, *kind);
  return deck.kind;
}

void check_tables_of_kind(const Entries& entries, WorkloadKind kind) {
  for (const Entry& entry : entries) {
    if (find_table(entry.table)->allowed.contains(kind)) continue;
    throw InputError(entry.where, shown_name(entry), "does not belong here",
                     fmt::format("workload.kind is \"{}\"", to_string(kind)), "remove it or change the kind");
  }
}

void apply_table_preset(Deck& deck, const Entries& entries, std::string_view table) {
  if (const Entry* entry = find_entry(entries, table, "preset")) set_entry(deck, *entry);
  if (const Preset* preset = preset_in_use(deck, table)) apply_preset(deck, table, *preset);
}

[[noreturn]] void refuse_missing_shape(const Entry& entry, const Key& key) {
  throw InputError(entry.where, full_name(key), "is missing", "the model's name is not that of a known model",
                   fmt::format("give all shapes, or a name of {}", joined(preset_names("training.model"))));
}

// A model that is named gets its public shapes; one that is not must give all of its own. Only a table in the
// deck makes a model without a name: an override changes the model that is there.
void apply_model(Deck& deck, const Entries& entries) {
  constexpr std::string_view model = "training.model";
  const Entry* chosen = find_entry(entries, "training", "model");
  const Entry* table = find_entry(entries, model, "");
  const Entry* name = find_entry(entries, model, "name");
  if (table != nullptr) deck.training.model.name = "custom";
  if (chosen != nullptr) set_entry(deck, *chosen);
  if (name != nullptr) set_entry(deck, *name);
  if (const Preset* preset = find_preset(model, deck.training.model.name)) {
    apply_preset(deck, model, *preset);
    return;
  }
  for (const Key& key : find_table(model)->keys) {
    // A model that says nothing of experts has none.
    const bool is_shape = std::holds_alternative<IntegerType>(key.type) && !key.name.starts_with("experts");
    const Entry& place = table != nullptr ? *table : *name;
    if (is_shape && find_entry(entries, model, key.name) == nullptr) refuse_missing_shape(place, key);
  }
}

// A known model whose shapes were changed must not pass under its name.
void rename_changed_model(Deck& deck) {
  const Preset* preset = find_preset("training.model", deck.training.model.name);
  if (preset == nullptr) return;
  for (const PresetValue& value : preset->values) {
    const Key& key = *find_key("training.model", value.key);
    if (key.get(deck, key) == value.value) continue;
    deck.training.model.name += "-changed";
    return;
  }
}

void apply_entries(Deck& deck, const Entries& entries) {
  apply_table_preset(deck, entries, "link");
  apply_table_preset(deck, entries, "memory");
  apply_table_preset(deck, entries, "energy");
  if (deck.kind == WorkloadKind::training) apply_model(deck, entries);
  for (const Entry& entry : entries) {
    if (!entry.name.empty()) set_entry(deck, entry);
  }
  rename_changed_model(deck);
}

// An override takes the place of what the deck says; a model by name takes that of a whole [training.model].
void override_entry(Entries& entries, Entry entry) {
  const bool replaces_model = entry.table == "training" && entry.name == "model";
  std::erase_if(entries, [&](const Entry& old) {
    const bool same = old.table == entry.table && old.name == entry.name;
    return same || (replaces_model && old.table == "training.model");
  });
  entries.push_back(std::move(entry));
}

// Of an unknown key too: then its name is to be complained of, not its value.
bool is_text_key(std::string_view table, std::string_view name) {
  const Key* key = find_key(table, name);
  return key == nullptr || std::holds_alternative<TextType>(key->type) ||
         std::holds_alternative<ChoiceType>(key->type) || std::holds_alternative<ListType>(key->type);
}

LoadedDeck resolve(const Entries& entries, const std::string& source, std::string name) {
  check_names(entries);
  const WorkloadKind kind = kind_of(entries, source);
  check_tables_of_kind(entries, kind);
  LoadedDeck loaded{default_deck(kind), KeyLocations({source})};
  loaded.deck.name = std::move(name);
  for (const Entry& entry : entries) {
    loaded.locations.add(entry.name.empty() ? entry.table : fmt::format("{}.{}", entry.table, entry.name),
                         entry.where);
  }
  apply_entries(loaded.deck, entries);
  std::string& trace_file = loaded.deck.traffic.trace_file;
  if (!trace_file.empty())
    trace_file = std::filesystem::absolute(std::filesystem::path(source).parent_path() / trace_file)
                     .lexically_normal()
                     .string();
  check_deck(loaded.deck, loaded.locations);
  loaded.deck.resolved_toml = resolved_toml(loaded.deck);
  return loaded;
}

}  // namespace

LoadedDeck load_deck_with(const std::filesystem::path& path, std::span<const Entry> overrides) {
  const std::string source = path.string();
  Entries entries = parse_entries(read_deck_text(path), source);
  for (const Entry& entry : overrides) override_entry(entries, entry);
  return resolve(entries, source, path.filename().string());
}

LoadedDeck load_deck(const std::filesystem::path& path, std::span<const std::string> overrides) {
  const std::string source = path.string();
  Entries entries = parse_entries(read_deck_text(path), source);
  for (const std::string& assignment : overrides) {
    override_entry(entries, parse_override(assignment, &is_text_key));
  }
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
  for (const Entry& entry : overrides) override_entry(entries, entry);
  return resolve(entries, name, name).deck;
}

}  // namespace hecaton::io
