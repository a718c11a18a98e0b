// Programs as nodes: small programs, and the nodes that they are, written down by hand.
#include "core/chiplet/graph/unroll.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/graph/window.hpp"

namespace hecaton::test::unroll_test {
namespace {

using namespace chiplet;
using namespace chiplet::graph;

// A row of 4 that goes round as 0, 2, 3, 1, a column of one, a package of 8. One operation takes a picosecond, and so
// does one byte through the vector unit.
UnrollSetup setup() {
  UnrollSetup setup;
  setup.timings.matrix.model = MatrixModel::roofline;
  setup.timings.matrix.peak = Rate{1'000'000'000'000};
  setup.timings.vector = Rate{1'000'000'000'000};
  setup.groups = {Communicator{3, 4, {0, 2, 3, 1}}, Communicator{0, 1, {}}, Communicator{0, 8, {}}};
  return setup;
}

std::vector<Node> nodes_of(const Program& program, const UnrollSetup& with = setup()) {
  validate(program);
  std::vector<Node> nodes;
  const std::uint64_t count = unroll(program, with, [&](Node&& node) { nodes.push_back(std::move(node)); });
  EXPECT_EQ(count, nodes.size());
  EXPECT_EQ(count_nodes(program, with), nodes.size());
  return nodes;
}

std::string problem_of(const Program& program, const UnrollSetup& with = setup()) {
  try {
    unroll(program, with, [](Node&&) {});
  } catch (const GraphError& error) {
    return error.what();
  }
  return {};
}

Op transfer(OpCode code, std::uint8_t slot, std::uint64_t bytes, std::uint8_t skip_last = 0) {
  return {.code = code, .slot = slot, .skip_last = skip_last, .bytes = bytes};
}
Op wait(std::uint8_t slot) {
  return {.code = OpCode::dram_wait, .slot = slot};
}
Op vector(std::uint64_t bytes) {
  return {.code = OpCode::vector, .stage = Stage::norm, .bytes = bytes};
}
Op loop(std::uint32_t count) {
  return {.code = OpCode::loop, .count = count};
}
const Op end{.code = OpCode::end_loop};

TEST(Unroll, ComputationsFollowEachOther) {
  const std::vector<Node> expected{
      {.id = 0,
       .name = "matmul qkv",
       .verb = Verb::compute,
       .operations = 60,
       .bytes = 62,
       .recorded_ps = 60,
       .after = {}},
      {.id = 1, .name = "vector norm", .verb = Verb::compute, .bytes = 7, .recorded_ps = 7, .after = {0}},
      {.id = 2, .name = "vector norm", .verb = Verb::compute, .after = {1}}};
  EXPECT_EQ(
      nodes_of({{.code = OpCode::matmul, .stage = Stage::qkv, .m = 2, .k = 3, .n = 5}, vector(7), vector(0)}),
      expected);
}

TEST(Unroll, TransfersHoldUpWhatFollowsTheirWait) {
  const Program program{transfer(OpCode::dram_read, 0, 10),
                        transfer(OpCode::dram_read, 1, 20),
                        vector(1),
                        transfer(OpCode::dram_write, 0, 30),
                        wait(0),
                        transfer(OpCode::dram_read, 0, 40),
                        vector(2),
                        wait(1),
                        wait(0),
                        wait(0),
                        vector(3),
                        transfer(OpCode::dram_write, 2, 50),
                        wait(2)};
  const std::vector<Node> expected{
      {.id = 0, .name = "dram-read", .verb = Verb::load, .bytes = 10, .after = {}},
      {.id = 1, .name = "dram-read", .verb = Verb::load, .bytes = 20, .after = {}},
      {.id = 2, .name = "vector norm", .verb = Verb::compute, .bytes = 1, .recorded_ps = 1, .after = {}},
      {.id = 3, .name = "dram-write", .verb = Verb::store, .bytes = 30, .after = {2}},
      {.id = 4, .name = "dram-read", .verb = Verb::load, .bytes = 40, .after = {0, 2, 3}},
      {.id = 5,
       .name = "vector norm",
       .verb = Verb::compute,
       .bytes = 2,
       .recorded_ps = 2,
       .after = {0, 2, 3}},
      {.id = 6,
       .name = "vector norm",
       .verb = Verb::compute,
       .bytes = 3,
       .recorded_ps = 3,
       .after = {1, 4, 5}},
      {.id = 7, .name = "dram-write", .verb = Verb::store, .bytes = 50, .after = {6}}};
  EXPECT_EQ(nodes_of(program), expected);
}

TEST(Unroll, LoopsAreGone) {
  // The second layer has nothing left to fetch.
  const Program program{{.code = OpCode::set_layer, .value = 0},
                        {.code = OpCode::set_minibatch, .value = 4},
                        loop(2),
                        transfer(OpCode::dram_read, 0, 10, 1),
                        {.code = OpCode::mark},
                        vector(1),
                        {.code = OpCode::allocate, .bytes = 9},
                        wait(0),
                        {.code = OpCode::release, .value = -1, .bytes = 9},
                        {.code = OpCode::add_layer, .value = 1},
                        end};
  const std::vector<Node> expected{
      {.id = 0, .name = "dram-read layer 0 mini-batch 4", .verb = Verb::load, .bytes = 10, .after = {}},
      {.id = 1,
       .name = "vector norm layer 0 mini-batch 4",
       .verb = Verb::compute,
       .bytes = 1,
       .recorded_ps = 1,
       .after = {}},
      {.id = 2,
       .name = "vector norm layer 1 mini-batch 4",
       .verb = Verb::compute,
       .bytes = 1,
       .recorded_ps = 1,
       .after = {0, 1}}};
  EXPECT_EQ(nodes_of(program), expected);
}

TEST(Unroll, MembersPutInWhatTheyHave) {
  const auto collective = [](OpCode code) { return Op{.code = code, .units = 16, .unit_bytes = 2}; };
  const Program program{
      collective(OpCode::all_gather),
      collective(OpCode::reduce_scatter),
      {.code = OpCode::all_to_all, .ring = Ring::package, .schedule = Schedule::direct, .units = 24}};
  const std::vector<Node> expected{{.id = 0,
                                    .name = "all-gather",
                                    .verb = Verb::collective,
                                    .operation = OpCode::all_gather,
                                    .group = 3,
                                    .bytes = 8,
                                    .after = {}},
                                   {.id = 1,
                                    .name = "reduce-scatter",
                                    .verb = Verb::collective,
                                    .operation = OpCode::reduce_scatter,
                                    .group = 3,
                                    .bytes = 32,
                                    .after = {0}},
                                   {.id = 2,
                                    .name = "all-to-all",
                                    .verb = Verb::collective,
                                    .operation = OpCode::all_to_all,
                                    .bytes = 24,
                                    .after = {1}}};
  EXPECT_EQ(nodes_of(program), expected);
}

TEST(Unroll, RootsAreMembers) {
  // Round the ring, the third is member 3; along the line, the third is member 2.
  const auto roots = [](Schedule schedule) {
    const Program program{
        loop(4), {.code = OpCode::broadcast, .schedule = schedule, .root_loop = 1, .units = 8}, end};
    std::vector<std::uint32_t> found;
    for (const Node& node : nodes_of(program)) found.push_back(node.root);
    return found;
  };
  EXPECT_EQ(roots(Schedule::pipelined), (std::vector<std::uint32_t>{0, 2, 3, 1}));
  EXPECT_EQ(roots(Schedule::tree), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  const std::vector<Node> fixed =
      nodes_of({{.code = OpCode::reduce, .schedule = Schedule::pipelined, .value = 6, .units = 8}});
  EXPECT_EQ(fixed.at(0).root, 3U) << "modulo the members";
}

TEST(Unroll, WhatMovesNothingIsNoNode) {
  EXPECT_TRUE(nodes_of({{.code = OpCode::all_reduce, .ring = Ring::column, .units = 3, .unit_bytes = 4},
                        {.code = OpCode::all_reduce, .units = 0}})
                  .empty());
  const std::vector<Node> nodes =
      nodes_of({vector(1), {.code = OpCode::all_reduce, .ring = Ring::column, .units = 3}, vector(1)});
  EXPECT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes.at(1).after, std::vector<std::uint64_t>{0});
}

TEST(Unroll, RefusesWhatNoGraphCanSay) {
  EXPECT_EQ(problem_of({loop(1), {.code = OpCode::pause, .slot_ps = 5}, end}),
            "a pause cannot be a node: graphs do not stand still");
  EXPECT_EQ(
      problem_of({{.code = OpCode::reduce_scatter, .stage = Stage::ffn_up, .units = 6, .unit_bytes = 2}}),
      "reduce-scatter ffn-up cannot be a node: its 6 units of 2 bytes are not 4 equal parts");
  EXPECT_EQ(problem_of({{.code = OpCode::all_gather, .units = 6}}),
            "all-gather cannot be a node: its 6 units of 1 bytes are not the same from each of 4 members");
  EXPECT_EQ(problem_of({{.code = OpCode::reduce_scatter, .units = 6}}), "")
      << "of bytes, graphs cut as programs do";
  EXPECT_EQ(
      problem_of({{.code = OpCode::broadcast, .schedule = Schedule::tree, .units = 6, .unit_bytes = 2}}), "")
      << "it is never cut";
  EXPECT_EQ(problem_of({{.code = OpCode::broadcast,
                         .schedule = Schedule::pipelined,
                         .count = 5,
                         .units = 6,
                         .unit_bytes = 2}}),
            "broadcast cannot be a node: its 6 units of 2 bytes are not 5 equal parts");
  EXPECT_EQ(problem_of({{.code = OpCode::all_reduce, .directions = 2, .units = 4, .unit_bytes = 2}}),
            "all-reduce cannot be a node: its 4 units of 2 bytes are not 8 equal parts");
}

TEST(Unroll, CountsBeforeItBegins) {
  UnrollSetup few = setup();
  few.most_nodes = 1'000'000'000'000;
  const Program program{
      loop(1'000'000), loop(1'000'000), vector(1), transfer(OpCode::dram_write, 0, 8, 2), end, end};
  EXPECT_EQ(problem_of(program, few),
            "the program has 1999999999999 nodes; at most 1000000000000 are wanted");
  const Program endless{loop(0xffffffff), loop(0xffffffff), loop(0xffffffff), vector(1), end, end, end};
  EXPECT_EQ(problem_of(endless, few), "the program has more than 2^64 nodes or bytes");
  few.most_nodes = 1;
  EXPECT_EQ(nodes_of({vector(1)}, few).size(), 1U);
}

}  // namespace
}  // namespace hecaton::test::unroll_test
