// Groups of ranks from a file and from traces, and what is refused of both.
#include "io/execution/groups.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"

namespace hecaton::test::groups_test {
namespace {

using io::execution::Groups;
using Ranks = std::vector<std::uint32_t>;

Groups read(const std::string& json) {
  const ScratchFolder folder;
  return io::execution::read_groups(write(folder / "groups.json", json), 4);
}
std::string problem(const std::string& json) {
  const ScratchFolder folder;
  const auto path = write(folder / "groups.json", json);
  return problem_of(folder, [&] { io::execution::read_groups(path, 4); });
}

std::string described(std::uint64_t id, const std::string& values) {
  return node({id, Type::metadata, {}, text_field(8, text_field(1, values)), "groups"});
}

TEST(Groups, AllRanksAreTheFirst) {
  const Groups groups = io::execution::all_ranks(3);
  EXPECT_EQ(groups.members, (std::vector<Ranks>{{0, 1, 2}}));
  EXPECT_EQ(groups.find(""), 0U);
  EXPECT_EQ(groups.find("0"), 0U);
  EXPECT_FALSE(groups.find("1"));
  EXPECT_EQ(groups.place(0, 2), 2U);
  EXPECT_FALSE(groups.place(0, 3));
}

TEST(Groups, OfAFileKeepTheirOrder) {
  const Groups groups = read(R"({"1": [3, 1], "0": [2], "tp": [0, 1, 2, 3]})");
  EXPECT_EQ(groups.members[0], (Ranks{0, 1, 2, 3}));
  EXPECT_EQ(groups.members[*groups.find("1")], (Ranks{3, 1}));
  EXPECT_EQ(groups.members[*groups.find("0")], Ranks{2});
  EXPECT_EQ(groups.find(""), 0U);
  EXPECT_EQ(groups.place(*groups.find("1"), 1), 1U);
  EXPECT_EQ(groups.place(*groups.find("1"), 3), 0U);
  EXPECT_FALSE(groups.place(*groups.find("1"), 0));
}

TEST(Groups, OfAFileAreRefused) {
  EXPECT_TRUE(
      problem("[[0]]").starts_with("groups.json: is no list of groups (it is array) write {\"1\": [0, 1]"));
  EXPECT_TRUE(
      problem(R"({"1": 0})").starts_with("groups.json: group \"1\": is no list of ranks (it is number)"));
  for (const char* rank : {"-1", "1.0", "\"1\"", "null", "[1]", "{}"})
    EXPECT_TRUE(problem(fmt::format(R"({{"1": [0, {}]}})", rank))
                    .starts_with("groups.json: group \"1\": holds something that is no rank ("))
        << rank;
  EXPECT_EQ(problem(R"({"1": [0, 4]})"),
            "groups.json: group \"1\": has rank 4 (ranks are 0 to 3) remove it, or give a trace for it");
  EXPECT_TRUE(problem(R"({"1": [18446744073709551615]})").find("has rank 18446744073709551615") !=
              std::string::npos);
  EXPECT_EQ(problem(R"({"1": [0, 1, 0]})"),
            "groups.json: group \"1\": has rank 0 twice (a member has one place) remove one");
  EXPECT_EQ(
      problem(R"({"1": []})"),
      "groups.json: group \"1\": has no members (nobody would communicate) name its ranks or remove it");
  EXPECT_EQ(problem(R"({"1": [0], "1": [1]})"),
            "groups.json: group \"1\": is given twice (one of the two would not be read) remove one");
  EXPECT_EQ(problem(R"({"": [0]})"),
            "groups.json: group \"\": has no name (without one, all ranks are meant) give it one");
  EXPECT_TRUE(problem("{\"1\": [0,").starts_with("groups.json: is not JSON (")) << problem("{\"1\": [0,");
  EXPECT_TRUE(problem("").starts_with("groups.json: is not JSON ("));
  EXPECT_TRUE(problem("{\"\xff\": [0]}").starts_with("groups.json: is not JSON ("));
}

TEST(Groups, MayNotNestWithoutEnd) {
  const std::string start = "groups.json: nests too deep (at most 8 levels are read)";
  EXPECT_TRUE(problem(std::string(1'000'000, '[')).starts_with(start));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(problem(objects).starts_with(start));
}

TEST(Groups, AreAtMostSoMany) {
  const auto many = [](std::size_t count) {
    std::string json = "{";
    for (std::size_t i = 0; i < count; ++i) json += fmt::format("{}\"g{}\": [0, 1]", i == 0 ? "" : ", ", i);
    return json + "}";
  };
  EXPECT_EQ(problem(many(io::execution::most_groups - 1)), "");
  EXPECT_NE(problem(many(io::execution::most_groups)).find("is one group too many"), std::string::npos);
}

struct OfTraces {
  ScratchFolder folder;
  Groups groups = io::execution::all_ranks(4);

