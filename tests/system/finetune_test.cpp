// What finetuning saves, by running: a step that trains all, one whose first
// layers are frozen, and one that trains adapters, against closed forms that
// are worked out here.
#include <gtest/gtest.h>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::finetune_test {
namespace {

constexpr std::int64_t e = 2,
                       p = 4;  // bytes of bf16; dies of a row, and of a column
constexpr std::int64_t h = 512, f = 2048, heads = 16, layers = 3, words = 1024, rank = 8;
constexpr std::int64_t sequences = 8, s = 32, tokens = sequences * s, x = tokens * h * e;
constexpr std::int64_t layer = h * (4 * h + 2 * f), table = h * words;

Outcome run_with(const char* training, const char* method = "hecaton") {
  TrainingDeck deck;
  deck.model = {"plain", h, f, heads, heads, layers, words, false};
  deck.method = method;
  deck.batch = sequences;
  deck.sequence = s;
  deck.minibatch_tokens = tokens / 2;
  std::string text = text_of(deck);
  const std::string at = "overlap = true\n";
  text.insert(text.find(at) + at.size(), training);
  return run_deck(deck_of(text), world_size());
}

struct Done {
  std::int64_t nop, macs, reads, writes;
  bool operator==(const Done&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Done& d) {
  return out << "NoP " << d.nop << ", MACs " << d.macs << ", read " << d.reads << ", written " << d.writes;
}
Done saved(const Outcome& full, const Outcome& other) {
  const chiplet::DieCounters a = full.sum(), b = other.sum();
  return {whole(a.nop_sent_bytes) - whole(b.nop_sent_bytes), whole(a.macs) - whole(b.macs),
          whole(a.dram_read_bytes) - whole(b.dram_read_bytes),
          whole(a.dram_write_bytes) - whole(b.dram_write_bytes)};
}

const io::TrainingSummary& told(const Outcome& run) {
  return std::get<io::TrainingSummary>(run.summary.workload);
}

// Ranks of up, queries, keys and values are cut over columns, those of the
// projections over rows; both are 4.
TEST(Finetune, AdaptersSaveWhatTheClosedFormSays) {
  const Outcome full = run_with(""), lora = run_with("train = \"adapters\"\nadapter_rank = 8\n");
  if (!is_root()) return;
  constexpr std::int64_t adapters = rank * ((3 * h + 3 * h) + (h + h) + (h + f) + (f + h));
  constexpr std::int64_t u = tokens * rank * (3 + 1 + 1 + 1) * e;  // U of a layer
  // X of each linear layer is not gathered again, for 3h + f features; U is
  // scattered and gathered, dU summed and gathered.
  constexpr std::int64_t again = (p - 1) * tokens * (h + h + h + f) * e, sent = (p - 1) * (1 + 1 + 2 + p) * u;
  EXPECT_EQ(saved(full, lora),
            (Done{layers * (again - sent) + (p - 1) * x, tokens * (layers * (layer - 3 * adapters) + table),
                  layers * (14 * layer - (3 * e * p + 12) * adapters - p * u) + 14 * 2 * table + 2 * x,
                  layers * (16 * layer - (e * p + 14) * adapters - p * u) + (14 * 2 + e) * table + x}));
  EXPECT_EQ(whole(told(full).trained_weights), layers * layer + 2 * table);
  EXPECT_EQ(whole(told(lora).trained_weights), layers * adapters);
  EXPECT_LT(told(lora).step_s, told(full).step_s);
}

// Two of three layers: two thirds of a backward pass, of the optimizer, and of
// what is saved; and all that is the table's.
TEST(Finetune, FrozenLayersSaveTheirBackwardPass) {
  for (const char* method : {"hecaton", "megatron-torus-ring"}) {
    const Outcome full = run_with("", method), frozen = run_with("frozen_layers = 2\n", method);
    if (!is_root()) continue;  // it takes part in the runs of the next method
    const bool is_1d = std::string_view(method) != "hecaton";
    constexpr std::int64_t attention = 5 * sequences * heads * s * s * (h / heads);
    const std::int64_t inner = tokens * ((4 * h + f) * e + heads * 4);
    const std::int64_t norms = is_1d ? 0 : 2 * 2 * (p - 1) * tokens * 4;
    const std::int64_t backward =
        is_1d ? 6 * (p * p - 1) * x
              : (p - 1) * tokens * e * ((3 * h + 2 * h) + 3 * h + (f + 2 * h) + (h + 2 * f));
    const std::int64_t saved_reads = inner + (is_1d ? 4 * x : 2 * x + 2 * p * tokens * 4);
    const std::int64_t saved_writes = inner + (is_1d ? 2 * x : 2 * x + 2 * p * tokens * 4);
    const std::int64_t border = is_1d ? 0 : x;
    EXPECT_EQ(saved(full, frozen), (Done{2 * (backward + norms), 2 * (2 * tokens * layer + attention),
                                         2 * (16 * layer + saved_reads) + 14 * table + 2 * x - border,
                                         2 * (16 * layer + saved_writes) + 14 * table + x - border}))
        << method;
    EXPECT_EQ(whole(told(frozen).trained_weights), layer + table) << method;
    EXPECT_LT(told(frozen).step_s, told(full).step_s) << method;
  }
}

}  // namespace
}  // namespace hecaton::test::finetune_test
