// What is counted of the traces of a run, and what is refused of them: graphs that cannot end, windows that are too small,
// traces that do not fit together.
#include "io/execution/survey.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"

namespace hecaton::test::survey_test {
namespace {

using io::execution::Survey;
using io::execution::TraceFiles;

constexpr std::uint32_t window = 16;

struct Written {
  ScratchFolder folder;
  TraceFiles files;

  explicit Written(const std::vector<std::string>& traces) {
    files.groups = io::execution::all_ranks(static_cast<std::uint32_t>(traces.size()));
    for (std::size_t rank = 0; rank < traces.size(); ++rank)
      files.of_rank.push_back(write(folder / ("t." + std::to_string(rank) + ".et"), traces[rank]));
  }
  Survey survey(std::uint32_t nodes = window) const { return io::execution::survey(files, nodes); }
  std::string problem(std::uint32_t nodes = window) const {
    return problem_of(folder, [&] { survey(nodes); });
  }
};
std::string problem(const std::vector<std::string>& traces, std::uint32_t nodes = window) {
  return Written(traces).problem(nodes);
}
std::string work(std::uint64_t id, std::initializer_list<std::uint64_t> after = {}) {
  return node({id, Type::compute, after, integer("num_ops", 10)});
}

TEST(Survey, CountsWhatThereIs) {
  const Written written(
      {trace({work(1), work(2, {1}), send(3, 1, 100, 7, {2}), send(4, 1, 50, 7),
              collective(5, Collective::all_reduce, 8), node({6, Type::load, {}, integer("tensor_size", 9)}),
              node({7, Type::metadata, {}, number_field(90, 1)})}),
       trace({receive(1, 0, 100, 7), receive(2, 0, 50, 7), collective(3, Collective::all_reduce, 8),
              node({4, Type::store, {1}, integer("tensor_size", 1)})})});
  const Survey found = written.survey();
  EXPECT_EQ(found.nodes, 11U);
  EXPECT_EQ(found.nodes_of, (std::vector<std::uint64_t>{7, 4}));
  EXPECT_EQ(found.sends, 2U);
  EXPECT_EQ(found.collectives, 2U);
  EXPECT_EQ(found.computations, 2U);
  EXPECT_EQ(found.transfers, 2U);
  EXPECT_EQ(found.operations, 20U);
  EXPECT_EQ(found.sent_bytes, 150U);
  EXPECT_EQ(found.moved_bytes, 10U);
  EXPECT_EQ(found.unknown_fields, 1U);
}

TEST(Survey, NodesMayComeBeforeWhatTheyWaitFor) {
  const std::vector<std::string> backwards{
      trace({work(4, {3}), work(3, {2}), work(2, {1}), work(1), work(5)})};
  EXPECT_EQ(Written(backwards).survey(4).nodes, 5U);
  EXPECT_EQ(
      problem(backwards, 3),
      "t.0.et: does not fit a window of 3 nodes (node 4 and all others in it wait for nodes further down) raise "
      "execution.window");
}

TEST(Survey, PassesLongTracesThroughSmallWindows) {
  std::string bytes = metadata() + framed(work(999'999'999, {99'999}));  // waits for the last one
  for (std::uint64_t id = 0; id < 100'000; ++id) bytes += framed(id == 0 ? work(0) : work(id, {id - 1}));
  EXPECT_EQ(Written({bytes}).survey(2).nodes, 100'001U);
}

TEST(Survey, RefusesGraphsThatCannotEnd) {
  EXPECT_EQ(
      problem({trace({work(1), work(2, {9, 1}), work(3)})}),
      "t.0.et: node 2 \"n\": waits for node 9, which is not in the trace (it could never begin) remove the "
      "dependency, or record the node");
  EXPECT_EQ(
      problem({trace({work(1, {9}), work(2, {1}), work(3), work(4)})}, 2),
      "t.0.et: node 1 \"n\": waits for node 9, which is not in the trace (it could never begin) remove the "
      "dependency, or record the node");
  EXPECT_EQ(
      problem({trace({work(1), work(2, {4}), work(3, {1, 4}), work(4, {3}), work(5)})}),
      "t.0.et: node 3 \"n\": can never begin (nodes 3, 4, 3 wait for each other) remove one of the dependencies");
  EXPECT_EQ(
      problem({trace({work(3, {4}), work(4, {3}), work(5, {9})})}, 2),
      "t.0.et: node 3 \"n\": can never begin (nodes 3, 4, 3 wait for each other) remove one of the dependencies");
  EXPECT_EQ(
      problem({trace({work(1), work(2), work(1)})}),
      "t.0.et: node 1 \"n\": is there twice (another node before it has the same id) give it an id of its own");
}

TEST(Survey, FindsLongCirclesWithoutADeepStack) {
  constexpr std::uint64_t count = 200'000;
  std::string bytes = metadata();
  for (std::uint64_t id = 0; id < count; ++id) bytes += framed(work(id, {(id + 1) % count}));
  EXPECT_EQ(
      problem({bytes}, 1'000'000),
      "t.0.et: node 0 \"n\": can never begin (nodes 0, 1, 2, 3, 4, 5, 6, 7, ... (199992 more), 0 wait for each "
      "other) remove one of the dependencies");
}

const std::string match_help = " sends and receives match by rank, tag and order: correct one of the traces";

TEST(Survey, SendsAndReceivesFit) {
  EXPECT_EQ(problem({trace({send(1, 1, 5, 1), send(2, 1, 6, 2), receive(3, 1, 7)}),
                     trace({receive(1, 0, 6, 2), send(2, 0, 7), receive(3, 0, 5, 1)})}),
            "");
  EXPECT_EQ(
      problem({trace({send(1, 1, 5), send(2, 1, 6)}), trace({receive(8, 0, 5), receive(9, 0, 7)})}),
      "t.1.et: node 9 \"r\": does not fit its other end (it has 7 bytes, the send node 2 \"s\" of t.0.et has 6)" +
          match_help);
  EXPECT_EQ(
      problem({trace({receive(1, 1, 5)}), trace({send(8, 0, 6)})}),
      "t.1.et: node 8 \"s\": does not fit its other end (it has 6 bytes, the receive node 1 \"r\" of t.0.et has 5)" +
          match_help);
  EXPECT_EQ(
      problem({trace({send(1, 1, 5, 3), send(2, 1, 5, 3), send(3, 1, 5, 3)}), trace({receive(8, 0, 5, 3)})}),
      "t.1.et: lacks the other end of the send node 2 \"s\" of t.0.et (rank 1 has 1 of tag 3 from rank 0)" +
          match_help);
  EXPECT_EQ(
      problem({trace({receive(1, 1, 5)}), trace({work(1)})}),
      "t.1.et: lacks the other end of the receive node 1 \"r\" of t.0.et (rank 1 has 0 of tag 0 to rank 0)" +
          match_help);
  EXPECT_EQ(problem({trace({send(1, 1, 5)}), trace({receive(8, 0, 5), receive(9, 0, 5)})}),
            "t.1.et: node 9 \"r\": has no other end (rank 0 has no more sends of tag 0 to rank 1, 1 in all)" +
                match_help);
  EXPECT_EQ(problem({trace({send(1, 1, 5, 1)}), trace({receive(8, 0, 5, 2)})}),
            "t.1.et: node 8 \"r\": has no other end (rank 0 has no more sends of tag 2 to rank 1, 0 in all)" +
                match_help);
}

TEST(Survey, MembersGoThroughTheSameCollectives) {
  const std::string help =
      " all members of a group go through the same collectives: correct one of the traces";
  const auto reduced = [](std::uint64_t id, std::int64_t bytes) {
    return collective(id, Collective::all_reduce, bytes);
  };
  EXPECT_EQ(
      problem({trace({reduced(1, 8), reduced(2, 9)}), trace({reduced(7, 8), reduced(8, 10)})}),
      "t.1.et: node 8 \"c\": is not the collective of another member (it is all-reduce of 10 bytes, node 2 \"c\" "
      "of t.0.et is all-reduce of 9 bytes)" +
          help);
  EXPECT_EQ(
      problem({trace({reduced(1, 8)}), trace({collective(7, Collective::broadcast, 8, integer("root", 1))})}),
      "t.1.et: node 7 \"c\": is not the collective of another member (it is broadcast of 8 bytes with member 1 as "
      "root, node 1 \"c\" of t.0.et is all-reduce of 8 bytes)" +
          help);
  EXPECT_NE(problem({trace({collective(1, Collective::reduce, 8)}),
                     trace({collective(7, Collective::reduce, 8, integer("root", 1))})}),
            "");
  EXPECT_EQ(
      problem({trace({reduced(1, 8)}), trace({reduced(7, 8), reduced(8, 8)})}),
      "t.1.et: node 8 \"c\": is a collective that another member lacks (rank 0 has 1 in the group of all ranks)" +
          help);
  EXPECT_EQ(
      problem({trace({reduced(1, 8), reduced(2, 8)}), trace({reduced(7, 8)})}),
      "t.1.et: lacks the collective node 2 \"c\" of t.0.et (rank 1 has 1 in the group of all ranks)" + help);
}

TEST(Survey, GroupsAreLookedAtEachByItself) {
  Written written({trace({work(1)}),
                   trace({collective(1, Collective::all_reduce, 8, text("pg_name", "pair")),
                          collective(2, Collective::all_gather, 8, text("pg_name", "pair"))}),
                   trace({collective(1, Collective::all_reduce, 8, text("pg_name", "pair"))})});
  written.files.groups.members.push_back({2, 1});
  written.files.groups.by_name["pair"] = 1;
  EXPECT_TRUE(written.problem().starts_with(
      "t.2.et: lacks the collective node 2 \"c\" of t.1.et (rank 2 has 1 in the group \"pair\")"))
      << written.problem();
}

TEST(Survey, RefusesWhatCannotBeCounted) {
  const std::string most = integer("num_ops", std::int64_t{1} << 62U);
  EXPECT_EQ(problem({trace({node({1, Type::compute, {}, most})})}), "");
  EXPECT_EQ(
      problem({trace({node({1, Type::compute, {}, most}), node({2, Type::compute, {}, most})})}),
      "t.0.et: node 2 \"n\": is more than can be counted (the traces have more than 2^63 operations) shorten the "
      "traces");
}

}  // namespace
}  // namespace hecaton::test::survey_test
