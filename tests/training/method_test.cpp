// What holds for every method: compact programs, buffers that are respected, reads that are used, honest
// errors.
#include "core/training/method.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/chiplet/counts/counts.hpp"
#include "core/training/collective.hpp"
#include "tests/training/cases.hpp"
#include "tests/training/walk.hpp"

namespace hecaton::training::test::method_test {
namespace {

constexpr const char* method_names[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};

TEST(Methods, AreListedAndUseTheirRings) {
  using chiplet::Ring;
  const std::vector<Ring> lines = {Ring::row, Ring::column};
  const std::vector<std::vector<Ring>> rings = {lines, {Ring::package}, lines, lines};
  ASSERT_EQ(methods().size(), std::size(method_names));
  for (std::size_t i = 0; i < std::size(method_names); ++i) {
    ASSERT_NE(find_method(method_names[i]), nullptr) << method_names[i];
    const Plan plan = plan_step(config_of(weak_scaling[1], method_names[i]), {4, 4}, {});
    for (const Op& op : plan.roles[0]) {
      if (!chiplet::is_collective(op.code)) continue;
      EXPECT_EQ(std::count(rings[i].begin(), rings[i].end(), op.ring), 1) << method_names[i];
    }
  }
  EXPECT_EQ(find_method("megatron"), nullptr);
}

TEST(Models, AreThoseOfThePublicShapes) {
  EXPECT_EQ(model_names(), (std::vector<std::string_view>{
                               "tinyllama-1.1b", "llama2-7b",    "llama2-70b",        "llama3.1-405b",
                               "bert-large",     "bloom-1.7b",   "gpt3-1.3b",         "gpt3-2.7b",
                               "gpt3-6.7b",      "gpt3-13b",     "gpt3-175b",         "mixtral-8x7b",
                               "llama3.1-8b",    "llama3.1-70b", "mistral-7b",        "mistral-nemo-12b",
                               "mixtral-8x22b",  "qwen2.5-72b",  "qwen1.5-moe-a2.7b", "llama3.2-1b",
                               "llama3.2-3b",    "qwen2.5-0.5b", "qwen2.5-1.5b",      "qwen2.5-3b",
                               "qwen2.5-7b",     "qwen2.5-14b",  "qwen2.5-32b",       "qwen3-8b",
                               "qwen3-30b-a3b",  "gemma2-2b",    "gemma2-9b",         "gemma2-27b",
                               "phi3-mini",      "gpt2",         "gpt2-medium",       "gpt2-large",
                               "gpt2-xl",        "opt-125m",     "opt-1.3b",          "opt-2.7b",
                               "opt-6.7b",       "opt-13b",      "opt-30b",           "opt-66b",
                               "opt-175b",       "falcon-7b"}));
  EXPECT_EQ(find_model("llama4"), nullptr);
  // Published sizes, to the precision of their names.
  const auto billions = [](const char* name) {
    const ModelConfig& m = *find_model(name);
    return static_cast<double>(all_weights(m)) / 1e9;
  };
  EXPECT_NEAR(billions("tinyllama-1.1b"), 1.1, 0.05);
  EXPECT_NEAR(billions("llama2-7b"), 6.74, 0.05);
  EXPECT_NEAR(billions("llama2-70b"), 69, 0.5);
  EXPECT_NEAR(billions("llama3.1-405b"), 405.8, 0.5);
  EXPECT_NEAR(billions("bert-large"), 0.335, 0.005);
  EXPECT_NEAR(billions("bloom-1.7b"), 1.72, 0.01);
  EXPECT_NEAR(billions("gpt3-1.3b"), 1.3, 0.05);
  EXPECT_NEAR(billions("gpt3-2.7b"), 2.65, 0.05);
  EXPECT_NEAR(billions("gpt3-6.7b"), 6.65, 0.05);
  EXPECT_NEAR(billions("gpt3-13b"), 12.85, 0.05);
  EXPECT_NEAR(billions("gpt3-175b"), 174.6, 0.5);
  EXPECT_NEAR(billions("mixtral-8x7b"), 46.7, 0.1);
  const ModelConfig& mixtral = *find_model("mixtral-8x7b");  // 12.9 of these for a token
  const std::uint64_t active = mixtral.layers * active_layer_weights(mixtral) + 2 * 4096 * 32000ULL;
  EXPECT_NEAR(static_cast<double>(active) / 1e9, 12.9, 0.05);
}

// Without what only keeps account of buffers.
std::size_t length_of(const TrainingConfig& config, MeshShape mesh) {
  const Program program = plan_step(config, mesh, {}).roles[0];
  return static_cast<std::size_t>(std::count_if(program.begin(), program.end(), [](const Op& op) {
    return op.code != OpCode::allocate && op.code != OpCode::release;
  }));
}

TEST(Programs, AreShortAndDoNotGrowWithLayersOrBatch) {
  for (const char* method : method_names) {
    TrainingConfig config = config_of(weak_scaling[5], method);  // the largest model
    const MeshShape mesh{32, 32};
    const std::size_t length = length_of(config, mesh);
    EXPECT_LT(length, 300U) << method;
    config.batch_sequences *= 8;
    EXPECT_LE(length_of(config, mesh), length) << method;
    config.model.layers *= 10;
    EXPECT_LE(length_of(config, mesh), length) << method;
  }
}

// The chiplet room counts a program for one die at its place in the rings; all places together are what the
// tally of these tests says.
TEST(Programs, CountTheSameAsTheChipletRoomDoes) {
  const MeshShape mesh{4, 4};
  const std::array<chiplet::DramShare, 1> shares = {{{NodeId{16}, 1}}};
  const chiplet::DieTimings timings = chiplet::resolve_timings({}, {});
  for (const char* method : method_names) {
    const Plan plan = plan_step(config_of(weak_scaling[0], method), mesh, {});
    const Program& program = plan.roles[0];
    std::uint64_t sent = 0;
    chiplet::DieCounters one;
    for (std::uint32_t die = 0; die < mesh.dies(); ++die) {
      std::array<chiplet::RingPlace, chiplet::ring_count> rings{};
      rings[0] = {mesh.columns, die % mesh.columns, NodeId{0}};
      rings[1] = {mesh.rows, die / mesh.columns, NodeId{0}};
      rings[2] = {static_cast<std::uint32_t>(mesh.dies()), die, NodeId{0}};
      std::array<chiplet::LinePlace, chiplet::ring_count> lines{};
      lines[0] = {mesh.columns, die % mesh.columns, NodeId{die / mesh.columns * mesh.columns}, 1};
      lines[1] = {mesh.rows, die / mesh.columns, NodeId{die % mesh.columns}, mesh.columns};
      one = chiplet::count_program(program, {rings, lines}, timings, shares).counters;
      sent += one.nop_sent_bytes;
    }
    const Tally all = tally(program, rings_of(mesh));
    EXPECT_EQ(sent, all.sum(&StageTally::nop_bytes)) << method;
    EXPECT_EQ(one.macs, all.sum(&StageTally::macs)) << method;
    EXPECT_EQ(one.dram_read_bytes, all.sum(&StageTally::read_bytes)) << method;
    EXPECT_EQ(one.dram_write_bytes, all.sum(&StageTally::written_bytes)) << method;
  }
}

// Runs a program's control flow and keeps account of reads that nothing has waited for yet.
struct Walker {
  std::array<std::uint64_t, chiplet::dram_slots> reads_outstanding{};
  std::array<std::uint64_t, chiplet::dram_slots> most_outstanding{};
  std::int32_t layer = -1, lowest = 0, highest = 0, minibatch = -1;
  std::uint64_t matmuls_during_reads = 0;
  std::vector<std::uint64_t> matmuls_of_layer;

