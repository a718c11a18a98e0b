// A shortened program against the whole one, both followed operation by operation: what segments stand for adds up to
// what the whole program does.
#include "core/sampling/shortened.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <random>
#include <stdexcept>

#include "tests/sampling/operations.hpp"

namespace hecaton::sampling::shortened_test {
namespace {

using chiplet::Iterates;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

Op work(std::uint64_t name) {
  return op_of(OpCode::vector, name);
}

// Follows a program as a die does. `visit(op)` hears of every operation that takes place, but for loops.
template <class Visit>
void follow(const Program& program, Visit&& visit) {
  struct Loop {
    std::size_t begin;
    std::uint32_t count, round;
  };
  std::vector<Loop> loops;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Op& op = program[i];
    if (op.code == OpCode::loop) {
      loops.push_back({i, op.count, 0});
    } else if (op.code == OpCode::end_loop) {
      if (++loops.back().round < loops.back().count) {
        i = loops.back().begin;
      } else {
        loops.pop_back();
      }
    } else if (op.only_round == chiplet::every_round || op.only_round == loops.back().round) {
      visit(op);
    }
  }
}

// How often each piece of work is done.
using Tally = std::map<std::uint64_t, double>;

Tally tally_of(const Program& program) {
  Tally tally;
  follow(program, [&](const Op& op) { ++tally[op.bytes]; });
  return tally;
}

// What the segments of a shortened program stand for.
Tally told_by(const Shortened& role, const std::vector<std::uint32_t>& stratum_of) {
  Tally tally;
  std::size_t segment = 0;
  follow(role.program, [&](const Op& op) {
    if (op.code == OpCode::mark) {
      ++segment;
    } else if (op.code == OpCode::vector) {
      const Stratum& stratum = role.strata.at(stratum_of.at(segment - 1));
      tally[op.bytes] += static_cast<double>(stratum.total) / static_cast<double>(stratum.simulated);
    }
  });
  EXPECT_EQ(segment, stratum_of.size());
  return tally;
}

void expect_equal(const Tally& told, const Tally& whole) {
  for (const auto& [name, times] : whole) {
    ASSERT_TRUE(told.contains(name)) << name;
    EXPECT_NEAR(told.at(name), times, 1e-9 * times) << name;
  }
}

// A step in small: groups of layers with a mini-batch loop and a tile loop, then chunks.
Program step_of(std::uint32_t groups, std::uint32_t minibatches, std::uint32_t tiles, std::uint32_t chunks) {
  const Op end = op_of(OpCode::end_loop);
  return {work(1),
          loop_of(Iterates::groups, groups),
          work(2),
          loop_of(Iterates::minibatches, minibatches),
          work(3),
          loop_of(Iterates::tiles, tiles),
          work(4),
          loop_of(Iterates::other, 3),
          work(5),
          end,
          end,
          work(6),
          end,
          work(7),
          end,
          work(8),
          loop_of(Iterates::chunks, chunks),
          work(9),
          end,
          work(10)};
}

// Places of its loops that can be shortened.
constexpr std::array<std::size_t, 4> loops_of_step{1, 3, 5, 16};

Rounds few_rounds() {
  Rounds rounds;
  for (const std::size_t loop : loops_of_step) rounds[loop] = {2, 2, 2, 1, 1};
  return rounds;
}

TEST(Shortened, SegmentsStandForWhatTheWholeProgramDoes) {
  std::mt19937 random(1);
  const auto draw = [&](std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
  };
  for (int i = 0; i < 200; ++i) {
    const Program whole = step_of(draw(1, 30), draw(1, 60), draw(1, 40), draw(1, 50));
    Rounds rounds;
    for (const std::size_t loop : loops_of_step)
      if (draw(0, 5) > 0) rounds[loop] = {draw(0, 3), draw(1, 3), draw(1, 3), draw(0, 2), draw(0, 1)};
    const ShortenedRoles short_roles = shorten(std::vector<Program>{whole}, rounds);
    expect_equal(told_by(short_roles.roles[0], short_roles.stratum_of_segment), tally_of(whole));
    EXPECT_NO_THROW(chiplet::validate(short_roles.roles[0].program));
  }
}

TEST(Shortened, RolesOfUnlikeCountsHaveTheSameMarks) {
  for (std::uint32_t more = 0; more < 12; ++more) {
    const std::vector<Program> roles{step_of(9, 30, 1, 4 + more), step_of(9, 30, 1, 5 + more)};
    const ShortenedRoles shortened = shorten(roles, few_rounds());
    for (std::size_t role = 0; role < roles.size(); ++role)
      expect_equal(told_by(shortened.roles[role], shortened.stratum_of_segment), tally_of(roles[role]));
  }
}

// Where one role has a rest to write and another has none, the loops lie at other places of the text.
TEST(Shortened, RolesMayDifferBetweenTheirLoops) {
  std::vector<Program> roles{step_of(9, 30, 20, 40), step_of(9, 30, 20, 41)};
  roles[1].insert(roles[1].begin() + 4, work(11));
  roles[1].insert(roles[1].begin(), work(12));
  roles[1].insert(roles[1].end() - 4, work(13));
  roles[1].pop_back();
  const ShortenedRoles shortened = shorten(roles, few_rounds());
  for (std::size_t role = 0; role < roles.size(); ++role) {
    expect_equal(told_by(shortened.roles[role], shortened.stratum_of_segment), tally_of(roles[role]));
    EXPECT_NO_THROW(chiplet::validate(shortened.roles[role].program));
  }
}

TEST(Shortened, NothingIsLeftOutOfShortLoops) {
  const Program whole = step_of(3, 4, 5, 6);
  const ShortenedRoles shortened = shorten(std::vector<Program>{whole}, few_rounds());
  EXPECT_TRUE(shortened.is_whole());
  EXPECT_EQ(tally_of(whole).at(5), 3 * 4 * 5 * 3);
  std::uint64_t work_done = 0;
  follow(shortened.roles[0].program, [&](const Op& op) { work_done += op.bytes == 5 ? 1 : 0; });
  EXPECT_EQ(work_done, 3 * 4 * 5 * 3U);
}

TEST(Shortened, DiesPauseAsLongAsTheRoundsThatAreLeftOutTake) {
  const Program whole = step_of(1, 100, 1, 1);
  const std::size_t loop = 3;                    // its place in the text
  const Rounds rounds{{loop, {2, 3, 2, 1, 1}}};  // 2 + 3 x 2 + 2 x 1 + 1 = 11 of 100
  const ShortenedRoles shortened = shorten(std::vector<Program>{whole}, rounds, {{loop, SimDuration{1000}}});
  std::uint64_t paused = 0, pauses = 0;
  follow(shortened.roles[0].program, [&](const Op& op) {
    if (op.code != OpCode::pause) return;
    paused += op.slot_ps;
    ++pauses;
  });
  EXPECT_EQ(pauses, 2U);
  EXPECT_NEAR(static_cast<double>(paused), 89 * 1000, 2);
}

TEST(Shortened, AxesMultiplyToWhatIsSimulated) {
  const ShortenedRoles shortened = shorten(std::vector<Program>{step_of(20, 40, 30, 25)}, few_rounds());
  std::size_t deepest = 0;
  for (const Stratum& stratum : shortened.roles[0].strata) {
    if (stratum.total == 0) continue;
    std::uint64_t simulated = 1, total = 1;
    for (const Axis& axis : stratum.axes) {
      simulated *= axis.simulated;
      total *= axis.total;
    }
    EXPECT_EQ(simulated, stratum.simulated) << stratum.name;
    EXPECT_EQ(total, stratum.total) << stratum.name;
    deepest = std::max(deepest, stratum.axes.size());
  }
  EXPECT_EQ(deepest, 3U);
}

TEST(Shortened, LoopsWithoutRoundsAreDoneWhole) {
  const Program whole = step_of(9, 12, 5, 6);
  EXPECT_TRUE(shorten(std::vector<Program>{whole}, {}).is_whole());
  const ShortenedRoles shortened = shorten(std::vector<Program>{whole}, {{3, {1, 1, 2, 0, 1}}});
  EXPECT_FALSE(shortened.is_whole());
  const Program& text = shortened.roles[0].program;
  std::vector<std::uint32_t> counts;
  for (const Op& op : text)
    if (op.code == OpCode::loop) counts.push_back(op.count);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{9, 4, 5, 3, 6}));
}

