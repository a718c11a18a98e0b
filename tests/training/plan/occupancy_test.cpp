// What programs hold in the two buffers of a die, whatever the DRAM's pace: programs give back all they take,
// and never hold more than the plan has said.
#include "core/chiplet/dies/occupancy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <utility>

#include "tests/training/cases.hpp"
#include "tests/training/walk.hpp"

namespace hecaton::training::test::occupancy_test {
namespace {

using chiplet::Buffer;
using chiplet::Occupancy;

// Walks through a program. A fast DRAM has done everything at once; a slow one only when the program waits
// for it, or for what was started later: it does one transfer after another.
struct Walk {
  const Program& program;
  bool is_fast;
  Occupancy occupancy = {};
  std::uint64_t started = 0;
  std::array<std::uint64_t, chiplet::dram_slots> last{};  // started in a slot and not done; 0: none

  void finish(std::uint64_t transfer) {
    for (std::uint8_t slot = 0; slot < chiplet::dram_slots; ++slot) {
      if (last[slot] == 0 || last[slot] > transfer) continue;
      last[slot] = 0;
      occupancy.complete(slot);
    }
  }
  void act(const Op& op) {
    const auto slot = static_cast<std::uint8_t>(op.value);
    if (op.code == OpCode::dram_write || op.code == OpCode::dram_read)
      last[op.slot] = is_fast ? 0 : ++started;
    if (op.code == OpCode::dram_wait) finish(last[op.slot]);
    if (op.code == OpCode::allocate) occupancy.allocate(op.buffer, op.bytes);
    if (op.code != OpCode::release) return;
    if (op.value >= 0 && last[slot] > 0) {
      occupancy.release_after(slot, op.buffer, op.bytes);
    } else {
      occupancy.release(op.buffer, op.bytes);
    }
  }
  const Occupancy& run() {
    walk(program, [this](const Op& op) { act(op); });
    for (std::uint8_t slot = 0; slot < chiplet::dram_slots; ++slot) occupancy.complete(slot);
    return occupancy;
  }
};

std::uint64_t planned(const Plan& plan, std::string_view key) {
  for (const PlanFact& fact : plan.facts) {
    std::uint64_t value = 0;
    if (fact.key != key) continue;
    std::from_chars(fact.value.data(), fact.value.data() + fact.value.size(), value);
    return value;
  }
  return 0;
}

struct Choice {
  const char* what;
  void (*choose)(TrainingConfig&);
};

const Choice choices[] = {
    {"as it is", [](auto&) {}},
    {"no overlap", [](auto& c) { c.overlap = false; }},
    {"recomputation", [](auto& c) { c.recompute = true; }},
    {"recomputation, no overlap", [](auto& c) { c.recompute = true, c.overlap = false; }},
    {"by head", [](auto& c) { c.attention = Attention::by_head; }},
    {"by head, recomputation", [](auto& c) { c.attention = Attention::by_head, c.recompute = true; }},
    {"one mini-batch", [](auto& c) { c.minibatch_tokens = c.batch_sequences * c.sequence_length; }},
    {"two mini-batches", [](auto& c) { c.minibatch_tokens = c.batch_sequences * c.sequence_length / 2; }},
    {"fused", [](auto& c) { c.fusion = 2; }},
    {"tied", [](auto& c) { c.model.tied = true; }},
    {"frozen layers", [](auto& c) { c.frozen_layers = 2; }},
    {"frozen layers, fused, recomputation",
     [](auto& c) { c.frozen_layers = 3, c.fusion = 2, c.recompute = true; }},
    {"frozen layers, tied, no overlap",
     [](auto& c) { c.frozen_layers = 4, c.model.tied = true, c.overlap = false; }},
    {"head alone", [](auto& c) { c.train = Train::head; }},
    {"adapters", [](auto& c) { c.train = Train::adapters, c.adapter_rank = 32; }},
    {"adapters on attention, a frozen layer, no overlap",
     [](auto& c) {
       c.train = Train::adapters, c.adapter_rank = 16, c.adapter_on = AdapterOn::attention;
       c.frozen_layers = 1, c.overlap = false;
     }},
    {"adapters on attention beside experts",
     [](auto& c) {
       c.train = Train::adapters, c.adapter_rank = 16, c.adapter_on = AdapterOn::attention;
       c.model.experts = 8, c.model.experts_per_token = 2;
     }},
    {"adapters of one mini-batch by head",
     [](auto& c) {
       c.train = Train::adapters, c.adapter_rank = 16, c.attention = Attention::by_head;
       c.minibatch_tokens = c.batch_sequences * c.sequence_length;
     }},
    {"sgd", [](auto& c) { c.optimizer = Optimizer::sgd; }},
    {"experts", [](auto& c) { c.model.experts = 8, c.model.experts_per_token = 2; }},
    {"feed-forward first",
     [](auto& c) {
       c.model.operators = {{.kind = OperatorKind::feed_forward}, {.kind = OperatorKind::attention}};
     }},
    {"wide heads", [](auto& c) { c.model.head_dim = 24; }},
    {"narrow heads by head, recomputation",
     [](auto& c) { c.model.head_dim = 8, c.attention = Attention::by_head, c.recompute = true; }},
    {"long list",
     [](auto& c) {
       c.model.operators = {{.kind = OperatorKind::attention},
                            {.kind = OperatorKind::feed_forward},
                            {.kind = OperatorKind::feed_forward},
                            {.kind = OperatorKind::attention}};
     }},
};

TrainingConfig config_for(const char* method, const Choice& choice) {
  TrainingConfig config;
  config.model = {"test", 512, 1024, 32, 16, 5, 2048, true};
  config.method = method;
  config.batch_sequences = 16;
  config.sequence_length = 64;
  choice.choose(config);
  return config;
}

std::optional<Plan> plan_for(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  try {
    return plan_step(config, mesh, die);
  } catch (const PlanError&) {
    return std::nullopt;
  }
}

// The most activations that any role holds.
std::uint64_t check(const Plan& plan, std::uint64_t activations, std::uint64_t weight_buffer) {
  std::uint64_t most = 0;
  for (const Program& program : plan.roles) {
    for (const bool is_fast : {false, true}) {
      Walk walk{program, is_fast};
      const Occupancy& occupancy = walk.run();
      EXPECT_EQ(occupancy.held(Buffer::activation), 0U);
      EXPECT_EQ(occupancy.held(Buffer::weight), 0U);
      EXPECT_LE(occupancy.peak(Buffer::activation), activations);
      EXPECT_LE(occupancy.peak(Buffer::weight), weight_buffer);
      most = std::max(most, occupancy.peak(Buffer::activation));
    }
  }
  return most;
}

TEST(Occupancy, IsGivenBackAndStaysWithinThePlan) {
  int plans = 0, close = 0;
  // Panels of SUMMA are narrower where rows and columns differ.
  for (const auto& [method, mesh] : {std::pair<const char*, MeshShape>{"hecaton", {4, 4}},
                                     {"megatron-flat-ring", {4, 4}},
                                     {"megatron-torus-ring", {4, 4}},
                                     {"optimus", {4, 4}},
                                     {"optimus", {8, 4}}}) {
    for (const Choice& choice : choices) {
      for (const std::uint64_t KiB : {400, 600, 1024, 2048, 4096, 8192, 65536}) {
        SCOPED_TRACE(std::string(method) + ", " + choice.what + ", " + std::to_string(KiB) + " KiB");
        chiplet::DieConfig die;
        die.activation_buffer_MiB = static_cast<double>(KiB) / 1024;
        die.weight_buffer_MiB = 2 * die.activation_buffer_MiB;
        const std::optional<Plan> plan = plan_for(config_for(method, choice), mesh, die);
        if (!plan) continue;
        ++plans;
        const std::uint64_t activations = planned(*plan, "peak of the activation buffer per die");
        // The optimizer fills all of the weight buffer, a chunk at a time.
        EXPECT_LE(planned(*plan, "peak of the weight buffer per die"), 2048 * KiB);
        if (10 * check(*plan, activations, 2048 * KiB) >= 8 * activations) ++close;
      }
    }
  }
  EXPECT_GE(plans, 150);
  EXPECT_GE(close, plans / 2);  // the plan is no mere upper bound
}

}  // namespace
}  // namespace hecaton::training::test::occupancy_test
