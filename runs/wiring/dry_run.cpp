#include "runs/wiring/dry_run.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "core/engine/dry/book.hpp"
#include "core/engine/dry/dry_run.hpp"
#include "core/engine/engine.hpp"
#include "net/package/links.hpp"
#include "runs/wiring/expected_load.hpp"
#include "runs/wiring/lookahead.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/results.hpp"

namespace hecaton::runs {

namespace {

using Record = engine::Event<net::Payload>;

// Of this process alone, so that others on the machine do not count.
double processor_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Who has a link across a border to whom.
std::vector<std::vector<RankId>> neighbours_of_ranks(const net::Topology& topology,
                                                     const partition::Partition& partition) {
  std::vector<std::vector<RankId>> neighbours(partition.ranks);
  net::for_each_link(topology, [&](NodeId from, NodeId to) {
    const RankId own = partition.owner[from.value], other = partition.owner[to.value];
    if (own != other) neighbours[own.value].push_back(other);
  });
  for (std::vector<RankId>& of_rank : neighbours) {
    std::sort(of_rank.begin(), of_rank.end());
    of_rank.erase(std::unique(of_rank.begin(), of_rank.end()), of_rank.end());
  }
  return neighbours;
}

// As often as NullSync renews its promises, in the mean.
constexpr std::int64_t renewals_per_lookahead = 12;

engine::DryCosts costs_of_run(const io::ForecastCosts& costs, SimDuration least_lookahead) {
  return {costs.event_ns * 1e-9,
          costs.latency_us * 1e-6,
          costs.message_us * 1e-6,
          costs.promise_ns * 1e-9,
          costs.reduction_us * 1e-6,
          costs.bandwidth_GBps * 1e9,
          SimDuration{least_lookahead.ps / renewals_per_lookahead}};
}

// The whole package in this process.
class Package {
 public:
  explicit Package(const io::Deck& deck)
      : workload_(deck),
        fabric_(network_of(deck), workload_.has_io()),
        model_(fabric_, std::vector<RankId>(fabric_.topology.nodes()), RankId{0},
               [&](NodeId node) { return make_endpoint(workload_, {}, node); }) {}

  const Workload& workload() const { return workload_; }
  Model& model() { return model_; }

  void require_finished() const {
    std::string report;
    for (const std::string& line : unfinished(model_)) report += "\n  " + line;
    if (!report.empty()) throw std::runtime_error("programs have not ended; waiting are" + report);
  }

 private:
  Workload workload_;
  net::Fabric fabric_;
  Model model_;
};

double measured_event_ns(const io::Deck& deck) {
  Package package(deck);
  engine::Alone alone;
  engine::Engine<Model, engine::Alone> engine(package.model(), alone);
  const double start = processor_s();
  engine.run();
  const double spent = processor_s() - start;
  package.require_finished();
  return spent * 1e9 / static_cast<double>(std::max<std::uint64_t>(1, engine.accounting().events));
}

io::Forecast forecast_of(const engine::DryBook& book, const io::ForecastCosts& costs) {
  io::Forecast forecast;
  forecast.costs = costs;
  forecast.windows = book.windows();
  forecast.busiest_events = book.events_of_busiest();
  forecast.window_s = book.windows_s();
  forecast.promise_s = book.promises_s();
  for (const engine::DryBook::Rank& rank : book.ranks()) {
    io::ForecastRank row{rank.events, rank.records(), rank.batches(), rank.records() * sizeof(Record), {}};
    for (const engine::DryBook::Lane& lane : rank.lanes)
      row.to.push_back({lane.to.value, lane.records, lane.records * sizeof(Record)});
    std::sort(row.to.begin(), row.to.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; });
    forecast.ranks.push_back(std::move(row));
  }
  return forecast;
}

}  // namespace

io::Forecast dry_run(const io::Deck& deck, const DryRunOptions& options) {
  io::ForecastCosts costs = options.costs;
  costs.event_measured = costs.event_ns <= 0;
  if (costs.event_measured) costs.event_ns = measured_event_ns(deck);
  Package package(deck);
  const auto partition = regions_of(package.workload(), deck, options.partition, options.ranks);
  package.model().set_regions(partition.owner, bypass_links_of(package.workload()), options.lookahead);
  engine::DryBook book(neighbours_of_ranks(package.workload().topology(), partition), sizeof(Record),
                       costs_of_run(costs, package.model().least_lookahead()));
  using Played = engine::Watched<Model, engine::DryBook>;
  Played played(package.model(), book, partition.owner);
  engine::DryRun synchroniser(book);
  engine::Engine<Played, engine::DryRun<engine::DryBook>> engine(played, synchroniser);
  engine.run();
  package.require_finished();
  io::Forecast forecast = forecast_of(book, costs);
  forecast.deck = deck.name;
  forecast.partition = options.partition;
  forecast.simulated_ps = engine.now().ps;
  return forecast;
}

}  // namespace hecaton::runs
