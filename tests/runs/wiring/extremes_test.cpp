// Decks with keys at the ends of their ranges, alone and in pairs: each is refused with a reason or previewed with
// numbers that make sense. A crash of the test is a crash of the program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/training/model/plan_error.hpp"
#include "io/deck/reader.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/files/input_error.hpp"
#include "runs/wiring/preview.hpp"

namespace hecaton::test::extremes_test {
namespace {

constexpr std::uint64_t most_ps = std::numeric_limits<std::int64_t>::max();

struct Setting {
  const io::Key* key;
  std::variant<std::int64_t, double> value;
};

// The least, the most, and powers of ten between. Meshes stay small in pairs, so that the test ends.
std::vector<Setting> settings_of(const io::Key& key) {
  std::vector<Setting> settings;
  if (const auto* whole = std::get_if<io::IntegerType>(&key.type)) {
    settings = {{&key, whole->least}, {&key, whole->most}};
    for (std::int64_t ten = 1; ten < whole->most / 10; ten *= 10)
      if (ten > whole->least) settings.push_back({&key, ten});
  } else if (const auto* real = std::get_if<io::RealType>(&key.type)) {
    settings = {{&key, real->least}, {&key, real->most}};
    for (double ten = 1e-9; ten < real->most; ten *= 1000)
      if (ten > real->least) settings.push_back({&key, ten});
  }
  return settings;
}

// A step that fits on eight dies, so that a single key decides whether it is refused.
std::string base_deck(const std::string& kind) {
  std::string text = fmt::format("[workload]\nkind = \"{}\"\n[package]\nrows = 2\ncolumns = 4\n", kind);
  if (kind != "training") return text;
  return text +
         "[training]\nbatch_sequences = 4\nsequence_length = 128\n"
         "[training.model]\nname = \"small\"\nhidden = 256\nffn = 512\nheads = 8\nkv_heads = 8\nlayers = 2\n"
         "vocabulary = 1024\n";
}

class Extremes : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const io::Table& table : io::registry()) {
      if (!io::belongs_to(table, *io::find_workload_kind(GetParam())) || table.name == "package") continue;
      for (const io::Key& key : table.keys) {
        const std::vector<Setting> found = settings_of(key);
        if (!found.empty()) keys_.push_back(found);
      }
    }
  }

  // At a deck with these settings.
  void look_at(std::span<const Setting> settings) {
    std::vector<io::Entry> entries;
    std::string shown;
    for (const Setting& setting : settings) {
      io::Entry entry{
          std::string(setting.key->table), std::string(setting.key->name), {}, "a number", {"test"}};
      std::visit([&](const auto& value) { entry.value = value; }, setting.value);
      shown += fmt::format("{} = {}; ", io::full_name(*setting.key),
                           std::visit([](auto value) { return fmt::format("{}", value); }, setting.value));
      entries.push_back(std::move(entry));
    }
    SCOPED_TRACE(shown);
    try {
      const io::Deck deck = io::parse_deck_with(base_deck(GetParam()), "test", entries);
      expect_sane(deck, runs::preview(deck, 1, "block"));
      ++accepted_;
    } catch (const io::InputError& error) {
      EXPECT_NE(std::string(error.what()), "");
    } catch (const training::PlanError& error) {
      EXPECT_FALSE(error.table_key.empty() || error.why.empty());
    } catch (const std::exception& error) {
      ADD_FAILURE() << "neither accepted nor refused: " << error.what();
    }
  }

  static void expect_sane(const io::Deck& deck, const runs::Preview& seen) {
    EXPECT_GE(seen.lookahead_ps, 0);
    EXPECT_LE(seen.estimate.messages, 3 * seen.estimate.events + 1);
    if (!seen.undisturbed) return;
    const runs::Undisturbed& u = *seen.undisturbed;
    EXPECT_LE(u.compute_ps, most_ps);
    EXPECT_LE(u.collectives_ps, most_ps);
    EXPECT_LE(u.bytes_ps, u.collectives_ps);
    EXPECT_LE(u.dram_ps, most_ps);
    expect_not_faster(deck, u);
  }

  // What has wrapped once looks shorter than it is: shorter than with the fastest units there are.
  static void expect_not_faster(io::Deck deck, const runs::Undisturbed& slow) {
    deck.die.peak_TFLOPS = 1e6;
    deck.die.vector_GBps = 0;
    deck.memory.bandwidth_GBps = 1e6;
    const runs::Undisturbed fast = *runs::preview(deck, 1, "block").undisturbed;
    EXPECT_GE(slow.compute_ps, fast.compute_ps);
    EXPECT_GE(slow.dram_ps, fast.dram_ps);
    EXPECT_GE(slow.collectives_ps, fast.bytes_ps);
  }

  std::vector<std::vector<Setting>> keys_;
  std::size_t accepted_ = 0;
};

TEST_P(Extremes, AreRefusedOrMakeSenseAlone) {
  for (const std::vector<Setting>& settings : keys_)
    for (const Setting& setting : settings) look_at(std::span(&setting, 1));
  EXPECT_GT(accepted_, keys_.size());
}

TEST_P(Extremes, AreRefusedOrMakeSenseInPairs) {
  std::mt19937_64 draw(1);
  for (std::size_t a = 0; a < keys_.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      for (std::size_t ends = 0; ends < 4; ++ends) {
        const Setting pair[] = {keys_[a][ends % 2], keys_[b][ends / 2]};
        look_at(pair);
      }
      const Setting drawn[] = {keys_[a][draw() % keys_[a].size()], keys_[b][draw() % keys_[b].size()]};
      look_at(drawn);
    }
  }
  EXPECT_GT(accepted_, keys_.size());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Extremes, ::testing::Values("training", "collective", "traffic"));

}  // namespace
}  // namespace hecaton::test::extremes_test
