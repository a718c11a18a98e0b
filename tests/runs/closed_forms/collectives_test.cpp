// What closed forms say of collectives, beside their simulation: never more, on random packages with links of
// their own and dead ones; and the same where no messages contend for a link.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>

#include "runs/wiring/preview.hpp"
#include "runs/wiring/undisturbed.hpp"
#include "tests/runs/collective_decks.hpp"

namespace hecaton::test::collectives_test {
namespace {

constexpr std::uint32_t wanted_decks = 400;

std::string package(Dice& draw, bool plain) {
  const bool faults = !plain && draw.one_in(5);
  const std::uint32_t columns = draw(1, 6);
  std::string text = fmt::format("[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\n",
                                 draw(1, 5), columns);
  text += fmt::format("topology = \"{}\"\n", one_of(draw, std::array{"mesh", "torus", "bypass-ring"}));
  if (faults) text += fmt::format("dead_links = \"0-{}\"\n", draw.one_in(2) ? 1U : columns);
  const char* const ports = one_of(draw, std::array{"1", "2", "4"});
  if (plain) return text + fmt::format("[interface]\nports = {}\n", ports);
  text += fmt::format("[link]\nlatency_ns = {}\n", one_of(draw, std::array{"2.0", "0.7", "30"}));
  if (draw.one_in(2))
    text +=
        fmt::format("overrides = \"{}\"\n",
                    one_of(draw, std::array{"row 0: bandwidth_GBps 16", "column 1: latency_ns 9",
                                            "0-1: bandwidth_GBps 10, latency_ns 40", "wrap: latency_ns 25"}));
  return text + fmt::format(
                    "[router]\nrouting = \"{}\"\nswitching = \"{}\"\npipeline = \"{}\"\n"
                    "[interface]\nports = {}\nmessage_overhead_ns = {}\n",
                    faults ? "up-down" : one_of(draw, std::array{"xy", "yx", "o1turn", "adaptive"}),
                    one_of(draw, std::array{"cut-through", "wormhole"}),
                    one_of(draw, std::array{"three-stage", "four-stage", "speculative"}), ports,
                    draw.one_in(3) ? 25 : 0);
}

std::string collective(Dice& draw) {
  constexpr std::array operations = {"all-gather", "reduce-scatter", "all-reduce",
                                     "broadcast",  "reduce",         "all-to-all"};
  constexpr std::array algorithms = {"ring",  "naive-ring", "bypass-ring", "hamiltonian-ring", "torus-ring",
                                     "tree",  "star",       "two-phase",   "halving-doubling", "swing",
                                     "direct"};
  const std::uint32_t bytes = draw.one_in(4)   ? draw(1, 40)
                              : draw.one_in(2) ? draw(1, 200000)
                                               : 960 * draw(1, 200);
  return fmt::format(
      "[die]\nvector_GBps = {}\n[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = {}\n"
      "root = {}\nchunks = {}\nform = \"{}\"\nstep_ns = {}\ndirections = {}\naxes = \"{}\"\n",
      one_of(draw, std::array{"0", "20", "512"}), one_of(draw, operations), one_of(draw, algorithms),
      one_of(draw, std::array{"rows", "columns", "package"}), bytes, draw.one_in(2) ? 0 : draw(0, 4),
      draw(1, 9), one_of(draw, std::array{"self-timed", "self-timed", "step-synchronous", "chunked"}),
      one_of(draw, std::array{"50", "900", "20000"}), draw.one_in(3) ? 2 : 1, draw.one_in(3) ? "all" : "one");
}

std::uint64_t told(const io::Deck& deck) {
  const runs::Undisturbed all = runs::preview(deck, 1, "block").undisturbed.value();
  return all.compute_ps + all.collectives_ps;
}

// Lanes have links and ports of their own, and the vector unit takes no time; along two axes of different lengths,
// or of rings with edges of different lengths, the legs of one lane meet those of another.
bool lanes_keep_apart(const io::Deck& deck) {
  const training::CollectiveConfig& c = deck.as<training::CollectiveConfig>();
  const net::PackageConfig& package = deck.network.package;
  const bool all_axes = c.axes == training::CollectiveAxes::all;
  const std::uint32_t lanes = c.directions * (all_axes ? 2 : 1);
  if (lanes == 1) return true;
  if (deck.die.vector_GBps > 0 && c.operation != training::CollectiveOperation::all_gather) return false;
  if (deck.network.interface.ports < (all_axes || c.group == training::CollectiveGroup::package ? 4U : 2U))
    return false;
  if (c.bytes % (std::uint64_t{package.rows} * package.columns * lanes) != 0) return false;
  return !all_axes || (package.topology == net::TopologyKind::torus && package.rows == package.columns);
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
    return line && halves && c.form == CollectiveForm::self_timed && deck.network.interface.ports == 1;
  }
  const bool divides = c.bytes % (std::uint64_t{package.rows} * package.columns) == 0;
  const bool has_root =
      c.operation == CollectiveOperation::broadcast || c.operation == CollectiveOperation::reduce;
  const bool along_ring = c.algorithm <= CollectiveAlgorithm::torus_ring;
  return divides && along_ring && !has_root && c.form == CollectiveForm::self_timed && lanes_keep_apart(deck);
}

bool has_lanes(const io::Deck& deck) {
  const training::CollectiveConfig& c = deck.as<training::CollectiveConfig>();
  return c.directions > 1 || c.axes == training::CollectiveAxes::all;
}

TEST(Collectives, NeverEndSoonerThanTheirFormsSay) {
  std::uint32_t decks = 0, in_lanes = 0;
  for (std::uint32_t seed = 0; decks < wanted_decks; ++seed) {
    ASSERT_LT(seed, 40 * wanted_decks) << "hardly a deck makes sense";
    Dice draw(seed);
    const std::string text = package(draw, false) + collective(draw);
    const auto deck = deck_from(text);
    if (!deck) continue;
    ++decks;
    if (has_lanes(*deck)) ++in_lanes;
    EXPECT_LE(told(*deck), simulated(*deck)) << "seed " << seed << "\n" << text;
  }
  EXPECT_GT(in_lanes, wanted_decks / 10);
}

TEST(Collectives, EndWhenTheirFormsSayWhereNothingContends) {
  std::uint32_t decks = 0, in_lanes = 0;
  for (std::uint32_t seed = 0; decks < wanted_decks / 4; ++seed) {
    ASSERT_LT(seed, 40 * wanted_decks) << "hardly a deck makes sense";
    Dice draw(seed);
    const std::string text = package(draw, true) + collective(draw);
    const auto deck = deck_from(text);
    if (!deck || !nothing_contends(*deck)) continue;
    ++decks;
    if (has_lanes(*deck)) ++in_lanes;
    EXPECT_EQ(told(*deck), simulated(*deck)) << "seed " << seed << "\n" << text;
  }
  EXPECT_GT(in_lanes, 0U);
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

// Published figures of pods with tori: links of 45 GB/s each way, 32 MiB. All links of a die are busy all the time, so a
// collective takes what has to come to a die over the bandwidth of its links.
struct Pod {
  const char* operation;
  std::uint32_t rows, columns;
  const char* more;
  double microseconds;
};

void expect_pod(const Pod& pod) {
  const auto deck = deck_from(fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"torus\"\n"
      "[link]\nbandwidth_GBps = 45\nlatency_ns = 0\n[interface]\nports = 4\n[die]\nvector_GBps = 0\n"
      "[collective]\nbytes = 33554432\noperation = \"{}\"\n{}",
      pod.rows, pod.columns, pod.operation, pod.more));
  ASSERT_TRUE(deck.has_value());
  const auto took = static_cast<double>(simulated(*deck)) * 1e-6;
  EXPECT_NEAR(took, pod.microseconds, 0.01 * pod.microseconds) << pod.operation;
  EXPECT_EQ(told(*deck), simulated(*deck)) << pod.operation;
}

TEST(Collectives, TakeWhatLinksOfPodsLetThrough) {
  constexpr double bytes = 33554432, bandwidth = 45e3;  // per microsecond
  constexpr double ring = bytes * 7 / 8 / (2 * bandwidth), torus = bytes * 15 / 16 / (4 * bandwidth);
  constexpr const char* row = "group = \"rows\"\ndirections = 2\n";
  constexpr const char* both_axes = "group = \"package\"\naxes = \"all\"\ndirections = 2\n";
  EXPECT_NEAR(ring, 326.2, 0.05);
  EXPECT_NEAR(torus, 174.8, 0.05);
  expect_pod({"all-gather", 1, 8, row, ring});
  expect_pod({"reduce-scatter", 1, 8, row, ring});
  expect_pod({"all-reduce", 1, 8, row, 2 * ring});
  expect_pod({"all-gather", 4, 4, both_axes, torus});
  expect_pod({"reduce-scatter", 4, 4, both_axes, torus});
  expect_pod({"all-reduce", 4, 4, both_axes, 2 * torus});
}

// With one port to its router a die sends no faster both ways than one way.
TEST(Collectives, NeedPortsForTwoDirections) {
  const auto ends = [](std::uint32_t ports, std::uint32_t directions) {
    const auto deck = deck_from(fmt::format(
        "[workload]\nkind = \"collective\"\n[package]\nrows = 1\ncolumns = 8\ntopology = \"torus\"\n"
        "[interface]\nports = {}\n[collective]\noperation = \"all-gather\"\nbytes = 8388608\ndirections = {}\n",
        ports, directions));
    EXPECT_LE(told(*deck), simulated(*deck));
    EXPECT_GE(told(*deck), simulated(*deck) * 99 / 100) << "the bound knows of ports";
    return static_cast<double>(simulated(*deck));
  };
  const double one_way = ends(1, 1);
  EXPECT_NEAR(ends(1, 2) / one_way, 1, 0.01);
  EXPECT_NEAR(ends(2, 1) / one_way, 1, 0.01);
  EXPECT_NEAR(ends(2, 2) / one_way, 0.5, 0.01);
}

// All chunks but one go over the narrow link, one behind another; of an all-to-all the blocks of all dies before it for
// all behind it, or those whose way it is on.
TEST(Collectives, ANarrowLinkCarriesAllThatPassesIt) {
  constexpr std::uint64_t bytes = 1048576, block = bytes / 8;
  struct Case {
    const char* collective;
    std::uint64_t carried;
  };
  const Case cases[] = {{"operation = \"all-gather\"\n", 7 * block},
                        {"operation = \"all-reduce\"\n", 14 * block},
                        {"operation = \"all-to-all\"\nalgorithm = \"ring\"\n", 28 * block},
                        // Of those that go less than half way round, d pairs of d links apart pass it.
                        {"operation = \"all-to-all\"\nalgorithm = \"direct\"\n", 6 * block}};
  for (const Case& c : cases) {
    const auto deck = deck_from(fmt::format(
        "[workload]\nkind = \"collective\"\n[package]\nrows = 1\ncolumns = 8\ntopology = \"torus\"\n"
        "[link]\nbandwidth_GBps = 64\noverrides = \"1-2: bandwidth_GBps 4\"\n"
        "[collective]\ngroup = \"rows\"\nbytes = {}\n{}",
        bytes, c.collective));
    ASSERT_TRUE(deck.has_value());
    const std::uint64_t last_flit = 64 * 1000 / 4;  // may be here while it still occupies the link
    EXPECT_GE(told(*deck), c.carried * 1000 / 4 - last_flit) << c.collective;
    EXPECT_LE(told(*deck), simulated(*deck)) << c.collective;
  }
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
}  // namespace hecaton::test::collectives_test
