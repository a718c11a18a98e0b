// What algorithm = "auto" takes, beside everything that it could have taken, all of it simulated.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "io/files/input_error.hpp"
#include "tests/runs/collective_decks.hpp"

namespace hecaton::test::choice_test {
namespace {

constexpr std::array algorithms = {"ring",      "naive-ring",       "torus-ring", "tree",  "star",
                                   "two-phase", "halving-doubling", "swing",      "direct"};

// But for the algorithm, which is the last line.
std::string drawn(Dice& draw) {
  const std::uint32_t bytes = draw.one_in(3) ? 64 * draw(1, 64) : 720 * 64 * draw(1, 40);
  return fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n[interface]\nports = {}\n"
      "[die]\nvector_GBps = {}\n[collective]\noperation = \"{}\"\ngroup = \"{}\"\nbytes = {}\nchunks = {}\nform = \"{}\"\n",
      draw(1, 6), draw(2, 6), one_of(draw, std::array{"mesh", "torus", "bypass-ring"}),
      one_of(draw, std::array{"1", "2", "4"}), one_of(draw, std::array{"0", "512"}),
      one_of(draw,
             std::array{"all-gather", "reduce-scatter", "all-reduce", "broadcast", "reduce", "all-to-all"}),
      one_of(draw, std::array{"rows", "columns", "package"}), bytes, draw(2, 8),
      one_of(draw, std::array{"self-timed", "self-timed", "chunked"}));
}

// Times of all that there is, the fastest first.
std::vector<std::pair<std::uint64_t, std::string>> all_of(const std::string& text) {
  std::vector<std::pair<std::uint64_t, std::string>> times;
  for (const char* algorithm : algorithms)
    for (const char* axes : {"one", "all"})
      for (const int directions : {1, 2}) {
        const std::string more =
            fmt::format("algorithm = \"{}\"\naxes = \"{}\"\ndirections = {}\n", algorithm, axes, directions);
        if (const auto deck = deck_from(text + more)) times.emplace_back(simulated(*deck), more);
      }
  std::sort(times.begin(), times.end());
  return times;
}

// The text of a fact, by its key.
std::string fact_of(const io::Deck& deck, const std::string& key) {
  const runs::Workload workload(deck);
  for (const training::PlanFact& fact : workload.plan().facts)
    if (fact.key == key) return fact.value;
  return {};
}

// Estimates know links and interfaces that carry too much, not every message that waits behind another.
TEST(Choice, IsNearTheBest) {
  std::uint32_t decks = 0, open = 0, near = 0;
  for (std::uint32_t seed = 1; decks < 100; ++seed) {
    ASSERT_LT(seed, 1000U) << "hardly a deck makes sense";
    Dice draw(seed);
    const std::string text = drawn(draw);
    const auto deck = deck_from(text + "algorithm = \"auto\"\n");
    const auto times = all_of(text);
    ASSERT_EQ(deck.has_value(), !times.empty()) << text;
    if (!deck || times.front().first == 0) continue;  // a group of one die
    ++decks;
    if (times.size() > 1) ++open;
    const double ratio = static_cast<double>(simulated(*deck)) / static_cast<double>(times.front().first);
    if (ratio <= 1.05) ++near;
    EXPECT_LE(ratio, 1.25) << "seed " << seed << "\n"
                           << text << runs::Workload(*deck).programs()->algorithm << "; best is "
                           << times.front().second;
  }
  EXPECT_GT(open, decks / 2);
  EXPECT_GE(near, 94U) << "of " << decks << " within 5 %";
}

TEST(Choice, TellsWhatItTookAndWhatComesNext) {
  const auto deck = deck_from(
      "[workload]\nkind = \"collective\"\n[package]\nrows = 4\ncolumns = 4\ntopology = \"torus\"\n"
      "[link]\nbandwidth_GBps = 32\nlatency_ns = 2\n[interface]\nports = 4\n[die]\nvector_GBps = 0\n[collective]\n"
      "operation = \"all-gather\"\ngroup = \"package\"\nbytes = 16777216\nalgorithm = \"auto\"\n");
  ASSERT_TRUE(deck.has_value());
  // Ways through all four links of a die: 15/16 of 16 MiB over 4 x 32 GB/s are 122.9 us.
  EXPECT_EQ(fact_of(*deck, "chosen of 8 algorithms, by closed forms").substr(0, 41),
            "naive-ring, all axes, both directions, 12");
}

TEST(Choice, IsOneMessageForAFewBytes) {
  const auto deck = deck_from(
      "[workload]\nkind = \"collective\"\n[package]\nrows = 1\ncolumns = 16\n[collective]\noperation = \"all-reduce\"\n"
      "bytes = 64\nalgorithm = \"auto\"\n");
  ASSERT_TRUE(deck.has_value());
  const runs::Workload workload(*deck);
  EXPECT_EQ(workload.programs()->algorithm, "halving-doubling") << "8 rounds instead of 30";
}

std::string refusal(const std::string& more) {
  try {
    deck_of(
        "[workload]\nkind = \"collective\"\n[package]\nrows = 3\ncolumns = 3\n[collective]\nalgorithm = \"auto\"\n" +
        more);
  } catch (const io::InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Choice, RefusesWhatItCannotLeaveOpen) {
  EXPECT_NE(refusal("directions = 2\n").find("is chosen with the algorithm"), std::string::npos);
  EXPECT_NE(refusal("axes = \"all\"\n").find("is chosen with the algorithm"), std::string::npos);
  EXPECT_NE(refusal("operation = \"broadcast\"\nroot = 1\n").find("counted in the order of the algorithm"),
            std::string::npos);
  EXPECT_EQ(refusal("operation = \"broadcast\"\ngroup = \"package\"\n"), "accepted");
  // Where none fits, it is said why the plainest does not.
  EXPECT_NE(refusal("form = \"step-synchronous\"\nstep_ns = 0\n").find("collective.step_ns"),
            std::string::npos);
}

}  // namespace
}  // namespace hecaton::test::choice_test
