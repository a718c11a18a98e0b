// Collectives of a step done in other ways than the method's paper draws them: which of them change, that bytes stay, and
// what is refused.
#include "core/training/step_collectives.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/training/method.hpp"
#include "tests/training/cases.hpp"

namespace hecaton::training::test::step_collectives_test {
namespace {

using chiplet::Axes;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;

constexpr MeshShape mesh{4, 4};
constexpr RingLinks torus{.rows_closed = true, .columns_closed = true}, open{}, bypass{.has_bypass = true};
constexpr const char* one_dimension[] = {"megatron-flat-ring", "megatron-torus-ring"};
constexpr const char* two_dimensions[] = {"hecaton", "optimus"};

Plan planned(const char* method, Collectives how, const RingLinks& links, MeshShape on = mesh) {
  TrainingConfig config = config_of(weak_scaling[1], method);
  config.collectives = how;
  Plan plan = plan_step(config, on, large_die());
  set_collectives(plan, how, on, links);
  return plan;
}

std::string refusal(const char* method, Collectives how, const RingLinks& links) {
  try {
    planned(method, how, links);
  } catch (const PlanError& error) {
    EXPECT_EQ(error.table_key, "training.collectives");
    return error.why;
  }
  return "";
}

std::vector<chiplet::Op> collectives_of(const Plan& plan) {
  std::vector<chiplet::Op> ops;
  std::copy_if(plan.roles[0].begin(), plan.roles[0].end(), std::back_inserter(ops),
               [](const chiplet::Op& op) { return chiplet::is_collective(op.code); });
  return ops;
}

// Dies in row-major order; the ring over the package does not matter to what it sends.
chiplet::GroupPlaces places_of(std::uint32_t die) {
  const std::uint32_t row = die / mesh.columns, column = die % mesh.columns;
  const auto ring = [](std::uint32_t size, std::uint32_t position) {
    chiplet::RingPlace place;
    place.size = size;
    place.position = position;
    return place;
  };
  chiplet::GroupPlaces groups;
  groups.rings = {ring(mesh.columns, column), ring(mesh.rows, row), ring(mesh.columns * mesh.rows, die)};
  groups.lines = {chiplet::LinePlace{mesh.columns, column, NodeId{row * mesh.columns}, 1},
                  chiplet::LinePlace{mesh.rows, row, NodeId{column}, mesh.columns},
                  chiplet::LinePlace{mesh.columns * mesh.rows, die, NodeId{0}, 1}};
  return groups;
}

std::uint64_t sent_bytes(const Plan& plan) {
  const chiplet::DieTimings timings = chiplet::resolve_timings(large_die(), {});
  const chiplet::DramShare share{NodeId{99}, 1};
  std::uint64_t sum = 0;
  for (std::uint32_t die = 0; die < mesh.dies(); ++die)
    sum += chiplet::count_program(plan.roles[plan.role_of_die[die]], places_of(die), timings, {&share, 1})
               .counters.nop_sent_bytes;
  return sum;
}

TEST(StepCollectives, SendAsMuchInEveryWay) {
  for (const char* method : one_dimension) {
    const std::uint64_t paper = sent_bytes(planned(method, Collectives::paper, torus));
    for (const Collectives how : {Collectives::both_directions, Collectives::all_axes,
                                  Collectives::all_axes_both_directions, Collectives::halving_doubling})
      EXPECT_EQ(sent_bytes(planned(method, how, torus)), paper) << method << " " << name_of(how);
  }
  for (const char* method : two_dimensions)
    EXPECT_EQ(sent_bytes(planned(method, Collectives::both_directions, torus)),
              sent_bytes(planned(method, Collectives::paper, torus)))
        << method;
}

TEST(StepCollectives, GoBothWaysWhereLinesAreClosed) {
  for (const auto& [method, expected] :
       {std::pair{"hecaton", torus}, {"megatron-torus-ring", torus}, {"megatron-flat-ring", open}})
    for (const chiplet::Op& op : collectives_of(planned(method, Collectives::both_directions, expected)))
      EXPECT_EQ(op.directions, 2) << method;
  for (const RingLinks& links : {open, bypass}) {
    EXPECT_NE(refusal("hecaton", Collectives::both_directions, links), "");
    EXPECT_NE(refusal("megatron-torus-ring", Collectives::all_axes_both_directions, links), "");
  }
}

TEST(StepCollectives, GoAlongBothAxesWhereAllDiesExchange) {
  for (const char* method : one_dimension)
    for (const chiplet::Op& op : collectives_of(planned(method, Collectives::all_axes, bypass))) {
      EXPECT_EQ(op.axes, Axes::all) << method;
      EXPECT_EQ(op.ring, Ring::package) << method;
    }
  for (const char* method : two_dimensions) EXPECT_NE(refusal(method, Collectives::all_axes, torus), "");
}

// Both are the same then, and need no cycle through all dies.
TEST(StepCollectives, LetAFlatRingGoWhereItHasNone) {
  constexpr MeshShape odd{3, 3};
  TrainingConfig config = config_of(weak_scaling[1], "megatron-flat-ring");
  EXPECT_FALSE(problems_of(config, odd).empty());
  config.uneven = Uneven::pad;
  config.collectives = Collectives::all_axes;
  EXPECT_TRUE(problems_of(config, odd).empty());
  const Plan flat = planned("megatron-flat-ring", Collectives::all_axes, open),
             torus_ring = planned("megatron-torus-ring", Collectives::all_axes, open);
  EXPECT_EQ(sent_bytes(flat), sent_bytes(torus_ring));
  EXPECT_EQ(flat.roles[0].size(), torus_ring.roles[0].size());
}

TEST(StepCollectives, HalveSumsThatAllGet) {
  for (const chiplet::Op& op : collectives_of(planned("hecaton", Collectives::halving_doubling, bypass)))
    EXPECT_EQ(op.schedule == Schedule::halving_doubling, op.code == OpCode::all_reduce);
}

TEST(StepCollectives, AreTold) {
  const auto value_of = [](const Plan& plan, const std::string& key) {
    for (const PlanFact& fact : collective_facts(plan))
      if (fact.key == key) return fact.value;
    return std::string();
  };
  EXPECT_EQ(value_of(planned("hecaton", Collectives::paper, bypass), "all-gather"),
            "rows: rings; columns: rings");
  EXPECT_EQ(
      value_of(planned("megatron-flat-ring", Collectives::all_axes_both_directions, torus), "all-gather"),
      "rows and columns at once: rings both ways");
  EXPECT_EQ(value_of(planned("optimus", Collectives::paper, bypass), "broadcast"),
            "rows: trees; columns: trees");
}

}  // namespace
}  // namespace hecaton::training::test::step_collectives_test
