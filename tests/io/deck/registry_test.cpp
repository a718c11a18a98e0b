// The registry holds together: names are unique, defaults lie in their ranges, every key writes the field it
// reads, and presets set keys that exist.
#include "io/deck/registry.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "io/deck/presets.hpp"
#include "io/deck/workloads/kind.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::io::registry_test {
namespace {

template <class Visit>
void for_each_key(Visit visit) {
  for (const Table& table : registry()) {
    for (const Key& key : table.keys) visit(key);
  }
}

// Those that may stand in a deck of this kind.
template <class Visit>
void for_each_key_of(const WorkloadKind& kind, Visit visit) {
  for_each_key([&](const Key& key) {
    if (belongs_to(*find_table(key.table), kind)) visit(key);
  });
}

bool lies_in_range(const Key& key, const Value& value) {
  if (const auto* type = std::get_if<IntegerType>(&key.type)) {
    const auto n = std::get<std::int64_t>(value);
    return n >= type->least && n <= type->most;
  }
  if (const auto* type = std::get_if<RealType>(&key.type)) {
    const double x = std::get<double>(value);
    return x >= type->least && x <= type->most;
  }
  if (const auto* type = std::get_if<ChoiceType>(&key.type)) {
    const auto& text = std::get<std::string>(value);
    return std::find(type->names.begin(), type->names.end(), text) != type->names.end();
  }
  return std::holds_alternative<BooleanType>(key.type) ? std::holds_alternative<bool>(value)
                                                       : std::holds_alternative<std::string>(value);
}

// A legal value other than the one given.
Value another(const Key& key, const Value& value) {
  if (const auto* type = std::get_if<IntegerType>(&key.type)) {
    return value == Value{type->least} ? type->least + 1 : type->least;
  }
  if (const auto* type = std::get_if<RealType>(&key.type)) {
    return value == Value{type->most} ? type->least : type->most;
  }
  if (const auto* type = std::get_if<ChoiceType>(&key.type)) {
    return std::string(value == Value{std::string(type->names[0])} ? type->names[1] : type->names[0]);
  }
  if (std::holds_alternative<BooleanType>(key.type)) return !std::get<bool>(value);
  if (const auto* type = std::get_if<ListType>(&key.type)) {
    for (const char* list :
         {"5, 9", "0-1, 5-9", "row 2: bandwidth_GBps 16, latency_ns 4; wrap: latency_ns 1",
          "attention: heads 4, kv_heads 2; experts: ffn 8, experts 4, gated 1", "3: 1.5; 7: 2"})
      if (type->problem(list).empty()) return list;
  }
  return std::get<std::string>(value) + "-other";
}

TEST(Registry, NamesAreUnique) {
  std::set<std::string> names;
  for_each_key([&](const Key& key) { EXPECT_TRUE(names.insert(full_name(key)).second) << full_name(key); });
  EXPECT_GE(names.size(), 50U);
}

TEST(Registry, EveryKeyIsDescribed) {
  for_each_key([](const Key& key) {
    EXPECT_FALSE(key.text.empty()) << full_name(key);
    EXPECT_TRUE(key.text.ends_with('.')) << full_name(key);
    const auto kinds = workload_kinds();
    EXPECT_TRUE(std::any_of(kinds.begin(), kinds.end(), [&](const WorkloadKind& kind) {
      return takes_effect(key, kind);
    })) << full_name(key);
  });
}

TEST(Registry, UnitsInNamesAgreeWithUnits) {
  struct Suffix {
    std::string_view name, unit;
  };
  for (const Suffix& suffix :
       {Suffix{"_GBps", "GB/s (1e9 bytes)"}, Suffix{"_ns", "ns"}, Suffix{"_bytes", "bytes"},
        Suffix{"_MiB", "MiB"}, Suffix{"_cycles", "cycles"}, Suffix{"_flits", "flits"}}) {
    for_each_key([&](const Key& key) {
      EXPECT_TRUE(!key.name.ends_with(suffix.name) || key.unit == suffix.unit) << full_name(key);
    });
  }
}

TEST(Registry, DefaultsLieInTheirRanges) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const Deck deck = default_deck(kind);
    for_each_key_of(
        kind, [&](const Key& key) { EXPECT_TRUE(lies_in_range(key, key.get(deck, key))) << full_name(key); });
  }
}

