// What ranks promise each other holds whatever the deck: random small training steps, collectives and traffic
// on random networks give the same at any number of ranks, under any partition and synchroniser, in one go or
// interrupted. A promise that is broken ends a run with both components and times.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "core/training/model/plan_error.hpp"
#include "io/files/input_error.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/preview.hpp"
#include "tests/net/random_network.hpp"
#include "tests/system/shared_folder.hpp"
#include "tests/system/varied.hpp"

namespace hecaton::test::random_decks_test {
namespace {

constexpr std::uint32_t wanted_decks = 60;

template <class Value, std::size_t N>
Value one_of(Dice& draw, const std::array<Value, N>& words) {
  return words[draw(0, N - 1)];
}

std::string link_and_router(Dice& draw, bool faults) {
  const bool cut_through = draw.one_in(2);
  std::string text = fmt::format("[link]\nlatency_ns = {}\nbandwidth_GBps = {}\n",
                                 one_of(draw, std::array{"2.0", "1.3", "0.5", "40.0"}),
                                 one_of(draw, std::array{"64", "20", "100"}));
  if (draw.one_in(4)) text += "overrides = \"column 0: latency_ns 5.5; row 1: bandwidth_GBps 15\"\n";
  const char* routing =
      faults ? "up-down" : one_of(draw, std::array{"xy", "xy", "xy", "yx", "o1turn", "adaptive"});
  text += fmt::format(
      "[router]\nswitching = \"{}\"\nbuffer_flits = {}\nvirtual_channels = {}\nrouting = \"{}\"\n"
      "pipeline = \"{}\"\ncredit_cycles = {}\nbackground_dram = {}\n",
      cut_through ? "cut-through" : "wormhole", cut_through ? 16U << draw(0, 2) : draw(2, 16), draw(3, 5),
      routing, one_of(draw, std::array{"three-stage", "four-stage", "speculative"}), draw(0, 2),
      draw.one_in(2));
  text += fmt::format("[interface]\npacket_bytes = {}\nmessage_overhead_ns = {}\nports = {}\n",
                      64U << draw(2, 4), draw.one_in(3) ? 25 : 0, one_of(draw, std::array{1, 1, 2, 4}));
  return text;
}

std::string package(Dice& draw, std::uint32_t rows, std::uint32_t columns, const char* topology,
                    bool faults) {
  std::string text =
      fmt::format("[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n", rows, columns, topology);
  if (faults) text += fmt::format("dead_links = \"{}-{}\"\n", 0, draw.one_in(2) ? 1U : columns);
  return text;
}

std::string training(Dice& draw) {
  constexpr std::array methods = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};
  const char* method = one_of(draw, methods);
  const bool faults = draw.one_in(6);
  std::string text = "[workload]\nkind = \"training\"\n";
  text += package(draw, 2U << draw(0, 1), 2U << draw(0, 1),
                  one_of(draw, std::array{"bypass-ring", "bypass-ring", "mesh", "torus"}), faults);
  text += link_and_router(draw, faults);
  text +=
      fmt::format("[die]\nvector_GBps = {}\nmatrix = \"{}\"\n", one_of(draw, std::array{"0", "90", "512"}),
                  one_of(draw, std::array{"systolic", "roofline"}));
  text += fmt::format("[memory]\nchannels = {}\nburst_bytes = {}\nlatency_ns = {}\n", draw(0, 6),
                      2048U << draw(0, 5), one_of(draw, std::array{"60", "0", "700"}));
  text += fmt::format(
      "[training]\nmethod = \"{}\"\nbatch_sequences = {}\nsequence_length = 16\nminibatch_tokens = 64\n"
      "overlap = {}\nrecompute = {}\nfusion = {}\nbroadcast = \"{}\"\nattention = \"{}\"\ncollectives = \"{}\"\n",
      method, 4U << draw(0, 1), draw.one_in(2), draw.one_in(3), draw(0, 1),
      one_of(draw, std::array{"tree", "pipelined"}), one_of(draw, std::array{"by-sequence", "by-head"}),
      one_of(draw, std::array{"paper", "auto"}));
  text += fmt::format(
      "[training.model]\nname = \"tiny\"\nhidden = 64\nffn = {}\nheads = 8\nkv_heads = {}\nlayers = {}\n"
      "vocabulary = 100\ngated = {}\n",
      96U << draw(0, 1), 4U << draw(0, 1), draw(1, 2), draw.one_in(2));
  if (draw.one_in(4)) text += "experts = 4\nexperts_per_token = 2\n";
  return text;
}

std::string collective(Dice& draw) {
  constexpr std::array operations = {"all-gather", "reduce-scatter", "all-reduce",
                                     "broadcast",  "reduce",         "all-to-all"};
  constexpr std::array algorithms = {"ring",  "naive-ring", "bypass-ring", "hamiltonian-ring", "torus-ring",
                                     "tree",  "star",       "two-phase",   "halving-doubling", "swing",
                                     "direct"};
  const bool faults = draw.one_in(6);
  std::string text = "[workload]\nkind = \"collective\"\n";
  text +=
      package(draw, draw(1, 5), draw(2, 5), one_of(draw, std::array{"bypass-ring", "mesh", "torus"}), faults);
  text += link_and_router(draw, faults);
  text += fmt::format("[die]\nvector_GBps = {}\n", one_of(draw, std::array{"0", "90"}));
  return text + fmt::format(
                    "[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = {}\n"
                    "directions = {}\naxes = \"{}\"\n",
                    one_of(draw, operations), one_of(draw, algorithms),
                    one_of(draw, std::array{"rows", "columns", "package"}), draw(1, 200000), draw(1, 2),
                    draw.one_in(3) ? "all" : "one");
}

std::string traffic(Dice& draw) {
  const bool faults = draw.one_in(6);
  std::string text = "[workload]\nkind = \"traffic\"\n";
  text += package(draw, draw(2, 5), draw(2, 5), one_of(draw, std::array{"mesh", "torus"}), faults);
  text += link_and_router(draw, faults);
  return text +
         fmt::format(
             "[traffic]\npattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\nwarmup_cycles = 20\n"
             "measure_cycles = 300\ndrain_cycles = 100\n",
             one_of(draw, std::array{"uniform", "tornado", "neighbour", "hotspot"}), draw(1, 20) * 0.04,
             draw(1, 4));
}

// Empty if the deck that was drawn makes no sense.
std::optional<io::Deck> random_deck(std::uint32_t seed, std::string& text) {
  Dice draw(seed);
  text = draw.one_in(8) ? traffic(draw) : draw.one_in(3) ? collective(draw) : training(draw);
  try {
    io::Deck deck = deck_of(text);
    deck.network.trains = !draw.one_in(8);
    deck.network.clocked = false;
    const runs::Workload workload(deck);
    const net::Fabric fabric(runs::network_of(deck), workload.has_io());
    return deck;
  } catch (const io::InputError&) {
  } catch (const training::PlanError&) {
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

// What `validate` says of the deck: events within a factor of three; of a collective, never more than it takes.
void expect_preview(const io::Deck& deck, const Outcome& run, std::int64_t end_ps) {
  const runs::Preview seen = runs::preview(deck, 1, "block");
  std::uint64_t events = 0;
  for (const io::RankAccounting& rank : run.accounting) events += rank.events;
  EXPECT_LE(seen.estimate.events, 3 * events);
  EXPECT_GE(3 * seen.estimate.events_at_most, events);
  if (!std::holds_alternative<training::CollectiveConfig>(deck.workload)) return;
  EXPECT_LE(whole(seen.undisturbed->compute_ps + seen.undisturbed->collectives_ps), end_ps);
}

// A die does one thing at a time, but for its transfers; a collective's row is also the reductions in it.
void expect_rows_add_up(const Outcome& run) {
  using K = chiplet::OperationKind;
  auto row = run.operations.begin();
  for (std::size_t i = 0; i < run.die_counters.size(); ++i) {
    std::int64_t matrix_ps = 0, dram_ps = 0, other_ps = 0;
    for (const auto end = row + whole(run.operations_per_die[i]); row != end; ++row) {
      if (row->kind == K::dram_read || row->kind == K::dram_write) continue;
      auto& sum = row->kind == K::matmul ? matrix_ps : row->kind == K::dram_wait ? dram_ps : other_ps;
      sum += row->end_ps - row->start_ps;
    }
    const chiplet::DieCounters& counters = run.die_counters[i];
    EXPECT_EQ(matrix_ps, whole(counters.matrix_ps)) << "die " << run.dies[i];
    EXPECT_EQ(dram_ps, whole(counters.dram_ps)) << "die " << run.dies[i];
    EXPECT_EQ(other_ps, whole(counters.vector_ps + counters.nop_ps)) << "die " << run.dies[i];
    EXPECT_EQ(matrix_ps + dram_ps + other_ps, whole(counters.finished_ps)) << "die " << run.dies[i];
  }
}

runs::RunOptions random_options(Dice& draw) {
  runs::RunOptions options;
  options.partition = one_of(draw, std::array{"block", "strip", "scotch"});
  using engine::SyncKind;
  options.sync = one_of(draw, std::array{SyncKind::null, SyncKind::null, SyncKind::window});
  options.shared_memory = !draw.one_in(5);
  return options;
}

// To the middle in one way, and from there in another.
Outcome interrupted(Dice& draw, const io::Deck& deck, std::int64_t end_ps, const Folder& folder) {
  const std::filesystem::path checkpoint = folder / "middle";
  runs::RunOptions options = random_options(draw);
  options.halts.every = {end_ps / 2 + 1};
  run_leg(deck, static_cast<int>(draw(1, 4)), options, {}, checkpoint);
  return run_leg(deck, static_cast<int>(draw(2, 4)), random_options(draw), checkpoint, {});
}

TEST(RandomDecks, GiveTheSameOnAnyNumberOfRanks) {
  const Folder folder;
  std::uint32_t decks = 0;
  for (std::uint32_t seed = 0; decks < wanted_decks; ++seed) {
    ASSERT_LT(seed, 20 * wanted_decks) << "hardly a deck makes sense";
    std::string text;
    const auto deck = random_deck(seed, text);
    if (!deck) continue;
    ++decks;
    Dice draw(seed);
    SCOPED_TRACE(fmt::format("seed {}\n{}", seed, text));
    const Outcome alone = run_deck(*deck, 1);
    const std::int64_t end_ps = end_of_run(alone);
    const Outcome run = run_deck(*deck, static_cast<int>(draw(2, 4)), random_options(draw));
    const bool in_two = draw.one_in(4);
    const Outcome second = in_two ? interrupted(draw, *deck, end_ps, folder) : Outcome{};
    if (!is_root()) continue;
    expect_preview(*deck, alone, end_ps);
    expect_rows_add_up(alone);
    expect_same(run, alone);
    expect_same_work(run, alone);
    if (in_two) {
      EXPECT_EQ(fields(second.totals), fields(alone.totals));
      EXPECT_EQ(first_difference(second.stalls, alone.stalls), -1);
      expect_same_work(second, alone);
    }
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace hecaton::test::random_decks_test
