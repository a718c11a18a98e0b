// What a deck becomes: defaults by kind, presets and what overrides them, and texts that read back to the
// same deck.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "core/training/model/operators.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::io::resolve_test {
namespace {

using test::load;

constexpr std::string_view training = "[workload]\nkind = \"training\"\n";

const training::TrainingConfig& step_of(const Deck& deck) {
  return deck.as<training::TrainingConfig>();
}

void expect_same_values(const Deck& a, const Deck& b) {
  ASSERT_EQ(&kind_of(a), &kind_of(b));
  for (const Table& table : registry()) {
    if (!belongs_to(table, kind_of(a))) continue;
    for (const Key& key : table.keys) EXPECT_EQ(key.get(a, key), key.get(b, key)) << full_name(key);
  }
}

TEST(Resolve, TrainingDefaults) {
  const Deck deck = load(training).deck;
  EXPECT_EQ(kind_of(deck).name, "training");
  EXPECT_EQ(deck.name, "deck.toml");
  EXPECT_EQ(deck.network.package.rows, 4U);
  EXPECT_EQ(deck.network.link.bandwidth_GBps, 64.0);
  EXPECT_EQ(deck.network.link.latency_ns, 2.0);
  EXPECT_EQ(deck.network.link.flit_bytes, 64U);
  EXPECT_EQ(deck.network.router.switching, net::Switching::cut_through);
  EXPECT_EQ(deck.network.router.buffer_flits, 128U);
  EXPECT_EQ(deck.network.interface.packet_bytes, 4096U);
  EXPECT_EQ(deck.die.peak_TFLOPS, 32.0);
  EXPECT_EQ(deck.die.weight_buffer_MiB, 16.0);
  EXPECT_EQ(deck.memory.bandwidth_GBps, 51.2);
  EXPECT_EQ(step_of(deck).model.name, "tinyllama-1.1b");
  EXPECT_EQ(step_of(deck).method, "hecaton");
}

TEST(Resolve, TrafficDefaults) {
  const Deck deck = load("[workload]\nkind = \"traffic\"\n").deck;
  EXPECT_EQ(deck.network.package.rows, 8U);
  EXPECT_EQ(deck.network.package.columns, 8U);
  EXPECT_EQ(deck.network.package.topology, net::TopologyKind::mesh);
  EXPECT_EQ(deck.network.link.latency_ns, 1.0);
  EXPECT_EQ(deck.network.router.switching, net::Switching::wormhole);
  EXPECT_EQ(deck.network.router.virtual_channels, 4U);
  EXPECT_EQ(deck.network.router.buffer_flits, 8U);
  EXPECT_EQ(deck.link_preset, "none");
}

TEST(Resolve, APresetFillsItsTableAndAKeyOverridesIt) {
  const std::string deck_text = std::string(training) +
                                "[link]\nlatency_ns = 7\npreset = \"ucie-advanced-x64-16\"\n"
                                "[memory]\npreset = \"hbm2\"\n";
  const Deck deck = load(deck_text).deck;
  EXPECT_EQ(deck.network.link.bandwidth_GBps, 128.0);
  EXPECT_EQ(deck.network.link.energy_pJ_per_bit, 0.25);
  EXPECT_EQ(deck.network.link.latency_ns, 7.0);
  EXPECT_EQ(deck.memory.bandwidth_GBps, 256.0);
  EXPECT_EQ(deck.memory.energy_pJ_per_bit, 3.9);
  EXPECT_EQ(deck.link_preset, "ucie-advanced-x64-16");
}

TEST(Resolve, APresetOfTheCommandLineCountsAboveTheDeck) {
  const std::string deck_text = std::string(training) + "[link]\nlatency_ns = 7\nflit_bytes = 32\n";
  const Deck deck = load(deck_text, {"link.preset=ucie-standard-x16-16"}).deck;
  EXPECT_EQ(deck.network.link.bandwidth_GBps, 32.0);
  EXPECT_EQ(deck.network.link.latency_ns, 2.0);
  EXPECT_EQ(deck.network.link.flit_bytes, 32U) << "which the preset says nothing of";
  for (const auto& both : {std::vector<std::string>{"link.latency_ns=5", "link.preset=ucie-standard-x16-16"},
                           {"link.preset=ucie-standard-x16-16", "link.latency_ns=5"}})
    EXPECT_EQ(load(deck_text, both).deck.network.link.latency_ns, 5.0);
}

TEST(Resolve, ModelsByName) {
  struct Shapes {
    const char* name;
    std::uint32_t hidden, ffn, heads, kv_heads, layers, vocabulary;
  };
  for (const Shapes& s : {Shapes{"tinyllama-1.1b", 2048, 5632, 32, 4, 22, 32000},
                          Shapes{"llama2-7b", 4096, 11008, 32, 32, 32, 32000},
                          Shapes{"llama2-70b", 8192, 28672, 64, 8, 80, 32000},
                          Shapes{"llama3.1-405b", 16384, 53248, 128, 8, 126, 128256}}) {
    const Deck deck = load(std::string(training) + "[training]\nmodel = \"" + s.name + "\"\n").deck;
    const training::ModelConfig& model = step_of(deck).model;
    EXPECT_EQ(model.name, s.name);
    EXPECT_EQ(model.hidden, s.hidden);
    EXPECT_EQ(model.ffn, s.ffn);
    EXPECT_EQ(model.heads, s.heads);
    EXPECT_EQ(model.kv_heads, s.kv_heads);
    EXPECT_EQ(model.layers, s.layers);
    EXPECT_EQ(model.vocabulary, s.vocabulary);
    EXPECT_TRUE(model.gated);
  }
}

// What a model has beside the shapes that all have: features of a head, a shared expert, two vocabularies.
TEST(Resolve, ModelsWithMoreShapes) {
  const auto model_of = [](const std::string& of_model) {
    return step_of(load(std::string(training) + "[training.model]\n" + of_model).deck).model;
  };
  EXPECT_EQ(model_of("name = \"mistral-nemo-12b\"\n").head_dim, 128U);
  EXPECT_EQ(model_of("name = \"llama2-7b\"\n").head_dim, 0U);
  EXPECT_EQ(model_of("name = \"llama2-7b\"\nhead_dim = 64\n").name, "llama2-7b-changed");
  EXPECT_EQ(model_of("name = \"qwen1.5-moe-a2.7b\"\n").operators.size(), 3U);
  EXPECT_EQ(model_of("name = \"gpt3-175b\"\n").vocabulary, 51200U);
  EXPECT_EQ(model_of("name = \"gpt3-175b\"\nvocabulary = 50257\n").name, "gpt3-175b");
  EXPECT_EQ(model_of("name = \"gpt3-175b\"\nvocabulary = 50256\n").name, "gpt3-175b-changed");
  const training::ModelConfig own = model_of(
      "hidden = 64\nffn = 128\nheads = 8\nkv_heads = 4\nlayers = 2\nvocabulary = 256\nhead_dim = 24\n"
      "operators = \"attention: head_dim 12; feed-forward\"\n");
  EXPECT_EQ(own.head_dim, 24U);
  EXPECT_EQ(own.operators.at(0).head_dim, 12U);
}

constexpr std::string_view own_model =
    "[training.model]\nhidden = 64\nffn = 128\nheads = 8\nkv_heads = 4\nlayers = 2\nvocabulary = 256\ngated "
    "= false\n";

TEST(Resolve, AModelOfItsOwn) {
  const Deck deck = load(std::string(training) + std::string(own_model)).deck;
  EXPECT_EQ(step_of(deck).model.name, "custom");
  EXPECT_EQ(step_of(deck).model.hidden, 64U);
  EXPECT_EQ(step_of(deck).model.layers, 2U);
  EXPECT_FALSE(step_of(deck).model.gated);
}

TEST(Resolve, AListOfOperators) {
  const std::string list =
      "attention ;feed-forward: ffn 96, gated 1; experts: experts 8, experts_per_token 2";
  const Deck deck =
      load(std::string(training) + std::string(own_model), {"training.model.operators=" + list}).deck;
  using training::OperatorKind;
  const std::vector<training::OperatorConfig>& operators = step_of(deck).model.operators;
  ASSERT_EQ(operators.size(), 3U);
  EXPECT_EQ(operators[0], (training::OperatorConfig{.kind = OperatorKind::attention}));
  EXPECT_EQ(operators[1],
            (training::OperatorConfig{.kind = OperatorKind::feed_forward, .ffn = 96, .gated = 1}));
  EXPECT_EQ(operators[2],
            (training::OperatorConfig{.kind = OperatorKind::experts, .experts = 8, .experts_per_token = 2}));
  EXPECT_EQ(step_of(parse_deck(deck.resolved_toml, "again")).model.operators, operators);
  // Shapes that an operator does not give are those of the model.
  const training::Model model = training::model_of(step_of(deck).model);
  EXPECT_EQ(model.operators[0].kv_heads, 4U);
  EXPECT_EQ(model.operators[2].ffn, 128U);
  EXPECT_FALSE(model.operators[2].gated);
  const Deck changed = load(std::string(training) + "[training]\nmodel = \"llama2-7b\"\n",
                            {"training.model.operators=feed-forward"})
                           .deck;
  EXPECT_EQ(step_of(changed).model.name, "llama2-7b-changed");
}

TEST(Resolve, AChangedModelDoesNotKeepItsName) {
  const std::string deck_text = std::string(training) + "[training]\nmodel = \"llama2-7b\"\n";
  const Deck deck = load(deck_text, {"training.model.layers=2"}).deck;
  EXPECT_EQ(step_of(deck).model.name, "llama2-7b-changed");
  EXPECT_EQ(step_of(deck).model.layers, 2U);
  EXPECT_EQ(step_of(deck).model.hidden, 4096U);
  const Deck same = load(deck_text, {"training.model.layers=32"}).deck;
  EXPECT_EQ(step_of(same).model.name, "llama2-7b");
}

TEST(Resolve, AModelByNameReplacesATable) {
  const Deck deck = load(std::string(training) + std::string(own_model), {"training.model=llama2-70b"}).deck;
  EXPECT_EQ(step_of(deck).model.hidden, 8192U);
  EXPECT_EQ(step_of(deck).model.name, "llama2-70b");
}

TEST(Resolve, TheLastOverrideWinsAndTextsNeedNoQuotes) {
  const Deck deck =
      load(training, {"package.rows=8", "package.rows = 6", "training.method=megatron-flat-ring",
                      "package.topology='mesh'", "training.overlap=false", "die.peak_TFLOPS=8"})
          .deck;
  EXPECT_EQ(deck.network.package.rows, 6U);
  EXPECT_EQ(deck.network.package.topology, net::TopologyKind::mesh);
  EXPECT_EQ(step_of(deck).method, "megatron-flat-ring");
  EXPECT_FALSE(step_of(deck).overlap);
  EXPECT_EQ(deck.die.peak_TFLOPS, 8.0);
}

TEST(Resolve, HardwareTablesMayStandInAnyDeck) {
  const Deck deck =
      load("[workload]\nkind = \"traffic\"\n[die]\npeak_TFLOPS = 8\n[memory]\nchannels = 4\n").deck;
  EXPECT_EQ(deck.die.peak_TFLOPS, 8.0);
  EXPECT_EQ(deck.memory.channels, 4U);
}

TEST(Resolve, KeysKeepTheirPlaces) {
  const test::DeckFile file("# comment\n[workload]\nkind = \"training\"\n[package]\n  rows = 8\n");
  const std::vector<std::string> overrides{"die.peak_TFLOPS=8"};
  const LoadedDeck loaded = load_deck(file.path(), overrides);
  const std::string path = file.path().string();
  EXPECT_EQ(to_string(loaded.locations.find("package.rows")), path + ":5:3");
  EXPECT_EQ(to_string(loaded.locations.find("package.columns")), path + ":4:2");
  EXPECT_EQ(to_string(loaded.locations.find("training.method")), path);
  EXPECT_EQ(to_string(loaded.locations.find("die.peak_TFLOPS")), "--set \"die.peak_TFLOPS=8\"");
}

// A deck in which every key differs from its default, as far as keys allow one another.
std::string unusual(std::string_view kind) {
  std::string text = "[workload]\nkind = \"" + std::string(kind) + "\"\n";
  text +=
      "[package]\nrows = 16\ncolumns = 16\n[link]\npreset = \"ucie-advanced-x64-24\"\nlatency_ns = 0.1\n"
      "bandwidth_GBps = 123.456789\nflit_bytes = 32\n[router]\nvirtual_channels = 3\nbuffer_flits = 77\n"
      "credit_cycles = 2\npipeline = \"four-stage\"\nrouting = \"yx\"\n[interface]\npacket_bytes = 2048\n"
      "message_overhead_ns = 1e-3\n[die]\npeak_TFLOPS = 0.3\nmatrix = \"roofline\"\n[memory]\npreset = "
      "\"none\"\n"
      "burst_bytes = 4096\n[energy]\nstatic_W_per_die = 1e5\n";
  if (kind == "training") text += "[training]\nfusion = 3\noverlap = false\n" + std::string(own_model);
  if (kind == "collective") text += "[collective]\nbytes = 4294967295\n";
  if (kind == "traffic") text += "[traffic]\nseed = 9223372036854775807\npattern = \"shuffle\"\n";
  if (kind == "execution")
    text +=
        "[execution]\nranks = 3\ntraces = \"/a b.{rank}\"\nstragglers = \"3: 1.5; 7: 0.125\"\ncarrier = "
        "\"links\"\nendpoint_delay_ns = 3.25\n";
  return text;
}

TEST(Echo, ReadsBackToTheSameDeck) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const std::string plain = "[workload]\nkind = \"" + std::string(kind.name) + "\"\n";
    for (const std::string& text : {plain, unusual(kind.name)}) {
      const Deck deck = load(text).deck;
      const Deck again = parse_deck(deck.resolved_toml, deck.name);
      expect_same_values(deck, again);
      EXPECT_EQ(deck.resolved_toml, again.resolved_toml);
      EXPECT_EQ(deck.name, again.name);
    }
  }
}

