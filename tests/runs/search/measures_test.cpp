#include "runs/search/measures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "io/deck/workloads/training.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::measures_test {
namespace {

using runs::Measure;

// A small step on a package that differs in all that a search may vary.
io::Deck drawn(std::mt19937& random) {
  const auto one_of = [&](auto... choices) {
    const std::array all{choices...};
    return all[random() % all.size()];
  };
  TrainingDeck drawn;
  drawn.method = one_of("hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus");
  drawn.rows = drawn.columns = one_of(2U, 4U);
  drawn.bandwidth_GBps = one_of(8.0, 32.0, 128.0);
  drawn.channel_GBps = one_of(2.0, 25.6, 256.0);
  drawn.overlap = one_of(true, false);
  drawn.batch = one_of(8U, 16U);
  drawn.more =
      fmt::format("[energy]\nstatic_W_per_die = {}\n[cost]\npreset = \"{}\"\ndefects_per_cm2 = {}\n",
                  one_of(0.0, 1.0, 10.0), one_of("12nm-organic", "7nm-interposer"), one_of(0.0, 0.2));
  return deck_of(text_of(drawn));
}

// No step is below what closed forms say that it is at least.
TEST(Measures, BoundsAreNotAboveWhatIsSimulated) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const io::Deck deck = drawn(random);
    const Outcome run = run_deck(deck, 1);
    if (!is_root()) continue;
    const runs::Workload workload(deck);
    const runs::Measures least = runs::least_measures(workload, runs::undisturbed(workload, deck));
    const runs::Measures seen = runs::measures_of(run.summary);
    for (const Measure measure : values_of<Measure>())
      EXPECT_LE(of(least, measure), of(seen, measure)) << name_of(measure) << ", seed " << seed;
    for (const Measure exact : {Measure::package_usd, Measure::substrate_mm2, Measure::die_mm2})
      EXPECT_EQ(of(least, exact), of(seen, exact)) << name_of(exact) << ", seed " << seed;
    EXPECT_GT(of(least, Measure::step_s), 0.2 * of(seen, Measure::step_s)) << "seed " << seed;
  }
}

TEST(Measures, AreThoseOfTheSummary) {
  const Outcome run = run_deck(deck_of(text_of(TrainingDeck{})), 1);
  if (!is_root()) return;
  const auto& step = std::get<io::TrainingSummary>(run.summary.workload);
  const runs::Measures seen = runs::measures_of(run.summary);
  EXPECT_EQ(of(seen, Measure::power_W), step.energy_J.total / step.step_s);
  EXPECT_NEAR(of(seen, Measure::usd_per_tokens_per_s), of(seen, Measure::package_usd) / step.tokens_per_s,
              1e-9 * of(seen, Measure::usd_per_tokens_per_s));
  EXPECT_NEAR(step.cost.usd_per_tokens_per_mJ, step.cost.package_usd * step.energy_per_token_J * 1e3,
              1e-9 * step.cost.usd_per_tokens_per_mJ);
}

}  // namespace
}  // namespace hecaton::test::measures_test