// The first and the last round stand for others too where they count as any other.
TEST(Shortened, AllRoundsMayBeOfTheMiddle) {
  const ShortenedRoles shortened =
      shorten(std::vector<Program>{step_of(40, 1, 1, 1)}, {{1, {0, 1, 2, 0, 0}}});
  for (const Stratum& stratum : shortened.roles[0].strata)
    if (!stratum.axes.empty()) {
      EXPECT_EQ(stratum.simulated, 2U) << stratum.name;
      EXPECT_EQ(stratum.total, 40U) << stratum.name;
    }
}

TEST(Shortened, UnlikeLoopsAreRefused) {
  const Op end = op_of(OpCode::end_loop), tiles = loop_of(Iterates::tiles, 2);
  const Program one_in_another{tiles, tiles, work(1), end, end},
      side_by_side{tiles, work(1), end, tiles, end};
  const Program of_chunks{tiles, loop_of(Iterates::chunks, 2), work(1), end, end};
  for (const Program& other : {side_by_side, of_chunks, Program{work(1)}, step_of(2, 2, 2, 2)})
    EXPECT_THROW(shorten(std::vector<Program>{one_in_another, other}, {}), std::logic_error);
  const std::vector<Program> alike{step_of(2, 2, 2, 2)};
  for (const std::size_t place : {0, 7, 9, 20})  // work, a loop of another kind, its end, past the text
    EXPECT_THROW(shorten(alike, {{place, {}}}), std::logic_error) << place;
}

}  // namespace
}  // namespace hecaton::sampling::shortened_test
