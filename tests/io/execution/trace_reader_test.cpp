// Nodes of traces as nodes of graphs: every kind, every way to write a number, and what is refused.
#include "io/execution/trace_reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"

namespace hecaton::test::trace_reader_test {
namespace {

using chiplet::OpCode;
using chiplet::graph::Node;
using chiplet::graph::Verb;
using io::execution::Groups;
using io::execution::TraceReader;

constexpr std::uint32_t rank = 1, ranks = 4;

Groups groups() {
  Groups all = io::execution::all_ranks(ranks);
  all.members.insert(all.members.end(), {{3, 1}, {0, 2}, {1}});
  all.by_name.insert({{"1", 1}, {"others", 2}, {"alone", 3}});
  return all;
}

struct Read {
  std::vector<Node> nodes;
  std::uint64_t count = 0, unknown_fields = 0;
  std::string version;
};

Read read_file_of(const std::filesystem::path& path) {
  const Groups all = groups();
  TraceReader reader(path, rank, ranks, all);
  Read read;
  while (auto node = reader.next()) read.nodes.push_back(*node);
  read.count = reader.nodes();
  read.unknown_fields = reader.unknown_fields();
  read.version = reader.version();
  return read;
}
Read read(const std::string& bytes) {
  const ScratchFolder folder;
  return read_file_of(write(folder / "a.et", bytes));
}
Node only(const std::string& node) {
  const Read all = read(trace({node}));
  EXPECT_EQ(all.nodes.size(), 1U);
  EXPECT_EQ(all.unknown_fields, 0U);
  return all.nodes.at(0);
}
std::string problem_of_file(const std::string& bytes) {
  const ScratchFolder folder;
  const auto path = write(folder / "a.et", bytes);
  return problem_of(folder, [&] { read_file_of(path); });
}
// What is wrong with a node 7 named n.
std::string problem(const std::string& node) {
  const std::string text = problem_of_file(trace({node}));
  const std::string prefix = "a.et: node 7 \"";
  EXPECT_TRUE(text.empty() || text.starts_with(prefix)) << text;
  return text.empty() ? text : text.substr(prefix.size() + 4);
}
std::string problem_of_compute(const std::string& attributes) {
  return problem(node({7, Type::compute, {}, attributes}));
}

TEST(TraceReader, ReadsEveryKindOfNode) {
  const std::string own = integer("comm_src", rank);
  const Read all = read(trace(
      {node({1, Type::metadata, {}, number_field(7, 5), "about"}), node({2, Type::invalid}),
       node({3, Type::load, {1}, integer("tensor_size", 64), "weights"}),
       node({4, Type::store, {3}, integer("tensor_size", 128) + number_field(7, 2)}),
       node({5, Type::compute, {4, 3}, integer("num_ops", 1000) + integer("tensor_size", 10), "matmul"}),
       send(6, 2, 4096, 9, {5}), receive(8, 0, 512, 3), collective(9, Collective::all_reduce, 100),
       node({10, Type::compute, {}, attribute("is_cpu_op", number_field(27, 1)) + integer("num_ops", 5)})}));
  ASSERT_EQ(all.nodes.size(), 9U);
  EXPECT_EQ(all.count, 9U);
  EXPECT_EQ(all.version, "0.0.4");
  EXPECT_EQ(all.nodes[0], (Node{.id = 1, .name = "about", .after = {}}));
  EXPECT_EQ(all.nodes[1], (Node{.id = 2, .name = "n", .after = {}}));
  EXPECT_EQ(all.nodes[2], (Node{.id = 3, .name = "weights", .verb = Verb::load, .bytes = 64, .after = {1}}));
  EXPECT_EQ(
      all.nodes[3],
      (Node{
          .id = 4, .name = "n", .verb = Verb::store, .bytes = 128, .recorded_ps = 2'000'000, .after = {3}}));
  EXPECT_EQ(all.nodes[4], (Node{.id = 5,
                                .name = "matmul",
                                .verb = Verb::compute,
                                .operations = 1000,
                                .bytes = 10,
                                .after = {3, 4}}));
  EXPECT_EQ(
      all.nodes[5],
      (Node{.id = 6, .name = "s", .verb = Verb::send, .peer = 2, .tag = 9, .bytes = 4096, .after = {5}}));
  EXPECT_EQ(
      all.nodes[6],
      (Node{.id = 8, .name = "r", .verb = Verb::receive, .peer = 0, .tag = 3, .bytes = 512, .after = {}}));
  EXPECT_EQ(all.nodes[7], (Node{.id = 9, .name = "c", .verb = Verb::collective, .bytes = 100, .after = {}}));
  EXPECT_EQ(all.nodes[8], (Node{.id = 10, .name = "n", .after = {}}));  // the host's work is none of a die's
}

TEST(TraceReader, ReadsPackedFilesAlike) {
  const std::string bytes = trace({send(6, 2, 4096), collective(9, Collective::all_gather, 100)});
  const std::vector<Node> plain = read(bytes).nodes;
  const ScratchFolder folder;
  EXPECT_EQ(read_file_of(write_packed(folder / "a.et.gz", bytes)).nodes, plain);
}

TEST(TraceReader, ReadsEveryCollective) {
  const std::vector<std::pair<Collective, OpCode>> kinds{
      {Collective::all_reduce, OpCode::all_reduce},
      {Collective::reduce, OpCode::reduce},
      {Collective::all_gather, OpCode::all_gather},
      {Collective::broadcast, OpCode::broadcast},
      {Collective::all_to_all, OpCode::all_to_all},
      {Collective::reduce_scatter, OpCode::reduce_scatter},
      {Collective::reduce_scatter_block, OpCode::reduce_scatter}};
  for (const auto& [written, expected] : kinds)
    EXPECT_EQ(
        only(collective(1, written, 8)),
        (Node{
            .id = 1, .name = "c", .verb = Verb::collective, .operation = expected, .bytes = 8, .after = {}}));
  EXPECT_EQ(
      only(node({1, Type::collective, {}, integer("comm_type", 9)})),
      (Node{.id = 1, .name = "n", .verb = Verb::collective, .bytes = 64, .after = {}}));  // a barrier of four
  const Node nothing{.id = 1, .name = "c", .after = {}};
  EXPECT_EQ(only(collective(1, Collective::broadcast, 0)), nothing);
  EXPECT_EQ(only(collective(1, Collective::all_gather, 8, text("pg_name", "alone"))), nothing);
}

TEST(TraceReader, FindsGroupsAndRoots) {
  const auto found = [](const std::string& more) {
    return only(collective(1, Collective::broadcast, 8, more));
  };
  EXPECT_EQ(found(text("pg_name", "1")).group, 1U);
  EXPECT_EQ(found(integer("pg_name", 1)).group, 1U);
  EXPECT_EQ(found(text("comm_group", "1")).group, 1U);
  EXPECT_EQ(found(text("comm_group", "0") + text("pg_name", "")).group, 0U);
  EXPECT_EQ(found(integer("comm_root", 3)).root, 3U);
  EXPECT_EQ(found(integer("root", 3) + integer("comm_root", 3)).root, 3U);
  EXPECT_EQ(found(text("pg_name", "1") + integer("root", 1)).root, 1U);  // [3, 1]
  EXPECT_EQ(found(text("pg_name", "1") + integer("root", 3)).root, 0U);
  EXPECT_EQ(only(collective(1, Collective::all_reduce, 8, integer("root", 3))).root, 0U);
}

TEST(TraceReader, ReadsNumbersOfEveryKind) {
  const std::uint64_t value = 1 << 20U;
  const std::vector<std::string> ways{
      number_field(7, value),
      number_field(9, value),
      number_field(11, value),
      number_field(13, value),
      number_field(15, zigzag(value)),
      number_field(17, zigzag(value)),
      tag(19, 5) + fixed(value, 4),
      tag(21, 1) + fixed(value, 8),
      tag(23, 5) + fixed(value, 4),
      tag(25, 1) + fixed(value, 8),
      tag(3, 1) + fixed(std::bit_cast<std::uint64_t>(1048576.0), 8),
      tag(5, 5) + fixed(std::bit_cast<std::uint32_t>(1048576.0F), 4),
  };
  for (const std::string& way : ways)
    EXPECT_EQ(only(node({7, Type::compute, {}, attribute("num_ops", way)})).operations, value);
}

TEST(TraceReader, RefusesNegativeNumbersOfEveryKind) {
  const auto minus = static_cast<std::uint64_t>(-5);
  const std::vector<std::string> ways{
      number_field(7, minus),
      number_field(9, minus),
      number_field(15, zigzag(-5)),
      number_field(17, zigzag(-5)),
      tag(23, 5) + fixed(minus, 4),
      tag(25, 1) + fixed(minus, 8),
      tag(3, 1) + fixed(std::bit_cast<std::uint64_t>(-5.0), 8),
      tag(5, 5) + fixed(std::bit_cast<std::uint32_t>(-5.0F), 4),
  };
  for (const std::string& way : ways)
    EXPECT_EQ(problem_of_compute(attribute("num_ops", way)),
              "attribute num_ops is negative (it is -5) correct the trace");
}

TEST(TraceReader, RefusesWhatIsNoWholeNumber) {
  const auto of_double = [](double value) {
    return problem_of_compute(
        attribute("num_ops", tag(3, 1) + fixed(std::bit_cast<std::uint64_t>(value), 8)));
  };
  EXPECT_EQ(of_double(1.5), "attribute num_ops is no whole number (it is 1.5) correct the trace");
  for (const double value : {0.0 / 0.0, 1.0 / 0.0, 18446744073709551616.0, 1e300})
    EXPECT_TRUE(of_double(value).starts_with("attribute num_ops is no whole number")) << value;
  EXPECT_TRUE(of_double(-1.0 / 0.0).starts_with("attribute num_ops is negative"));
  const auto reason = [](const std::string& value) {
    return problem_of_compute(attribute("tensor_size", value));
  };
  EXPECT_EQ(reason(""), "attribute tensor_size is no number (it has no value) correct the trace");
  EXPECT_EQ(reason(number_field(27, 1)),
            "attribute tensor_size is no number (it is true or false) correct the trace");
  EXPECT_EQ(reason(text_field(29, "64")),
            "attribute tensor_size is no number (it is a text) correct the trace");
  EXPECT_EQ(reason(text_field(31, "64")),
            "attribute tensor_size is no number (it is bytes) correct the trace");
  EXPECT_EQ(reason(text_field(10, "\x08\x40")),
            "attribute tensor_size is no number (it is a list) correct the trace");
  EXPECT_EQ(problem_of_compute(integer("num_ops", 1) + integer("num_ops", 1)),
            "attribute num_ops is given twice (one of the two would not be read) correct the trace");
  EXPECT_EQ(problem_of_compute(attribute("is_cpu_op", text_field(29, "no"))),
            "attribute is_cpu_op is no number (it is a text) correct the trace");
}

TEST(TraceReader, RefusesWhatIsTooLarge) {
  const std::int64_t tensor = std::int64_t{1} << 50U, operations = std::int64_t{1} << 62U;
  EXPECT_EQ(problem_of_compute(integer("tensor_size", tensor) + integer("num_ops", operations)), "");
  EXPECT_EQ(
      problem_of_compute(integer("tensor_size", tensor + 1)),
      "attribute tensor_size is too large (it is 1125899906842625, at most 1125899906842624 can be) correct the "
      "trace");
  EXPECT_TRUE(
      problem_of_compute(integer("num_ops", operations + 1)).starts_with("attribute num_ops is too large"));
  EXPECT_EQ(problem(collective(7, Collective::all_reduce, tensor)), "");
  EXPECT_TRUE(problem(collective(7, Collective::all_reduce, tensor + 1))
                  .starts_with("attribute comm_size is too large"));
  EXPECT_EQ(problem(send(7, 0, 0xffffffff)), "");
  EXPECT_TRUE(problem(send(7, 0, 0x100000000)).starts_with("attribute comm_size is too large"));
  EXPECT_TRUE(problem(receive(7, 0, 1, 0x100000000)).starts_with("attribute comm_tag is too large"));
  const std::uint64_t longest = 9'223'372'036'854;
  EXPECT_EQ(problem(node({7, Type::compute, {}, number_field(7, longest)})), "");
  EXPECT_EQ(problem(node({7, Type::compute, {}, number_field(7, longest + 1)})),
            "lasts too long (9223372036855 us; at most 9223372036854 can be) correct its duration");
}

TEST(TraceReader, RefusesMessagesThatGoNowhere) {
  EXPECT_EQ(problem(send(7, 4, 1)),
            "has rank 4 at its other end (ranks are 0 to 3) give a trace for it, or correct this one");
  EXPECT_EQ(problem(receive(7, rank, 1)),
            "has its own rank at its other end (a message goes to another one) remove it from the trace");
  EXPECT_EQ(problem(send(7, 2, 0)), "moves no bytes (a message has one at least) remove it on both ranks");
  EXPECT_EQ(problem(receive(7, 2, 0)), "moves no bytes (a message has one at least) remove it on both ranks");
  EXPECT_EQ(problem(send(7, 2, 1) + integer("comm_src", rank)), "");
  EXPECT_EQ(problem(send(7, 2, 1) + integer("comm_src", 0)),
            "is of rank 0 (this is the trace of rank 1) check the order of the files");
  EXPECT_EQ(problem(receive(7, 2, 1) + integer("comm_dst", 3)),
            "is of rank 3 (this is the trace of rank 1) check the order of the files");
  const std::string missing = "is missing (without it the node cannot be run) correct the trace";
  EXPECT_EQ(problem(node({7, Type::send, {}, integer("comm_size", 1)})), "attribute comm_dst " + missing);
  EXPECT_EQ(problem(node({7, Type::receive, {}, integer("comm_size", 1)})), "attribute comm_src " + missing);
  EXPECT_EQ(problem(node({7, Type::send, {}, integer("comm_dst", 2)})), "attribute comm_size " + missing);
}

TEST(TraceReader, RefusesCollectivesThatAreNone) {
  const auto refused = [](const std::string& more) {
    return problem(collective(7, Collective::broadcast, 8, more));
  };
  EXPECT_EQ(problem(collective(7, Collective::gather, 8)),
            "is a gather (there is no algorithm for it) split it into sends and receives");
  EXPECT_EQ(problem(collective(7, Collective::scatter, 8)),
            "is a scatter (there is no algorithm for it) split it into sends and receives");
  EXPECT_EQ(problem(node({7, Type::collective, {}, integer("comm_type", 10)})),
            "is a collective of type 10 (types are 0 to 9) correct the trace");
  const std::string missing = "is missing (without it the node cannot be run) correct the trace";
  EXPECT_EQ(problem(node({7, Type::collective})), "attribute comm_type " + missing);
  EXPECT_EQ(problem(node({7, Type::collective, {}, integer("comm_type", 0)})),
            "attribute comm_size " + missing);
  EXPECT_EQ(
      refused(text("pg_name", "other")),
      "is of an unknown group \"other\" (groups are \"0\", \"1\", \"alone\", \"others\") is \"others\" meant?");
  EXPECT_EQ(
      refused(text("pg_name", "tensor parallel")),
      "is of an unknown group \"tensor parallel\" (groups are \"0\", \"1\", \"alone\", \"others\") give its "
      "members in a file of groups");
  EXPECT_EQ(
      refused(text("pg_name", "others")),
      "is of a group without rank 1 (group \"others\") add the rank to the group, or correct the trace");
  EXPECT_EQ(refused(text("pg_name", "1") + text("comm_group", "0")),
            "is of two groups (pg_name is \"1\", comm_group \"0\") correct the trace");
  EXPECT_EQ(refused(integer("root", 1) + integer("comm_root", 2)),
            "has two roots (ranks 2 and 1) correct the trace");
  EXPECT_EQ(refused(text("pg_name", "1") + integer("root", 0)),
            "has rank 0 as its root (it is no member of the group) name a rank of the group");
  EXPECT_EQ(refused(attribute("pg_name", number_field(27, 1))),
            "attribute pg_name is neither a text nor a number (it is true or false) correct the trace");
}

TEST(TraceReader, JoinsWhatANodeWaitsFor) {
  const std::string packed =
      text_field(4, varint(9) + varint(300) + varint(2)) + text_field(5, varint(2) + varint(1));
  EXPECT_EQ(only(node({7, Type::compute, {9, 5}, packed})).after,
            (std::vector<std::uint64_t>{1, 2, 5, 9, 300}));
  EXPECT_EQ(problem(node({7, Type::compute, {3, 7}})),
            "waits for itself (it could never begin) remove the dependency");
  const std::string many = text_field(4, std::string(io::execution::most_dependencies + 1, '\x01'));
  EXPECT_TRUE(problem(node({7, Type::compute, {}, many})).starts_with("waits for too many nodes (1048577;"));
}

TEST(TraceReader, CutsNamesAndQuotesThem) {
  EXPECT_EQ(only(node({7, Type::compute, {}, "", std::string(100'000, 'x')})).name, std::string(256, 'x'));
  EXPECT_TRUE(problem_of_file(trace({node({7, Type::storage, {}, "", "\x1b[2J\n"})}))
                  .starts_with("a.et: node 7 \"\\x1b[2J\\x0a\": is of type 8 "));
}

TEST(TraceReader, RefusesOtherTypesAndSchemas) {
  EXPECT_EQ(
      problem(node({7, Type::storage})),
      "is of type 8 (dies have no storage, batches or checkpoints of a host) leave it out of the trace");
  EXPECT_EQ(
      problem(node({7, Type::compute, {}, text_field(11, "\x0a\x01x")})),
      "is of a schema that is not read (its attributes are those from before schema 0.0.4) write the trace anew "
      "with a newer Chakra");
  EXPECT_EQ(
      problem_of_file(framed(node({7, Type::compute}))),
      "a.et: byte 0: is not the beginning of an execution trace (the metadata are missing, as before schema "
      "0.0.4) write the trace anew with Chakra's schema 0.0.4 or later");
  EXPECT_EQ(
      problem_of_file(framed("\xff\xff")),
      "a.et: byte 0: is not the beginning of an execution trace (no metadata can be read) write the trace anew "
      "with Chakra's schema 0.0.4 or later");
  EXPECT_EQ(problem_of_file(""), "a.et: holds no trace (the file is empty) write the trace anew");
  EXPECT_EQ(
      problem_of_file(metadata() + framed("\x0a\xff")),
      "a.et: byte 8: is no node of an execution trace (its fields are not those of Chakra's schema 0.0.4 or "
      "later) copy or write the file anew");
}

TEST(TraceReader, CountsWhatItDoesNotKnow) {
  const std::string known = number_field(6, 5) + text_field(8, text_field(2, "s") + text_field(3, "t")) +
                            text_field(9, "o") + attribute("list", text_field(4, "x"));
  EXPECT_EQ(read(trace({node({1, Type::compute, {}, known})})).unknown_fields, 0U);
  const std::string unknown = number_field(99, 5) + text_field(100, "x") + text_field(8, number_field(9, 1)) +
                              attribute("a", text_field(33, "any")) + integer("num_ops", 6);
  const Read all =
      read(framed(text_field(1, "9.9") + number_field(5, 1)) + framed(node({1, Type::compute, {}, unknown})));
  EXPECT_EQ(all.unknown_fields, 5U);
  EXPECT_EQ(all.version, "9.9");
  EXPECT_EQ(all.nodes.at(0).operations, 6U);
}

}  // namespace
}  // namespace hecaton::test::trace_reader_test
