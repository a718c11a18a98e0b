// What closed forms say of collectives, beside their simulation: never more, on random packages with links of
// their own and dead ones; and the same where no messages contend for a link.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "core/training/model/plan_error.hpp"
#include "io/files/input_error.hpp"
#include "runs/wiring/preview.hpp"
#include "runs/wiring/undisturbed.hpp"
#include "tests/net/random_network.hpp"
#include "tests/system/run_deck.hpp"

namespace hecaton::test {
namespace {

constexpr std::uint32_t wanted_decks = 400;

template <std::size_t N>
const char* one_of(Dice& draw, const std::array<const char*, N>& words) {
  return words[draw(0, N - 1)];
}

std::string package(Dice& draw, bool plain) {
  const bool faults = !plain && draw.one_in(5);
  const std::uint32_t columns = draw(1, 6);
  std::string text = fmt::format("[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\n",
                                 draw(1, 5), columns);
  text += fmt::format("topology = \"{}\"\n", one_of(draw, std::array{"mesh", "torus", "bypass-ring"}));
  if (faults) text += fmt::format("dead_links = \"0-{}\"\n", draw.one_in(2) ? 1U : columns);
  if (plain) return text;
  text += fmt::format("[link]\nlatency_ns = {}\n", one_of(draw, std::array{"2.0", "0.7", "30"}));
  if (draw.one_in(2))
    text +=
        fmt::format("overrides = \"{}\"\n",
                    one_of(draw, std::array{"row 0: bandwidth_GBps 16", "column 1: latency_ns 9",
                                            "0-1: bandwidth_GBps 10, latency_ns 40", "wrap: latency_ns 25"}));
  return text + fmt::format(
                    "[router]\nrouting = \"{}\"\nswitching = \"{}\"\npipeline = \"{}\"\n"
                    "[interface]\nmessage_overhead_ns = {}\n",
                    faults ? "up-down" : one_of(draw, std::array{"xy", "yx", "o1turn", "adaptive"}),
                    one_of(draw, std::array{"cut-through", "wormhole"}),
                    one_of(draw, std::array{"three-stage", "four-stage", "speculative"}),
                    draw.one_in(3) ? 25 : 0);
}

std::string collective(Dice& draw) {
  constexpr std::array operations = {"all-gather", "reduce-scatter", "all-reduce",
                                     "broadcast",  "reduce",         "all-to-all"};
  constexpr std::array algorithms = {"ring",       "naive-ring", "bypass-ring",      "hamiltonian-ring",
                                     "torus-ring", "tree",       "halving-doubling", "direct"};
  const std::uint32_t bytes = draw.one_in(4)   ? draw(1, 40)
                              : draw.one_in(2) ? draw(1, 200000)
                                               : 960 * draw(1, 200);
  return fmt::format(
      "[die]\nvector_GBps = {}\n[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = {}\n"
      "root = {}\nchunks = {}\nform = \"{}\"\nstep_ns = {}\n",
      one_of(draw, std::array{"0", "20", "512"}), one_of(draw, operations), one_of(draw, algorithms),
      one_of(draw, std::array{"rows", "columns", "package"}), bytes, draw.one_in(2) ? 0 : draw(0, 4),
      draw(1, 9), one_of(draw, std::array{"self-timed", "self-timed", "step-synchronous", "chunked"}),
      one_of(draw, std::array{"50", "900", "20000"}));
}

std::optional<io::Deck> deck_from(const std::string& text) {
  try {
    io::Deck deck = deck_of(text);
    const runs::Workload workload(deck);
    return deck;
  } catch (const io::InputError&) {
  } catch (const training::PlanError&) {
  }
  return std::nullopt;
}

std::uint64_t told(const io::Deck& deck) {
  const runs::Undisturbed all = runs::preview(deck, 1, "block").undisturbed.value();
  return all.compute_ps + all.collectives_ps;
}

std::uint64_t simulated(const io::Deck& deck) {
  std::uint64_t end = 0;
  for (const chiplet::DieCounters& die : run_deck(deck, 1).die_counters) end = std::max(end, die.finished_ps);
  return end;
}

// On a package whose links are all alike: rings carry one chunk behind another, and the messages of a tree
// stay in ranges of their own where lines are open.
bool nothing_contends(const io::Deck& deck) {
  using training::CollectiveAlgorithm;
  using training::CollectiveForm;
  using training::CollectiveOperation;
  const training::CollectiveConfig& c = deck.as<training::CollectiveConfig>();
  const net::PackageConfig& package = deck.network.package;
  const bool is_tree = c.algorithm == CollectiveAlgorithm::tree;
  if (is_tree) {
    const bool line =
        c.group != training::CollectiveGroup::package && package.topology == net::TopologyKind::mesh;
    const bool halves =
        c.operation == CollectiveOperation::broadcast ||
        std::has_single_bit(c.group == training::CollectiveGroup::rows ? package.columns : package.rows);
    return line && halves && c.form == CollectiveForm::self_timed;
  }
  const bool divides = c.bytes % (std::uint64_t{package.rows} * package.columns) == 0;
  const bool has_root =
      c.operation == CollectiveOperation::broadcast || c.operation == CollectiveOperation::reduce;
  const bool along_ring = c.algorithm <= CollectiveAlgorithm::torus_ring;
  return divides && along_ring && !has_root && c.form == CollectiveForm::self_timed;
}

TEST(Collectives, NeverEndSoonerThanTheirFormsSay) {
  std::uint32_t decks = 0;
  for (std::uint32_t seed = 0; decks < wanted_decks; ++seed) {
    ASSERT_LT(seed, 40 * wanted_decks) << "hardly a deck makes sense";
    Dice draw(seed);
    const std::string text = package(draw, false) + collective(draw);
    const auto deck = deck_from(text);
    if (!deck) continue;
    ++decks;
    EXPECT_LE(told(*deck), simulated(*deck)) << "seed " << seed << "\n" << text;
  }
}

TEST(Collectives, EndWhenTheirFormsSayWhereNothingContends) {
  std::uint32_t decks = 0;
  for (std::uint32_t seed = 0; decks < wanted_decks / 4; ++seed) {
    ASSERT_LT(seed, 40 * wanted_decks) << "hardly a deck makes sense";
    Dice draw(seed);
    const std::string text = package(draw, true) + collective(draw);
    const auto deck = deck_from(text);
    if (!deck || !nothing_contends(*deck)) continue;
    ++decks;
    EXPECT_EQ(told(*deck), simulated(*deck)) << "seed " << seed << "\n" << text;
  }
}

// A chunk of 8 flits crosses an edge of one link in 8 cycles of routers and interfaces, 2 ns of link and 8
// cycles of flits; on a torus the edge that closes the ring is one link as well.
TEST(Collectives, EveryEdgeOfATorusRingIsOneLink) {
  const auto deck = deck_from(
      "[workload]\nkind = \"collective\"\n[package]\nrows = 2\ncolumns = 8\ntopology = \"torus\"\n"
      "[collective]\noperation = \"all-gather\"\ngroup = \"rows\"\nbytes = 4096\n");
  ASSERT_TRUE(deck.has_value());
  const std::uint64_t step = 8 * 1000 + 2000 + 8 * 1000;
  EXPECT_EQ(told(*deck), 7 * step);
  EXPECT_EQ(simulated(*deck), 7 * step);
}

// A link with a latency of its own holds up every chunk but the one that does not pass it.
TEST(Collectives, ASlowLinkCounts) {
  const auto deck = deck_from(
      "[workload]\nkind = \"collective\"\n[package]\nrows = 1\ncolumns = 4\ntopology = \"torus\"\n"
      "[link]\noverrides = \"1-2: latency_ns 52\"\n"
      "[collective]\noperation = \"all-gather\"\ngroup = \"rows\"\nbytes = 256\n");
  ASSERT_TRUE(deck.has_value());
  const std::uint64_t step = 8 * 1000 + 2000 + 1000;
  EXPECT_EQ(told(*deck), 3 * step + 50000);
  EXPECT_EQ(simulated(*deck), 3 * step + 50000);
}

}  // namespace
}  // namespace hecaton::test
