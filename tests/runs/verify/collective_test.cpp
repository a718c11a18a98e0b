// Collectives with real numbers: every operation by every algorithm that is followed, on odd packages and with bytes
// that do not divide; and mistakes in what dies are told, which are noticed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/training/model/plan_error.hpp"
#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::collective_test {
namespace {

using chiplet::Axes;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;
using chiplet::Ring;
using chiplet::Schedule;

struct Followed {
  std::uint32_t rows, columns;
  const char* topology;
  const char* more;  // of [collective]
};

io::Deck deck_for(const Followed& c, const char* operation, std::uint64_t bytes, std::uint32_t root) {
  return deck_of(
      fmt::format("[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n"
                  "[interface]\nports = 4\n[die]\nvector_GBps = 100\n[link]\nlatency_ns = 100\n"
                  "[collective]\noperation = \"{}\"\nbytes = {}\nroot = {}\nchunks = 3\n{}",
                  c.rows, c.columns, c.topology, operation, bytes, root, c.more));
}

constexpr const char* operations[] = {"all-gather", "reduce-scatter", "all-reduce", "broadcast", "reduce"};
constexpr const char* both_axes = "group = \"package\"\naxes = \"all\"\n";
constexpr const char* both = "group = \"package\"\naxes = \"all\"\ndirections = 2\n";
constexpr const char* both_ways = "group = \"rows\"\ndirections = 2\n";

constexpr Followed in_rings[] = {
    {2, 3, "torus", "group = \"rows\"\n"},
    {1, 5, "torus", both_ways},
    {3, 7, "torus", both_ways},
    {3, 4, "torus", "group = \"columns\"\ndirections = 2\n"},
    {2, 5, "mesh", "group = \"package\"\ndirections = 2\n"},
    {3, 5, "torus", both},
    {5, 7, "torus", both},
    {4, 4, "torus", both},
    {2, 3, "mesh", both_axes},
    {3, 5, "bypass-ring", both_axes},
    {4, 3, "bypass-ring", "group = \"package\"\naxes = \"all\"\nalgorithm = \"naive-ring\"\n"},
};

// Fewer bytes than dies, as many, and numbers that divide by nothing; on several ranks only these.
TEST(VerifiedCollectives, EndWithWhatTheyPromise) {
  for (const Followed& c : in_rings)
    for (const char* operation : operations)
      for (const std::uint64_t bytes :
           {std::uint64_t{2}, std::uint64_t{c.rows} * c.columns, std::uint64_t{211}}) {
        if (world_size() > 1 && bytes != 211) continue;
        const io::Deck deck = deck_for(c, operation, bytes, 2 % c.columns);
        const runs::Findings found = verified(deck);
        EXPECT_EQ(found.first_wrong, "")
            << c.rows << " x " << c.columns << " " << operation << " " << bytes << c.more;
        EXPECT_GT(found.outputs, 0U);
      }
}

TEST(VerifiedCollectives, EndSoByOtherAlgorithms) {
  struct Other {
    const char* operation;
    Followed followed;
  };
  const Other others[] = {
      {"broadcast", {2, 5, "mesh", "group = \"rows\"\nalgorithm = \"star\"\n"}},
      {"reduce", {3, 5, "mesh", "group = \"package\"\nalgorithm = \"star\"\n"}},
      {"broadcast", {3, 5, "mesh", "group = \"package\"\nalgorithm = \"two-phase\"\n"}},
      {"reduce", {1, 7, "mesh", "group = \"rows\"\nalgorithm = \"two-phase\"\n"}},
      {"reduce", {4, 4, "torus", "group = \"package\"\nalgorithm = \"two-phase\"\n"}},
      {"all-gather", {2, 8, "torus", "group = \"rows\"\nalgorithm = \"swing\"\n"}},
      {"reduce-scatter", {4, 4, "torus", "group = \"package\"\nalgorithm = \"swing\"\n"}},
      {"all-reduce", {2, 8, "torus", "group = \"package\"\nalgorithm = \"swing\"\n"}},
      {"broadcast", {2, 5, "mesh", "group = \"rows\"\nalgorithm = \"tree\"\n"}},
      {"reduce", {2, 5, "mesh", "group = \"package\"\nalgorithm = \"tree\"\n"}},
      {"all-gather", {2, 4, "mesh", "group = \"package\"\nalgorithm = \"halving-doubling\"\n"}},
      {"reduce-scatter", {2, 4, "mesh", "group = \"package\"\nalgorithm = \"halving-doubling\"\n"}},
      {"all-reduce", {2, 4, "mesh", "group = \"rows\"\nalgorithm = \"halving-doubling\"\n"}},
      {"all-gather", {3, 5, "torus", "group = \"package\"\nalgorithm = \"torus-ring\"\ndirections = 2\n"}},
      {"reduce-scatter", {3, 5, "torus", "group = \"package\"\nalgorithm = \"torus-ring\"\n"}},
      {"all-reduce", {3, 5, "torus", "group = \"package\"\nalgorithm = \"torus-ring\"\ndirections = 2\n"}},
      {"all-gather", {1, 7, "torus", "group = \"rows\"\nform = \"chunked\"\ndirections = 2\n"}},
      {"all-reduce",
       {3, 5, "torus", "group = \"package\"\naxes = \"all\"\ndirections = 2\nform = \"chunked\"\n"}},
  };
  for (const Other& other : others) {
    const runs::Findings found = verified(deck_for(other.followed, other.operation, 215, 3));
    EXPECT_EQ(found.first_wrong, "") << other.operation << " " << other.followed.more;
  }
}

// Along lines and rings, one way and both, one axis and both.
constexpr Followed all_to_alls[] = {
    {2, 5, "mesh", "group = \"rows\"\n"},
    {1, 7, "torus", "group = \"rows\"\nalgorithm = \"direct\"\n"},
    {4, 3, "bypass-ring", "group = \"columns\"\n"},
    {2, 3, "mesh", "group = \"package\"\nalgorithm = \"direct\"\n"},
    {3, 5, "torus", both_ways},
    {2, 4, "torus", both_ways},
    {1, 8, "torus", "group = \"rows\"\nalgorithm = \"direct\"\ndirections = 2\n"},
    {2, 3, "mesh", "group = \"package\"\nalgorithm = \"direct\"\ndirections = 2\n"},
    {3, 5, "torus", both},
    {4, 4, "torus", both},
    {4, 3, "torus", both_axes},
    {2, 3, "mesh", both_axes},
    {3, 4, "bypass-ring", both_axes},
    {3, 5, "mesh", "group = \"package\"\nalgorithm = \"direct\"\naxes = \"all\"\n"},
    {4, 4, "torus", "group = \"package\"\nalgorithm = \"direct\"\naxes = \"all\"\ndirections = 2\n"},
};

TEST(VerifiedCollectives, OfAllToAllsEveryBlockArrives) {
  for (const Followed& c : all_to_alls)
    for (const std::uint64_t bytes :
         {std::uint64_t{2}, std::uint64_t{c.rows} * c.columns * 4, std::uint64_t{211}}) {
      if (world_size() > 1 && bytes != 211) continue;
      const runs::Findings found = verified(deck_for(c, "all-to-all", bytes, 0));
      EXPECT_EQ(found.first_wrong, "") << c.rows << " x " << c.columns << " " << bytes << c.more;
      EXPECT_GE(found.outputs, bytes);
    }
}

struct Slip {
  const char* what;
  const char* operation;
  Followed followed;
  std::function<void(Op&)> program;
  std::function<void(chiplet::DieSetup&)> places;
};

std::vector<Slip> slips_of_programs() {
  const Followed torus{3, 4, "torus", both}, row{1, 5, "torus", both_ways}, mesh{2, 3, "mesh", both_axes};
  return {
      {"one direction in place of two",
       "all-gather",
       row,
       [](Op& op) {
         op.units /= 2;
         op.directions = 1;
       },
       {}},
      {"a payload too small", "all-gather", torus, [](Op& op) { op.units -= 12; }, {}},
      {"a payload too large", "reduce-scatter", torus, [](Op& op) { op.units += 12; }, {}},
      {"gathered in place of sums",
       "reduce-scatter",
       torus,
       [](Op& op) { op.code = OpCode::all_gather; },
       {}},
      {"sums in place of a gather",
       "all-gather",
       torus,
       [](Op& op) { op.code = OpCode::reduce_scatter; },
       {}},
      {"sums that stay where they are",
       "all-reduce",
       torus,
       [](Op& op) { op.code = OpCode::reduce_scatter; },
       {}},
      {"a gather that should be summed", "all-reduce", row, [](Op& op) { op.code = OpCode::all_gather; }, {}},
      {"sums for all that are for one axis",
       "all-reduce",
       mesh,
       [](Op& op) {
         op.axes = Axes::one;
         op.ring = Ring::row;
       },
       {}},
      {"a gather along one axis",
       "all-gather",
       mesh,
       [](Op& op) {
         op.axes = Axes::one;
         op.ring = Ring::column;
       },
       {}},
      {"another root", "broadcast", torus, [](Op& op) { op.value = 7; }, {}},
      {"another root of sums", "reduce", torus, [](Op& op) { op.value = 3; }, {}},
      {"a root in the same row", "broadcast", row, [](Op& op) { op.value = 4; }, {}},
      {"a broadcast in place of sums", "reduce", row, [](Op& op) { op.code = OpCode::broadcast; }, {}},
      {"sums in place of a broadcast", "broadcast", torus, [](Op& op) { op.code = OpCode::reduce; }, {}},
  };
}

std::vector<Slip> slips_of_other_algorithms() {
  const Followed torus{3, 4, "torus", both}, row{1, 5, "torus", both_ways};
  const Followed straight{3, 4, "mesh", "group = \"package\"\nalgorithm = \"direct\"\naxes = \"all\"\n"};
  const Followed star{3, 4, "mesh", "group = \"package\"\nalgorithm = \"star\"\n"};
  const Followed phases{3, 4, "mesh", "group = \"package\"\nalgorithm = \"two-phase\"\n"};
  const Followed swing{4, 4, "torus", "group = \"package\"\nalgorithm = \"swing\"\n"};
  return {
      {"blocks too small", "all-to-all", torus, [](Op& op) { op.units -= 12; }, {}},
      {"blocks too large", "all-to-all", straight, [](Op& op) { op.units += 12; }, {}},
      {"blocks for a row's dies only",
       "all-to-all",
       straight,
       [](Op& op) {
         op.axes = Axes::one;
         op.ring = Ring::row;
       },
       {}},
      {"a gather in place of an all-to-all",
       "all-to-all",
       row,
       [](Op& op) {
         op.code = OpCode::all_gather;
         op.units /= 5;
       },
       {}},
      {"another root of a star", "broadcast", star, [](Op& op) { op.value = 2; }, {}},
      {"another root of two phases", "reduce", phases, [](Op& op) { op.value = 2; }, {}},
      {"a payload too small, in two phases", "broadcast", phases, [](Op& op) { op.units -= 3; }, {}},
      {"sums that stay where they are, by Swing",
       "all-reduce",
       swing,
       [](Op& op) { op.code = OpCode::reduce_scatter; },
       {}},
  };
}

// Of die 1 or of dies 1 and 2; on one rank a die that nobody sends to stands still, which is noticed too.
std::vector<Slip> slips_of_places() {
  const Followed torus{3, 4, "torus", both}, row{1, 5, "torus", both_ways}, mesh{3, 3, "mesh", both_axes};
  const auto at_one = [](auto&& spoil) {
    return [spoil](chiplet::DieSetup& die) {
      if (die.id == NodeId{1}) spoil(die);
    };
  };
  const auto exchanged = [](std::size_t ring) {
    return [ring](chiplet::DieSetup& die) {
      std::uint32_t& position = die.rings[ring].position;
      if (position == 1 || position == 2) position = 3 - position;
    };
  };
  return {
      {"wrong neighbour ahead", "all-gather", torus, {}, at_one([](auto& die) {
         die.rings[0].next = NodeId{3};
       })},
      {"wrong neighbour behind", "all-gather", torus, {}, at_one([](auto& die) {
         die.rings[0].previous = NodeId{2};
       })},
      {"wrong neighbour in the column", "all-reduce", torus, {}, at_one([](auto& die) {
         die.rings[1].next = NodeId{9};
       })},
      {"both neighbours exchanged", "all-gather", row, {}, at_one([](auto& die) {
         std::swap(die.rings[0].next, die.rings[0].previous);
       })},
      {"places in rows exchanged", "reduce-scatter", row, {}, exchanged(0)},
      {"places in columns exchanged", "reduce-scatter", mesh, {}, exchanged(1)},
      {"places in rows exchanged, for a gather", "all-gather", torus, {}, exchanged(0)},
      {"places in columns exchanged, for a broadcast", "broadcast", torus, {}, exchanged(1)},
      {"places in rows exchanged, for blocks", "all-to-all", torus, {}, exchanged(0)},
      {"wrong neighbour behind, of blocks", "all-to-all", torus, {}, at_one([](auto& die) {
         die.rings[0].previous = NodeId{2};
       })},
  };
}

bool is_noticed(const Slip& slip) {
  // Bytes that do not divide: then chunks of different places have different lengths.
  const io::Deck deck = deck_for(slip.followed, slip.operation, 133, 1);
  runs::VerifyOptions options;
  if (slip.program)
    options.spoil_programs = [&](std::vector<Program>& programs) { slip.program(programs.at(0).at(0)); };
  options.spoil_places = slip.places;
  try {
    return !verified(deck, options).first_wrong.empty();
  } catch (const std::runtime_error&) {
    return true;
  }
}

TEST(VerifiedCollectives, NoticeMistakes) {
  std::vector<Slip> slips = slips_of_programs();
  for (Slip& slip : slips_of_other_algorithms()) slips.push_back(std::move(slip));
  for (Slip& slip : slips_of_places()) slips.push_back(std::move(slip));
  EXPECT_GE(slips.size(), 30U);
  for (const Slip& slip : slips) {
    EXPECT_TRUE(is_noticed(slip)) << slip.what;
    if (world_size() > 1) continue;
    EXPECT_FALSE(is_noticed({slip.what, slip.operation, slip.followed, {}, {}})) << slip.what << ", not made";
  }
}

}  // namespace
}  // namespace hecaton::test::collective_test