void expect_written_alone(const Key& key, const WorkloadKind& kind) {
  Deck deck = default_deck(kind);
  const Value changed = another(key, key.get(deck, key));
  key.set(deck, key, changed);
  EXPECT_EQ(key.get(deck, key), changed) << full_name(key);
  const Deck untouched = default_deck(kind);
  for_each_key_of(kind, [&](const Key& other) {
    const bool same_field = full_name(other) == full_name(key) ||
                            (key.table.starts_with("training") && other.table.starts_with("training") &&
                             (key.name == "name" || key.name == "model"));
    // Another kind of workload has other tables.
    if (same_field || !belongs_to(*find_table(other.table), kind_of(deck))) return;
    EXPECT_EQ(other.get(deck, other), other.get(untouched, other)) << full_name(key);
  });
}

TEST(Registry, EveryKeyWritesWhatItReadsAndNothingElse) {
  for (const WorkloadKind& kind : workload_kinds())
    for_each_key_of(kind, [&](const Key& key) { expect_written_alone(key, kind); });
}

TEST(Presets, SetKeysThatExistToValuesInRange) {
  for (const std::string_view table : {"link", "memory", "energy", "training.model"}) {
    EXPECT_FALSE(presets_of(table).empty()) << table;
    for (const Preset& preset : presets_of(table)) {
      for (const PresetValue& value : preset.values) {
        const Key* key = find_key(table, value.key);
        ASSERT_NE(key, nullptr) << preset.name << " " << value.key;
        EXPECT_TRUE(lies_in_range(*key, value.value)) << preset.name << " " << value.key;
      }
    }
  }
  EXPECT_TRUE(presets_of("router").empty());
}

double number(const Preset& preset, std::string_view key) {
  for (const PresetValue& value : preset.values) {
    if (value.key == key) return std::get<double>(value.value);
  }
  return -1;
}

TEST(Presets, LinksFollowThePublicTable) {
  struct Row {
    const char* name;
    double bandwidth_GBps, energy_pJ_per_bit;
  };
  for (const Row& row : {Row{"ucie-standard-x16-4", 8, 0.5}, Row{"ucie-standard-x16-16", 32, 0.5},
                         Row{"ucie-standard-x16-24", 48, 0.6}, Row{"ucie-standard-x16-32", 64, 0.6},
                         Row{"ucie-advanced-x64-16", 128, 0.25}, Row{"ucie-advanced-x64-32", 256, 0.3}}) {
    const Preset* preset = find_preset("link", row.name);
    ASSERT_NE(preset, nullptr) << row.name;
    EXPECT_EQ(number(*preset, "bandwidth_GBps"), row.bandwidth_GBps) << row.name;
    EXPECT_EQ(number(*preset, "energy_pJ_per_bit"), row.energy_pJ_per_bit) << row.name;
    EXPECT_EQ(number(*preset, "latency_ns"), 2.0) << row.name;
  }
}

// A deck of the first kind that has this key.
std::string deck_with(const Key& key) {
  for (const WorkloadKind& kind : workload_kinds())
    if (belongs_to(*find_table(key.table), kind))
      return fmt::format("[workload]\nkind = \"{}\"\n", kind.name);
  return {};
}

TEST(Registry, NoKeyTakesWhatIsNoNumber) {
  std::size_t tried = 0;
  for_each_key([&](const Key& key) {
    const bool is_whole = std::holds_alternative<IntegerType>(key.type);
    if (!is_whole && !std::holds_alternative<RealType>(key.type)) return;
    const test::DeckFile file(deck_with(key));
    std::vector<std::string> wrong{"nan", "inf",  "-inf",  "1e400", "18446744073709551616", "", "5x",
                                   "0x",  "true", "\"5\"", "5 5"};
    if (is_whole) wrong.insert(wrong.end(), {"1e3", "1.5", "9223372036854775808"});
    const bool may_be_negative =
        is_whole ? std::get<IntegerType>(key.type).least < 0 : std::get<RealType>(key.type).least < 0;
    if (!may_be_negative) wrong.emplace_back("-1");
    for (const std::string& text : wrong) {
      const std::string name = fmt::format("{}.{}", key.table, key.name);
      const std::string error = test::error_of_path(file.path(), file.folder(), {name + "=" + text});
      EXPECT_NE(error.find(name), std::string::npos) << name << "=" << text << ": " << error;
      ++tried;
    }
  });
  EXPECT_GT(tried, 500U);
}

}  // namespace
}  // namespace hecaton::io::registry_test
