#include "io/study/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "io/study/axes.hpp"
#include "partition/partition.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t most_ranks = 1'000'000;

[[noreturn]] void refuse(const Entry& entry, std::string_view problem, std::string_view why,
                         std::string_view suggestion) {
  throw InputError(entry.where, fmt::format("{}.{}", entry.table, shown(entry.name)), problem, why,
                   suggestion);
}

std::string text_of(const Entry& entry, std::string_view what) {
  const auto* text = std::get_if<std::string>(&entry.value);
  if (text == nullptr) refuse(entry, fmt::format("is {}", entry.type), "a text is needed", what);
  if (text->empty() || text->find('\0') != std::string::npos) refuse(entry, "names nothing", "", what);
  return *text;
}

std::string choice_of(const Entry& entry, std::span<const std::string_view> names) {
  const std::string suggestion = "choose one of " + joined(names);
  std::string text = text_of(entry, suggestion);
  if (std::find(names.begin(), names.end(), text) == names.end()) {
    refuse(entry, fmt::format("cannot be {}", in_quotes(text)), "", suggestion);
  }
  return text;
}

int ranks_of(const Entry& entry) {
  const auto* ranks = std::get_if<std::int64_t>(&entry.value);
  const std::string suggestion = fmt::format("give 1 to {}", most_ranks);
  if (ranks == nullptr)
    refuse(entry, fmt::format("is {}", entry.type), "a whole number is needed", suggestion);
  if (*ranks < 1 || *ranks > most_ranks) {
    refuse(entry, "is out of range", fmt::format("{} is not in 1 to {}", *ranks, most_ranks), suggestion);
  }
  return static_cast<int>(*ranks);
}

// Says whether it is a key of every head.
bool set_key(Study& study, const Entry& entry) {
  if (entry.name == "deck") {
    study.deck = study.path.parent_path() / text_of(entry, "name a deck, from the folder of this file");
  } else if (entry.name == "ranks") {
    study.ranks = ranks_of(entry);
    study.ranks_at = entry.where;
  } else if (entry.name == "partition") {
    study.partition = choice_of(entry, partition::partition_names);
  } else if (entry.name == "trace") {
    study.trace = value_named<TraceContent>(choice_of(entry, names_of<TraceContent>())).value();
  } else {
    return false;
  }
  return true;
}

}  // namespace

void check_tables(const toml::table& root, const std::string& source, const TextKind& kind) {
  for (const auto& [key, node] : root) {
    const Location where = location_of(source, key.source());
    if (std::find(kind.tables.begin(), kind.tables.end(), key.str()) == kind.tables.end()) {
      throw InputError(where, shown(key.str()), fmt::format("is not a table of {}", kind.what),
                       "the tables are " + joined(kind.tables), guess(key.str(), kind.tables));
    }
    if (node.as_table() == nullptr) {
      throw InputError(where, shown(key.str()), "is not a table", "", fmt::format("write [{}]", key.str()));
    }
  }
  if (root.get(kind.head) != nullptr) return;
  throw InputError({source}, kind.head, "is missing",
                   fmt::format("{} names the deck that it varies", kind.what),
                   fmt::format("add [{}] with deck = \"FILE.toml\"", kind.head));
}

void read_head(Study& study, const toml::table& root, const std::string& source, const TextKind& kind,
               const ReadKey& other) {
  const toml::table& table = *root.get(kind.head)->as_table();
  study.ranks_at = {source};
  for (const auto& [key, node] : table) {
    const Location where = location_of(source, key.source());
    const Entry entry = entry_of(kind.head, key.str(), node, where);
    if (set_key(study, entry) || (other && other(key.str(), node, where))) continue;
    refuse(entry, "is not a key", "the keys are " + joined(kind.keys), guess(entry.name, kind.keys));
  }
  if (study.deck.empty()) {
    throw InputError(location_of(source, table.source()), fmt::format("{}.deck", kind.head), "is missing",
                     fmt::format("{} varies keys of a deck", kind.what),
                     fmt::format("add deck = \"FILE.toml\" under [{}]", kind.head));
  }
}

}  // namespace hecaton::io