TEST(Echo, AChangedModelReadsBack) {
  const Deck deck = load(training, {"training.model.layers=3"}).deck;
  const Deck again = parse_deck(deck.resolved_toml, deck.name);
  EXPECT_EQ(step_of(again).model.name, "tinyllama-1.1b-changed");
  EXPECT_EQ(step_of(again).model.layers, 3U);
  EXPECT_EQ(deck.resolved_toml, again.resolved_toml);
}

TEST(Echo, SaysWhereValuesComeFrom) {
  const Deck deck = load(std::string(training) + "[package]\nrows = 6\n").deck;
  const auto holds = [&](std::string_view line) {
    return deck.resolved_toml.find(line) != std::string::npos;
  };
  EXPECT_TRUE(holds("\nrows = 6  # given\n")) << deck.resolved_toml;
  EXPECT_TRUE(holds("\nbandwidth_GBps = 64.0  # DERIVED\n"));
  EXPECT_TRUE(holds("\nlatency_ns = 2.0  # PUBLIC\n"));
  EXPECT_TRUE(holds("\nhidden = 2048  # PUBLIC\n"));
  EXPECT_TRUE(holds("\npeak_TFLOPS = 32.0  # ASSUMED\n"));
}

TEST(DumpDefault, ReadsBackToTheDefaults) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const Deck dumped = load(dump_default(kind)).deck;
    const Deck plain = load("[workload]\nkind = \"" + std::string(kind.name) + "\"\n").deck;
    expect_same_values(dumped, plain);
    EXPECT_EQ(dumped.resolved_toml, plain.resolved_toml);
  }
}