  void add(const std::string& bytes) {
    io::execution::add_groups_of_trace(groups, write(folder / "a.et", bytes));
  }
  std::string problem(const std::string& bytes) {
    return problem_of(folder, [&] { add(bytes); });
  }
};

TEST(Groups, OfATraceAreThoseOfPyTorch) {
  OfTraces traces;
  traces.add(trace(
      {described(1, "['not groups']"),
       described(2, R"(['[{"pg_name": "0", "ranks": []}, {"pg_name": "1", "ranks": [2, 0], "x": 1}]'])"),
       node({3, Type::compute}), described(4, R"(['[{"pg_name": "late", "ranks": [0]}]'])")}));
  EXPECT_EQ(traces.groups.members, (std::vector<Ranks>{{0, 1, 2, 3}, {0, 1, 2, 3}, {2, 0}}));
  EXPECT_EQ(traces.groups.find("0"), 1U);
  EXPECT_EQ(traces.groups.find("1"), 2U);
  EXPECT_FALSE(traces.groups.find("late"));
  const Groups before = traces.groups;
  traces.add(trace({described(1, R"([{"pg_name": 1, "ranks": [2, 0]}])")}));
  EXPECT_EQ(traces.groups.by_name, before.by_name);
}

TEST(Groups, OfATraceAreRefused) {
  OfTraces traces;
  const auto values = [&](const std::string& json) { return traces.problem(trace({described(7, json)})); };
  EXPECT_EQ(values(R"([{"pg_name": "1", "ranks": [0, 1]}])"), "");
  EXPECT_EQ(
      values(R"([{"pg_name": "1", "ranks": [1, 0]}])"),
      "a.et: node 7 \"groups\": group \"1\": has other members than it had before (another trace or the file of "
      "groups lists other ranks) give the groups in a file and traces that agree with it");
  EXPECT_NE(values(R"([{"pg_name": "2", "ranks": [0, 4]}])").find("has rank 4"), std::string::npos);
  EXPECT_NE(values(R"([{"pg_name": "2", "ranks": [0, 0]}])").find("has rank 0 twice"), std::string::npos);
  EXPECT_NE(values(R"([{"pg_name": "2"}])").find("has no list of ranks"), std::string::npos);
  EXPECT_NE(values(R"([{"pg_name": [2], "ranks": []}])").find("without a name"), std::string::npos);
  EXPECT_NE(values(R"([{"a": "pg_name", "pg_name": {}}])").find("without a name"), std::string::npos);
  EXPECT_NE(values(R"([{}, 5, {"pg_name": "2", "ranks": []}])").find("without a name"), std::string::npos);
  EXPECT_NE(values(R"({"pg_name": "2"})").find("cannot be read"), std::string::npos);
  EXPECT_NE(values(R"([{"pg_name": "2", "ranks": [}])").find("is not JSON"), std::string::npos);
  EXPECT_NE(values("[{\"pg_name\":" + std::string(1'000'000, '[') + "}]").find("nests too deep"),
            std::string::npos);
}

}  // namespace
}  // namespace hecaton::test::groups_test
