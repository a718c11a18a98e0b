#include "io/deck/registry.hpp"

#include <fmt/format.h>

#include "io/deck/registry_entry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {
namespace {

// "training: one step of a model; collective: ..."
const std::string& kinds_text() {
  static const std::string text = [] {
    std::string kinds;
    for (const WorkloadKind& kind : workload_kinds())
      kinds += fmt::format("{}{}: {}", kinds.empty() ? "" : "; ", kind.name, kind.text);
    return kinds + ".";
  }();
  return text;
}

Value get_kind(const Deck& deck, const Key&) {
  return std::string(kind_of(deck).name);
}

// A deck that has this kind already keeps its settings.
void set_kind(Deck& deck, const Key&, const Value& value) {
  const WorkloadKind& kind = *find_workload_kind(std::get<std::string>(value));
  if (&kind != &kind_of(deck)) deck.workload = kind.default_config();
}

Table workload_table() {
  ChoiceType names;
  for (const WorkloadKind& kind : workload_kinds()) names.names.push_back(kind.name);
  return table("workload", "What is simulated.",
               {{"workload", "kind", std::move(names), "", Tag::assumed, ActsOn::everything, kinds_text(),
                 &get_kind, &set_kind}});
}

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

struct TomlOf {
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  // Texts of a deck hold no quotes and no backslashes (see values.cpp), so they need no escapes.
  std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
};

struct RangeOf {
  std::string operator()(const IntegerType& t) const { return fmt::format("{} to {}", t.least, t.most); }
  std::string operator()(const RealType& t) const { return fmt::format("{} to {}", t.least, t.most); }
  std::string operator()(const BooleanType&) const { return "true or false"; }
  std::string operator()(const TextType&) const { return "letters, digits and . _ + -"; }
  std::string operator()(const ChoiceType& t) const {
    return "one of " + joined(t.names) + (t.file.empty() ? "" : fmt::format("; or {}", t.file));
  }
  std::string operator()(const ListType& t) const { return std::string(t.form); }
};

std::vector<Table> all_tables() {
  std::vector<Table> tables{workload_table()};
  for (Table& entry : hardware_tables()) tables.push_back(std::move(entry));
  tables.push_back(cost_table());
  tables.push_back(sampling_table());
  for (const WorkloadKind& kind : workload_kinds()) {
    for (Table& entry : kind.tables()) {
      entry.kind = kind.name;
      tables.push_back(std::move(entry));
    }
  }
  return tables;
}

}  // namespace

bool is_file(const ChoiceType& type, std::string_view text) {
  return !type.file.empty() && (text.find('/') != std::string_view::npos || text.ends_with(".json"));
}

std::span<const Table> registry() {
  static const std::vector<Table> tables = all_tables();
  return tables;
}

const Table* find_table(std::string_view name) {
  for (const Table& entry : registry()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

const Key* find_key(std::string_view table_name, std::string_view name) {
  const Table* owner = find_table(table_name);
  if (owner == nullptr) return nullptr;
  for (const Key& entry : owner->keys) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string full_name(const Key& entry) {
  return fmt::format("{}.{}", entry.table, entry.name);
}

std::string describe_range(const Key& entry) {
  return std::visit(RangeOf{}, entry.type);
}

std::string_view describe_type(const Key& entry) {
  constexpr std::string_view names[] = {"a whole number", "a number", "true or false",
                                        "a text",         "a text",   "a text"};
  return names[entry.type.index()];
}

std::string to_toml(const Value& value) {
  return std::visit(TomlOf{}, value);
}

bool belongs_to(const Table& entry, const WorkloadKind& kind) {
  return entry.kind.empty() || entry.kind == kind.name;
}

bool takes_effect(const Key& entry, const WorkloadKind& kind) {
  switch (entry.acts_on) {
    case ActsOn::everything:
      return belongs_to(*find_table(entry.table), kind);
    case ActsOn::programs:
      return kind.traits.runs_programs;
    case ActsOn::computation:
      return kind.traits.computes;
    case ActsOn::faults:
      return kind.traits.allows_dead_dies;
  }
  return false;
}

Deck default_deck(const WorkloadKind& kind) {
  Deck deck;
  deck.workload = kind.default_config();
  kind.set_hardware_defaults(deck);
  return deck;
}

}  // namespace hecaton::io