TEST(DumpDefault, ShowsEveryKeyOfTheKindWithItsTagAndRange) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const std::string text = dump_default(kind);
    std::size_t keys = 0;
    for (const Table& table : registry()) {
      for (const Key& key : table.keys) {
        if (!takes_effect(key, kind)) continue;
        ++keys;
        const std::string line = std::string(key.name) + " = ";
        const bool shown =
            text.find("\n" + line) != std::string::npos || text.find("\n# " + line) != std::string::npos;
        EXPECT_TRUE(shown) << full_name(key);
      }
    }
    std::size_t tags = 0;
    for (const std::string_view tag : {"[PAPER]", "[PUBLIC]", "[DERIVED]", "[ASSUMED]"}) {
      for (auto at = text.find(tag); at != std::string::npos; at = text.find(tag, at + 1)) ++tags;
    }
    EXPECT_EQ(tags, keys);
  }
}

TEST(DumpDefault, AnotherPresetTakesEffectInADumpedDeck) {
  std::string text = dump_default(*find_workload_kind("training"));
  const std::string preset = "preset = \"ucie-standard-x16-32\"";
  const auto at = text.find("\n" + preset);
  ASSERT_NE(at, std::string::npos);
  text.replace(at + 1, preset.size(), "preset = \"ucie-advanced-x64-32\"");
  EXPECT_EQ(load(text).deck.network.link.bandwidth_GBps, 256.0);
}

