#include "io/deck/registry.hpp"

#include <fmt/format.h>

#include "io/deck/registry_entry.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io {
namespace {

Table workload_table() {
  return table("workload", "What is simulated.", for_all,
               {key(
                   "kind", choice_of<WorkloadKind>(), "", Tag::assumed, for_all,
                   "training: one step of a model; collective: one collective operation alone; "
                   "traffic: synthetic packets.",
                   [](auto& d) -> auto& { return d.kind; })});
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
  // Texts of a deck hold no quotes and no backslashes (see deck_reader), so they need no escapes.
  std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
};

struct RangeOf {
  std::string operator()(const IntegerType& t) const { return fmt::format("{} to {}", t.least, t.most); }
  std::string operator()(const RealType& t) const { return fmt::format("{} to {}", t.least, t.most); }
  std::string operator()(const BooleanType&) const { return "true or false"; }
  std::string operator()(const TextType&) const { return "letters, digits and . _ + -"; }
  std::string operator()(const ChoiceType& t) const { return "one of " + joined(t.names); }
  std::string operator()(const ListType& t) const { return std::string(t.form); }
};

std::vector<Table> all_tables() {
  std::vector<Table> tables{workload_table()};
  for (Table& entry : hardware_tables()) tables.push_back(std::move(entry));
  for (Table& entry : workload_tables()) tables.push_back(std::move(entry));
  return tables;
}

}  // namespace

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

Deck default_deck(WorkloadKind kind) {
  Deck deck;
  deck.kind = kind;
  if (kind != WorkloadKind::traffic) {
    deck.link_preset = "ucie-standard-x16-32";
    deck.memory_preset = "ddr5-6400";
    return deck;
  }
  // What published curves of mesh networks assume.
  deck.network.package.rows = deck.network.package.columns = 8;
  deck.network.package.topology = net::TopologyKind::mesh;
  deck.network.link.latency_ns = 1.0;
  deck.network.router.buffer_flits = 8;
  deck.network.router.switching = net::Switching::wormhole;
  return deck;
}

}  // namespace hecaton::io
