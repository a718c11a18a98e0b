// Traces that are written here are read back as they were, and are there whole or not at all.
#include "io/execution/trace_writer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/execution/trace_reader.hpp"
#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"
#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::test::trace_writer_test {
namespace {

using chiplet::OpCode;
using chiplet::graph::Node;
using chiplet::graph::Verb;
using io::execution::Groups;
using io::execution::TraceReader;
using io::execution::TraceWriter;

constexpr std::uint32_t rank = 1, ranks = 4;

Groups groups() {
  Groups all = io::execution::all_ranks(ranks);
  all.members.insert(all.members.end(), {{3, 1}, {0, 1, 2}});
  all.by_name.insert({{"row0", 1}, {"column 1", 2}});
  return all;
}

std::uint64_t write_nodes(const std::filesystem::path& path, const std::vector<Node>& nodes) {
  const Groups all = groups();
  TraceWriter writer(path, rank, all);
  for (const Node& node : nodes) writer.add(node);
  EXPECT_FALSE(std::filesystem::exists(path)) << "before it is complete";
  writer.publish();
  EXPECT_EQ(writer.nodes(), nodes.size());
  EXPECT_EQ(writer.bytes(), std::filesystem::file_size(path));
  return writer.bytes();
}

std::vector<Node> read_nodes(const std::filesystem::path& path) {
  const Groups all = groups();
  TraceReader reader(path, rank, ranks, all);
  std::vector<Node> nodes;
  while (auto node = reader.next()) nodes.push_back(std::move(*node));
  EXPECT_EQ(reader.version(), "0.0.4");
  EXPECT_EQ(reader.unknown_fields(), 0U);
  return nodes;
}

Node named(std::uint64_t id, Verb verb, std::uint64_t bytes = 0, std::vector<std::uint64_t> after = {}) {
  Node node;
  node.id = id;
  node.name = "node of " + std::to_string(bytes);
  node.verb = verb;
  node.bytes = bytes;
  node.after = std::move(after);
  return node;
}

std::vector<Node> one_of_each() {
  std::vector<Node> nodes{named(0, Verb::nothing),         named(1, Verb::load, 1),
                          named(2, Verb::store, 0, {1}),   named(3, Verb::compute, 70, {0, 2}),
                          named(4, Verb::send, 5, {3}),    named(5, Verb::receive, 6, {3}),
                          named(6, Verb::compute, 0, {5}), named(1ULL << 63U, Verb::load, 1ULL << 50U, {6})};
  nodes[3].operations = 1ULL << 62U;
  nodes[3].recorded_ps = 1'234'567;
  nodes[4].peer = 3;
  nodes[4].tag = 0xffffffff;
  nodes[5].peer = 2;
  nodes[5].recorded_ps = std::numeric_limits<std::int64_t>::max();
  for (const OpCode operation : {OpCode::all_gather, OpCode::reduce_scatter, OpCode::all_reduce,
                                 OpCode::broadcast, OpCode::reduce, OpCode::all_to_all}) {
    for (const std::uint32_t group : {0U, 1U, 2U}) {
      Node node = named(100 + nodes.size(), Verb::collective, 1000 + nodes.size(), {6});
      node.operation = operation;
      node.group = group;
      if (chiplet::has_root(operation)) node.root = group == 0 ? 3 : 1;
      nodes.push_back(node);
    }
  }
  return nodes;
}

TEST(TraceWriter, IsReadBack) {
  const ScratchFolder folder;
  write_nodes(folder / "a.et", one_of_each());
  EXPECT_EQ(read_nodes(folder / "a.et"), one_of_each());
}

TEST(TraceWriter, HoldsAnyNumberOfNodes) {
  const ScratchFolder folder;
  std::vector<Node> nodes;
  for (std::uint64_t id = 0; id < 20'000; ++id) {
    nodes.push_back(named(id, Verb::compute, id % 300 * id, {}));
    if (id > 0) nodes.back().after = {id / 2};
    nodes.back().recorded_ps = id;
  }
  EXPECT_GT(write_nodes(folder / "a.et", nodes), 1'000'000U);
  EXPECT_EQ(read_nodes(folder / "a.et"), nodes);
  write_nodes(folder / "empty.et", {});
  EXPECT_TRUE(read_nodes(folder / "empty.et").empty());
}

TEST(TraceWriter, LeavesNothingUnfinished) {
  const ScratchFolder folder;
  const Groups all = groups();
  write(folder / "a.et", "as it was");
  { TraceWriter(folder / "a.et", rank, all).add(named(0, Verb::load, 1)); }
  EXPECT_EQ(std::filesystem::file_size(folder / "a.et"), 9U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(TraceWriter, RefusesWhatNobodyCouldRead) {
  const ScratchFolder folder;
  const Groups all = groups();
  TraceWriter writer(folder / "a.et", rank, all);
  EXPECT_THROW(writer.add(named(0, Verb::load, (1ULL << 50U) + 1)), std::runtime_error);
  EXPECT_THROW(writer.add(named(0, Verb::send, 1ULL << 32U)), std::runtime_error);
  Node node = named(0, Verb::compute);
  node.operations = (1ULL << 62U) + 1;
  EXPECT_THROW(writer.add(node), std::runtime_error);
  node.operations = 0;
  node.recorded_ps = 1ULL << 63U;
  EXPECT_THROW(writer.add(node), std::runtime_error);
  EXPECT_EQ(writer.nodes(), 0U);
}

// In picoseconds where that is known, else in the microseconds of other traces.
TEST(TraceReader, TakesTheExactDuration) {
  const ScratchFolder folder;
  const auto duration_of = [&](const std::string& fields) {
    write(folder / "a.et", trace({node({7, Type::compute, {}, fields})}));
    return read_nodes(folder / "a.et").at(0).recorded_ps;
  };
  EXPECT_EQ(duration_of(number_field(7, 5)), 5'000'000U);
  EXPECT_EQ(duration_of(number_field(7, 5) + integer("duration_ps", 5'000'001)), 5'000'001U);
  EXPECT_EQ(duration_of(number_field(7, 5) + integer("duration_ps", 0)), 0U);
  const std::string too_long = attribute("duration_ps", number_field(13, 1ULL << 63U));
  EXPECT_EQ(problem_of(folder, [&] { duration_of(too_long); }),
            "a.et: node 7 \"n\": attribute duration_ps is too large (it is 9223372036854775808, at most "
            "9223372036854775807 can be) correct the trace");
}

}  // namespace
}  // namespace hecaton::test::trace_writer_test