// In the file as on the command line.
TEST(DumpDefault, EveryPresetTakesEffectInADumpedDeck) {
  for (const WorkloadKind& kind : workload_kinds()) {
    const std::string text = dump_default(kind);
    for (const Table& table : registry()) {
      const auto head = text.find(fmt::format("\n[{}]\n", table.name));
      if (table.preset_key.empty() || head == std::string::npos) continue;
      const auto key_line = text.find(fmt::format("\n{} = ", table.preset_key), head);
      if (key_line > text.find("\n[", head + 1)) continue;  // it takes no effect with this kind
      const auto chosen = key_line + 1;
      for (const Preset& preset : table.presets) {
        const std::string choice = fmt::format("{} = \"{}\"", table.preset_key, preset.name);
        std::string other = text;
        other.replace(chosen, text.find('\n', chosen) - chosen, choice);
        const LoadedDeck in_file = load(other);
        const LoadedDeck on_line = load(text, {fmt::format("{}.{}", table.name, choice)});
        for (const PresetValue& value : preset.values) {
          const Key& key = *find_key(table.name, value.key);
          EXPECT_EQ(key.get(in_file.deck, key), value.value) << choice << ": " << full_name(key);
          EXPECT_EQ(key.get(on_line.deck, key), value.value) << choice << ": " << full_name(key);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hecaton::io::resolve_test
