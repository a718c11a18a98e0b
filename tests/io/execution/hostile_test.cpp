// Traces that were cut off or changed, a thousand times: each is read or refused, and nothing else happens.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "io/execution/groups.hpp"
#include "io/execution/survey.hpp"
#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"

namespace hecaton::test::hostile_test {
namespace {

std::string every_kind() {
  const std::string groups = text_field(8, text_field(1, R"(['[{"pg_name": "1", "ranks": [0, 1]}]'])"));
  return trace({node({1, Type::metadata, {}, groups, "groups"}), node({2, Type::invalid, {1}}),
                node({3, Type::load, {2}, integer("tensor_size", 64) + number_field(7, 3)}),
                node({4, Type::compute, {3, 2}, integer("num_ops", 1000) + integer("tensor_size", 64)}),
                node({5, Type::store, {4}, integer("tensor_size", 64)}), send(6, 1, 4096, 9, {5}),
                receive(7, 1, 512, 3),
                collective(8, Collective::all_reduce, 100, text("pg_name", "1"), {6, 7}),
                collective(9, Collective::broadcast, 100, integer("root", 1)),
                node({10, Type::collective, {9}, integer("comm_type", 9)})});
}
std::string other_rank() {
  return trace({receive(1, 0, 4096, 9), send(2, 0, 512, 3),
                collective(3, Collective::all_reduce, 100, text("pg_name", "1")),
                collective(4, Collective::broadcast, 100, integer("root", 1)),
                node({5, Type::collective, {}, integer("comm_type", 9)})});
}

struct Tried {
  ScratchFolder folder;
  std::filesystem::path second = write(folder / "t.1.et", other_rank());

  std::string problem(const std::string& bytes) {
    const auto first = write(folder / "t.0.et", bytes);
    return problem_of(folder, [&] {
      io::execution::TraceFiles files{{first, second}, io::execution::all_ranks(2)};
      io::execution::add_groups_of_trace(files.groups, first);
      io::execution::survey(files, 4);
    });
  }
};

TEST(HostileTraces, AreSoundBeforeTheyAreChanged) {
  EXPECT_EQ(Tried().problem(every_kind()), "");
}

TEST(HostileTraces, CutOffAnywhere) {
  Tried tried;
  const std::string whole = every_kind();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(tried.problem(whole.substr(0, size)), "") << size;
}

TEST(HostileTraces, ChangedAnywhere) {
  Tried tried;
  const std::string whole = every_kind();
  const auto packed = read_file(write_packed(tried.folder / "packed", whole));
  std::mt19937 random(20240229);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string bytes = i % 4 == 0 ? packed : whole;
    const std::uint64_t changes = 1 + random() % 3;
    for (std::uint64_t k = 0; k < changes; ++k)
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xffU);
    const std::string problem = tried.problem(bytes);
    refused += problem.empty() ? 0 : 1;
    for (const char c : problem) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20) << i;
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace hecaton::test::hostile_test