  void label(const Op& op) {
    if (op.code == OpCode::set_layer) layer = op.value;
    if (op.code == OpCode::add_layer) layer += op.value;
    if (op.code == OpCode::set_minibatch) minibatch = op.value;
    if (op.code == OpCode::add_minibatch) minibatch += op.value;
  }
  void act(const Op& op) {
    label(op);
    const bool is_reading =
        std::ranges::any_of(reads_outstanding, [](std::uint64_t reads) { return reads > 0; });
    if (op.code == OpCode::matmul && is_reading) ++matmuls_during_reads;
    if (op.code == OpCode::matmul && op.stage != Stage::head) {
      ASSERT_GE(layer, 0);
      ASSERT_GE(minibatch, 0);
      matmuls_of_layer.resize(std::max<std::size_t>(matmuls_of_layer.size(), layer + 1));
      ++matmuls_of_layer[layer];
    }
    if (op.code == OpCode::dram_read) {
      most_outstanding[op.slot] = std::max(most_outstanding[op.slot], ++reads_outstanding[op.slot]);
    }
    if (op.code == OpCode::dram_wait) reads_outstanding[op.slot] = 0;
  }
  void run(const Program& program) {
    walk(program, [this](const Op& op) { act(op); });
  }
};

TEST(Programs, WaitForEverythingTheyReadAndLabelEveryLayer) {
  for (const char* method : method_names) {
    for (const bool overlap : {true, false}) {
      for (const std::uint32_t minibatch_tokens : {256U, 512U, 1024U}) {
        TrainingConfig config = config_of(weak_scaling[1], method);
        config.model.layers = 7;
        config.sequence_length = 64;
        config.minibatch_tokens = minibatch_tokens;
        config.overlap = overlap;
        Walker walker;
        walker.run(plan_step(config, {4, 4}, {}).roles[0]);
        const std::string what = std::string(method) + (overlap ? " with overlap " : " without overlap ") +
                                 std::to_string(minibatch_tokens);
        for (const std::uint64_t reads : walker.reads_outstanding) EXPECT_EQ(reads, 0U) << what;
        for (const std::uint64_t most : walker.most_outstanding) EXPECT_LE(most, 1U) << what;
        EXPECT_EQ(walker.matmuls_during_reads > 0, overlap) << what;
        ASSERT_EQ(walker.matmuls_of_layer.size(), 7U) << what;
        for (const std::uint64_t n : walker.matmuls_of_layer)
          EXPECT_EQ(n, walker.matmuls_of_layer[0]) << what;
      }
    }
  }
}

PlanError error_of(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die = {}) {
  try {
    plan_step(config, mesh, die);
  } catch (const PlanError& error) {
    return error;
  }
  ADD_FAILURE() << "planned without an error";
  return {"", "", "", ""};
}

// 16 sequences of 512 in mini-batches of 2048 tokens, 4 x 4 dies.
TrainingConfig tiny(const char* method) {
  TrainingConfig config = config_of(weak_scaling[1], method);
  config.uneven = Uneven::refuse;
  return config;
}

TEST(PlanErrors, NameTheKeyThatIsToBlame) {
  EXPECT_EQ(error_of(tiny("ring-of-power"), {4, 4}).table_key, "training.method");
  EXPECT_EQ(error_of(tiny("megatron-flat-ring"), {3, 5}).table_key, "training.method");
  EXPECT_EQ(error_of(tiny("megatron-flat-ring"), {1, 16}).table_key, "training.method");
  EXPECT_EQ(error_of(tiny("megatron-flat-ring"), {4, 6}).table_key, "package.rows");  // 32 heads over 24 dies
  EXPECT_EQ(error_of(tiny("megatron-flat-ring"), {3, 3}).table_key, "training.method");  // no cycle of 9 dies
  EXPECT_EQ(error_of(tiny("hecaton"), {3, 4}).table_key, "package.rows");     // 2048 features over 3 rows
  EXPECT_EQ(error_of(tiny("hecaton"), {4, 3}).table_key, "package.columns");  // 32 heads over 3 columns
}

TEST(PlanErrors, OfTheModelAndTheBatch) {
  const auto with = [](auto change) {
    TrainingConfig config = tiny("hecaton");
    change(config);
    return error_of(config, {4, 4}).table_key;
  };
  EXPECT_EQ(with([](auto& c) { c.model.heads = 33; }), "training.model.heads");
  EXPECT_EQ(with([](auto& c) { c.model.kv_heads = 5; }), "training.model.kv_heads");
  EXPECT_EQ(with([](auto& c) { c.model.layers = 0; }), "training.model");
  EXPECT_EQ(with([](auto& c) { c.batch_sequences = 0; }), "training.batch_sequences");
  EXPECT_EQ(with([](auto& c) { c.minibatch_tokens = 2049; }), "training.minibatch_tokens");
  EXPECT_EQ(with([](auto& c) { c.minibatch_tokens = 1024; }),
            "training.minibatch_tokens");  // 2 sequences, 4 rows
  EXPECT_EQ(with([](auto& c) { c.minibatch_tokens = 12 * 512; }),
            "training.minibatch_tokens");  // 16 in twelves
  EXPECT_EQ(with([](auto& c) {
              c.minibatch_tokens = 0;
              c.batch_sequences = 6;
            }),
            "training.batch_sequences");
  EXPECT_EQ(with([](auto& c) {
              c.batch_sequences = 1000000;
              c.sequence_length = 16000000;
              c.minibatch_tokens = 0;
            }),
            "training.batch_sequences");
  EXPECT_EQ(with([](auto& c) { c.minibatch_tokens = 17 * 512; }), "training.minibatch_tokens");
  TrainingConfig flat = tiny("megatron-flat-ring");
  flat.fusion = 2;
  EXPECT_EQ(error_of(flat, {4, 4}).table_key, "training.fusion");
  flat = config_of(weak_scaling[2], "megatron-flat-ring");
  flat.uneven = Uneven::refuse;
  flat.sequence_length = 255;  // 2 dies share a head and its queries
  flat.minibatch_tokens = 0;
  EXPECT_EQ(error_of(flat, {8, 8}).table_key, "training.sequence_length");
}

// An error about a buffer says how much is needed, and that much is enough.
TEST(PlanErrors, OfBuffersSayWhatIsNeeded) {
  for (const char* method : method_names) {
    for (const bool weights : {true, false}) {
      chiplet::DieConfig die;
      double& buffer_MiB = weights ? die.weight_buffer_MiB : die.activation_buffer_MiB;
      int errors = 0;
      for (buffer_MiB = 0.01; errors < 20; ++errors) {
        try {
          plan_step(tiny(method), {4, 4}, die);
          break;
        } catch (const PlanError& error) {
          EXPECT_EQ(error.table_key, weights ? "die.weight_buffer_MiB" : "die.activation_buffer_MiB");
          const std::size_t number = error.suggestion.find("at least ") + 9;
          const double enough_MiB = std::stod(error.suggestion.substr(number));
          EXPECT_GT(enough_MiB, buffer_MiB) << error.what();
          buffer_MiB = enough_MiB;
        }
      }
      EXPECT_GT(errors, 0) << method;
      EXPECT_LT(errors, 5) << method;  // one per part that is too large, at most
      EXPECT_LT(buffer_MiB, 17) << method;
    }
  }
}

std::uint64_t number_in(const Plan& plan, std::string_view key) {
  for (const PlanFact& fact : plan.facts) {
    if (fact.key == key) return std::stoull(fact.value);
  }
  ADD_FAILURE() << "no fact " << key;
  return 0;
}

TEST(Facts, PeaksStayWithinTheBuffers) {
  for (const char* method : method_names) {
    for (const double buffer_MiB : {15.7, 16.0, 24.0, 64.0}) {
      chiplet::DieConfig die;
      die.weight_buffer_MiB = die.activation_buffer_MiB = buffer_MiB;
      const auto capacity = static_cast<std::uint64_t>(buffer_MiB * 1048576);
      const Plan plan = plan_step(tiny(method), {4, 4}, die);
      EXPECT_LE(number_in(plan, "peak of the weight buffer per die"), capacity) << method;
      EXPECT_LE(number_in(plan, "peak of the activation buffer per die"), capacity) << method;
      EXPECT_GT(number_in(plan, "peak of the activation buffer per die"), 0U) << method;
    }
  }
}

TEST(Facts, AMinibatchIsChosenFromTheActivationBuffer) {
  TrainingConfig config = tiny("hecaton");
  config.minibatch_tokens = 0;
  chiplet::DieConfig small, large;
  small.activation_buffer_MiB = 8;
  large.activation_buffer_MiB = 256;
  const std::uint64_t few = number_in(plan_step(config, {4, 4}, small), "mini-batch");
  const std::uint64_t many = number_in(plan_step(config, {4, 4}, large), "mini-batch");
  EXPECT_LT(few, many);
  EXPECT_EQ(few % (4 * 512), 0U);
}

TEST(Fusion, ReadsBorderActivationsOncePerGroup) {
  TrainingConfig config = tiny("hecaton");
  config.fusion = 1;
  const Plan single = plan_step(config, {4, 4}, {});
  EXPECT_EQ(number_in(single, "layers per fused group, forward"), 1U);
  config.fusion = 3;
  const Plan fused = plan_step(config, {4, 4}, {});
  EXPECT_EQ(number_in(fused, "layers per fused group, forward"), 3U);
  const auto reads = [](const Plan& plan) {
    return tally(plan.roles[0], rings_of({4, 4})).sum(&StageTally::read_bytes);
  };
  // 22 layers: 22 groups against 8, backward the same.
  EXPECT_EQ(reads(single) - reads(fused), (22 - 8) * (16ULL * 512 * 2048 * 2 / 16));
}

TEST(Collectives, AreOneOperationOverTheRingOfTheirGroup) {
  CollectiveConfig config;
  config.bytes = 1000;
  for (const auto& [group, ring] : {std::pair{CollectiveGroup::rows, Ring::row},
                                    {CollectiveGroup::columns, Ring::column},
                                    {CollectiveGroup::package, Ring::package}}) {
    config.group = group;
    const Plan plan = plan_collective(config, {2, 3});
    ASSERT_EQ(plan.roles.size(), 1U);
    ASSERT_EQ(plan.roles[0].size(), 1U);
    EXPECT_EQ(plan.roles[0][0].ring, ring);
    EXPECT_EQ(plan.roles[0][0].units * plan.roles[0][0].unit_bytes, 1000U);
    EXPECT_EQ(plan.role_of_die.size(), 6U);
  }
  EXPECT_NO_THROW(check_collective(config, {2, 3}, {.has_bypass = true}));
  EXPECT_THROW(check_collective(config, {3, 3}, {.has_bypass = true}), PlanError);
  EXPECT_THROW(check_collective(config, {1, 4}, {.has_bypass = true}), PlanError);
  // Of each die one message of less than 2^32 bytes in whole flits.
  config.bytes = 6 * 0xffff0000ULL;
  EXPECT_NO_THROW(check_collective(config, {2, 3}, {.has_bypass = true}));
  ++config.bytes;
  EXPECT_THROW(check_collective(config, {2, 3}, {.has_bypass = true}), PlanError);
}

// A bypass ring passes over every second die; the other rings along a row need no bypass.
TEST(Collectives, NeedABypassForARingThatPassesOverDies) {
  CollectiveConfig config;
  config.algorithm = CollectiveAlgorithm::bypass_ring;
  EXPECT_NO_THROW(check_collective(config, {2, 4}, {.has_bypass = true}));
  EXPECT_THROW(check_collective(config, {2, 4}, {}), PlanError);
  config.algorithm = CollectiveAlgorithm::naive_ring;
  EXPECT_NO_THROW(check_collective(config, {2, 4}, {}));
}

}  // namespace
}  // namespace hecaton::training::test::method_test
