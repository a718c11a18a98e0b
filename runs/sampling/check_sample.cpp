#include "runs/sampling/check_sample.hpp"

#include <fmt/format.h>

#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "io/files/input_error.hpp"
#include "io/report/quantity.hpp"
#include "runs/sampling/sampled_step.hpp"

namespace hecaton::runs {

namespace {

constexpr double long_run_s = 600;

}  // namespace

void require_sample(const io::LoadedDeck& loaded, const Workload& whole) {
  const std::string& budget = loaded.deck.sampling.budget;
  const std::uint64_t needed = forecast_sample(whole).events;
  if (needed <= *io::budget_events(budget)) return;
  throw io::InputError(
      loaded.locations.find("sampling.budget"), "sampling.budget", "is too small for this step",
      fmt::format("a round of each kind takes about {:.3g} events; \"{}\" allows {:.3g}",
                  static_cast<double>(needed), budget, static_cast<double>(*io::budget_events(budget))),
      fmt::format("allow at least {:.2g}", 1.1 * static_cast<double>(needed)));
}

std::string advise_sampling(const io::Deck& deck, std::uint64_t events, int ranks) {
  const double seconds = static_cast<double>(events) / io::sampled_events_per_s / ranks;
  const bool can_be_sampled = io::kind_of(deck).traits.can_be_sampled && !io::is_sampled(deck);
  if (!can_be_sampled || seconds < long_run_s) return {};
  return fmt::format("the whole step takes about {}; --sample tells it in minutes, with an interval",
                     io::format_duration(seconds));
}

}  // namespace hecaton::runs
