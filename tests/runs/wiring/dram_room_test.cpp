// What a step keeps in DRAM: beside what a simulated run writes there, channel by channel, and what is said of a
// step that does not fit.
#include "runs/wiring/dram_room.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <tuple>

#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/kind.hpp"
#include "runs/wiring/preview.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::dram_room_test {
namespace {

using chiplet::OperationKind;
using chiplet::Stage;

constexpr double bytes_per_GiB = 1073741824.0;

std::string text_of_step(const char* method, bool recompute, bool tied, std::uint32_t channels = 0) {
  TrainingDeck deck;
  deck.method = method;
  deck.channels = channels;
  std::string text = text_of(deck) + fmt::format("tied = {}\n", tied);
  return text.replace(text.find("overlap"), 0, fmt::format("recompute = {}\n", recompute));
}

runs::DramRoom room_of(const io::Deck& deck) {
  return runs::dram_room(runs::Workload(deck)).value();
}

// With another value of one key.
io::Deck with(const io::Deck& deck, const char* table, const char* name, const io::Value& value) {
  io::Deck changed = deck;
  const io::Key& key = *io::find_key(table, name);
  key.set(changed, key, value);
  return changed;
}

// When each die started to write its first gradient.
std::map<std::uint32_t, std::int64_t> first_gradients(const Outcome& run) {
  std::map<std::uint32_t, std::int64_t> first;
  for (const chiplet::OperationRow& row : run.operations) {
    if (row.kind != OperationKind::dram_write || row.stage != Stage::gradients) continue;
    const auto [at, is_new] = first.try_emplace(row.die, row.start_ps);
    if (!is_new) at->second = std::min(at->second, row.start_ps);
  }
  return first;
}

class Runs : public ::testing::TestWithParam<std::tuple<const char*, bool, bool>> {};

// All that a die writes before its first gradient is there for its backward pass.
TEST_P(Runs, WriteForwardWhatIsToldOfSavedActivations) {
  const auto& [method, recompute, tied] = GetParam();
  const io::Deck deck = deck_of(text_of_step(method, recompute, tied));
  const Outcome run = run_deck(deck, 1);
  if (!is_root()) return;
  const std::map<std::uint32_t, std::int64_t> backward = first_gradients(run);
  std::uint64_t saved = 0;
  for (const chiplet::OperationRow& row : run.operations)
    if (row.kind == OperationKind::dram_write && row.start_ps < backward.at(row.die)) saved += row.bytes;
  EXPECT_GT(saved, 0U);
  EXPECT_EQ(room_of(deck).package.saved_activations, saved);
}

INSTANTIATE_TEST_SUITE_P(OfAllMethods, Runs,
                         ::testing::Combine(::testing::Values("hecaton", "optimus", "megatron-flat-ring",
                                                              "megatron-torus-ring"),
                                            ::testing::Bool(), ::testing::Bool()));

// Every die has an equal part of the circle of channels; rounding is less than a byte for each die of a channel.
TEST(DramRoom, IsSpreadEvenlyOverAnyNumberOfChannels) {
  for (const std::uint32_t channels : {1U, 3U, 5U, 12U, 40U}) {
    const runs::DramRoom room = room_of(deck_of(text_of_step("hecaton", false, false, channels)));
    const double even = static_cast<double>(room.package.total()) / channels;
    EXPECT_EQ(room.channels, channels);
    EXPECT_GE(static_cast<double>(room.fullest_channel), even);
    EXPECT_LE(static_cast<double>(room.fullest_channel), even + 18) << channels;
  }
}

// Some dies have a word more than others, so some channels hold more than the mean.
TEST(DramRoom, TheFullestChannelCounts) {
  TrainingDeck text;
  text.method = "megatron-flat-ring";
  text.model.vocabulary = 1001;
  text.channels = 16;
  const runs::DramRoom room = room_of(deck_of(text_of(text)));
  // 16 bytes for each weight of a word in the output head; nine dies of 16 have 63 words, the others 62.
  constexpr std::uint64_t word = 256 * 16;
  const std::uint64_t small_die = (room.package.total() - 9 * word) / 16;
  EXPECT_EQ((room.package.total() - 9 * word) % 16, 0U);
  EXPECT_GE(room.fullest_channel, small_die + word / 2);
  EXPECT_LE(room.fullest_channel, small_die + word);
}

TEST(DramRoom, IsNotAskedForUnlessTheDeckSaysACapacity) {
  const io::Deck deck = deck_of(text_of_step("hecaton", false, false));
  EXPECT_EQ(deck.memory.capacity_GiB, 0.0);
  EXPECT_NO_THROW(runs::preview(with(deck, "memory", "usual_capacity_GiB", 1e-9), 1, "block"));
  const std::uint64_t needed = room_of(deck).fullest_channel;
  const auto give = [&](std::uint64_t bytes) {
    runs::preview(with(deck, "memory", "capacity_GiB", static_cast<double>(bytes) / bytes_per_GiB), 1,
                  "block");
  };
  EXPECT_NO_THROW(give(needed));
  try {
    give(needed - 1);
    FAIL() << "a byte too little is enough";
  } catch (const training::PlanError& error) {
    EXPECT_EQ(error.table_key, "memory.capacity_GiB");
  }
}

bool names(const std::vector<runs::Remedy>& remedies, const std::string& text) {
  return std::any_of(remedies.begin(), remedies.end(),
                     [&](const runs::Remedy& remedy) { return remedy.text == text; });
}

// Each is named if, and only if, the deck with it fits.
TEST(Remedies, AreThoseThatFit) {
  const io::Deck deck = deck_of(text_of_step("hecaton", false, false, 4));
  const auto fullest = [&](const char* table, const char* key, const io::Value& value) {
    return room_of(with(deck, table, key, value)).fullest_channel;
  };
  const std::uint64_t again = fullest("training", "recompute", true);
  const std::uint64_t sgd = fullest("training", "optimizer", std::string("sgd"));
  const std::uint64_t least = std::min(again, sgd), most = std::max(again, sgd);
  ASSERT_LT(least, most);
  for (const std::uint64_t capacity : {most, most - 1, least, least - 1}) {
    const std::vector<runs::Remedy> found = runs::remedies(deck, capacity);
    EXPECT_EQ(names(found, "training.recompute = true"), again <= capacity) << capacity;
    EXPECT_EQ(names(found, "training.optimizer = \"sgd\""), sgd <= capacity) << capacity;
    const bool both = names(found, "training.recompute = true and training.optimizer = \"sgd\"");
    EXPECT_EQ(both, capacity < least) << "only where neither is enough";
    for (const runs::Remedy& remedy : found) EXPECT_LE(remedy.fullest_channel, capacity) << remedy.text;
  }
}

// Where computing again is not enough, less of something else is, and is named beside what it takes without.
TEST(Remedies, AddToRecomputation) {
  const io::Deck deck = deck_of(text_of_step("hecaton", false, false, 4));
  const io::Deck again = with(deck, "training", "recompute", true);
  const runs::DramRoom room = room_of(again);
  const std::uint64_t capacity = (room.package.total() + 4) / 5;
  ASSERT_LT(capacity, room.fullest_channel);
  EXPECT_TRUE(names(runs::remedies(deck, capacity), "training.recompute = true and memory.channels = 5"));
  const std::uint64_t half =
      room_of(with(again, "training", "batch_sequences", std::int64_t{4})).fullest_channel;
  EXPECT_TRUE(
      names(runs::remedies(deck, half), "training.recompute = true and training.batch_sequences = 4"));
}

TEST(Remedies, NameTheFewestChannels) {
  const io::Deck deck = deck_of(text_of_step("megatron-flat-ring", false, false, 2));
  const std::uint64_t total = room_of(deck).package.total();
  const std::vector<runs::Remedy> found = runs::remedies(deck, total / 7);
  ASSERT_TRUE(names(found, "memory.channels = 8")) << runs::text_of(found);
  EXPECT_GT(room_of(with(deck, "memory", "channels", std::int64_t{7})).fullest_channel, total / 7);
}

// All mini-batches are saved, whatever their size; a smaller batch is.
TEST(Remedies, NameTheLargestPartOfTheBatch) {
  const io::Deck deck = deck_of(text_of_step("megatron-torus-ring", false, false, 4));
  const std::uint64_t half = room_of(with(with(deck, "training", "batch_sequences", std::int64_t{4}),
                                          "training", "minibatch_tokens", std::int64_t{256}))
                                 .fullest_channel;
  EXPECT_TRUE(names(runs::remedies(deck, half), "training.batch_sequences = 4"));
  EXPECT_FALSE(names(runs::remedies(deck, half - 1), "training.batch_sequences = 4"));
}

// What a layer computes again has no room beside a mini-batch as large as the deck's; beside a smaller one it has.
TEST(Remedies, RecomputeWithSmallerMiniBatchesWhereTheDeckHasNoRoom) {
  TrainingDeck text;
  text.batch = 32;
  text.sequence = 64;
  text.minibatch_tokens = 1024;
  text.channels = 4;
  text.overlap = false;
  text.weight_buffer_MiB = 16;
  for (text.buffer_MiB = 0.25; text.buffer_MiB < 16; text.buffer_MiB += 0.0625) {
    const io::Deck deck = deck_of(text_of(text));
    try {
      room_of(deck);
    } catch (const training::PlanError&) {
      continue;  // even without computing again
    }
    const std::uint64_t again = room_of(with(with(deck, "training", "recompute", true), "training",
                                             "minibatch_tokens", std::int64_t{0}))
                                    .fullest_channel;
    EXPECT_THROW(room_of(with(deck, "training", "recompute", true)), training::PlanError);
    EXPECT_TRUE(
        names(runs::remedies(deck, again), "training.recompute = true and training.minibatch_tokens = 0"))
        << runs::text_of(runs::remedies(deck, again));
    return;
  }
  FAIL() << "no buffer has room for the mini-batch";
}

TEST(Remedies, AreNoneWhereNothingHelps) {
  const io::Deck deck = deck_of(text_of_step("hecaton", true, false));
  EXPECT_TRUE(runs::remedies(deck, 1).empty());
}

TEST(DramRoom, IsNoMatterOfTraffic) {
  const io::Deck deck = deck_of("[workload]\nkind = \"traffic\"\n");
  EXPECT_FALSE(runs::dram_room(runs::Workload(deck)).has_value());
  EXPECT_TRUE(runs::remedies(deck, 1).empty());
}

}  // namespace
}  // namespace hecaton::test::dram_room_test
