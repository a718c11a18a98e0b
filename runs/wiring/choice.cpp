#include "runs/wiring/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/schedules/lanes.hpp"
#include "core/training/step_collectives.hpp"
#include "io/deck/workloads/package_facts.hpp"
#include "io/report/quantity.hpp"
#include "net/package/fabric.hpp"
#include "runs/closed_forms/crowded.hpp"
#include "runs/closed_forms/groups.hpp"
#include "runs/wiring/undisturbed.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

namespace {

constexpr std::size_t most_told = 3;
constexpr std::uint64_t clearly_less = 25;  // by one part of so many

struct Expected {
  std::uint64_t ps;
  std::size_t which;
};

// Where messages share links a collective takes `latency` and what the busiest link carries, or what rounds of messages
// take, if that is more.
Checked crowded_ps(const Workload& workload, const io::Deck& deck, Checked latency) {
  std::vector<MemberDie> dies;
  for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
    const chiplet::DieSetup setup = workload.die_setup(NodeId{d});
    dies.push_back({setup.id, setup.rings, setup.lines});
  }
  const chiplet::DieTimings timings = chiplet::resolve_timings(deck.die, deck.memory);
  const net::Fabric fabric(deck.network, false);
  const MessageTimes messages(deck.network);
  const Crowded crowded(dies, timings, fabric, messages);
  Checked rounds, busiest;
  for (const chiplet::Op& op : workload.plan().roles.front()) {
    if (!chiplet::is_collective(op.code)) continue;
    rounds += crowded.rounds(op);
    busiest += crowded.busiest(op);
  }
  return std::max(rounds, latency + busiest);
}

std::uint64_t expected_ps(const Workload& workload, const io::Deck& deck) {
  const Undisturbed alone = undisturbed(workload, deck);
  if (workload.programs()->is_open) return alone.compute_ps + alone.collectives_ps;
  const Checked compute = alone.compute_ps, latency = alone.collectives_ps - alone.bytes_ps;
  return std::max(compute + alone.collectives_ps, crowded_ps(workload, deck, compute + latency)).value();
}

// The least comes first, but for a plainer one that takes hardly more: what is simple contends less than estimates know.
void put_in_order(std::vector<Expected>& expected) {
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Expected& a, const Expected& b) { return a.ps < b.ps; });
  const auto hardly_more = [&](const Expected& each) {
    return each.ps - expected.front().ps <= expected.front().ps / clearly_less;
  };
  auto plainest = expected.begin();
  for (auto each = expected.begin(); each != expected.end() && hardly_more(*each); ++each)
    if (each->which < plainest->which) plainest = each;
  std::rotate(expected.begin(), plainest, plainest + 1);
}

// Each collective by the way that ends first by its form; as it is, unless another takes clearly less.
void improve(io::Programs& programs, const Workload& package, const io::Deck& deck) {
  const MessageTimes messages(deck.network);
  const Groups groups(messages, package.die_setup(NodeId{0}).timings, programs.line_order,
                      {.all = true, .backward = true});
  const training::RingLinks links = io::ring_links_of(deck.network.package);
  for (chiplet::Program& program : programs.plan.roles)
    for (chiplet::Op& op : program) {
      if (!chiplet::is_collective(op.code)) continue;
      std::optional<Checked> least;
      for (const chiplet::Op& way : training::ways_of(op, links)) {
        const Checked end = groups.end(way, 0).all;
        if (least && end + end / clearly_less >= *least) continue;
        least = end;
        op = way;
      }
    }
}

// With chunks that are all alike: forms are loose where some are a little larger, and a choice hangs on no such thing.
io::Programs evened(io::Programs programs, std::uint64_t dies) {
  for (chiplet::Program& program : programs.plan.roles)
    for (chiplet::Op& op : program) {
      const std::uint64_t chunks = dies * chiplet::lane_count(op) * std::max<std::uint64_t>(op.count, 1);
      op.units = (op.units + chunks - 1) / chunks * chunks;
    }
  return programs;
}

std::string told(const io::Programs& programs, const Expected& expected) {
  return fmt::format("{}, {}", programs.algorithm,
                     io::format_si(static_cast<double>(expected.ps) * 1e-12, "s"));
}

}  // namespace

io::DieWork chosen(const io::Deck& deck, io::DieWork work) {
  auto* programs = std::get_if<io::Programs>(&work);
  if (programs == nullptr || programs->alternatives.empty()) return work;
  std::vector<io::Programs> ways = std::exchange(programs->alternatives, {});
  const Workload package(deck, work);
  std::vector<Expected> expected;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (ways[i].is_open) improve(ways[i], package, deck);
    const io::Programs tried = ways[i].is_open ? ways[i] : evened(ways[i], package.topology().dies());
    expected.push_back({expected_ps(Workload(package, tried), deck), i});
  }
  put_in_order(expected);
  io::Programs best = ways[expected.front().which];
  for (std::size_t i = 0; i < std::min(most_told, expected.size()); ++i) {
    const std::string key =
        i == 0 ? fmt::format("chosen of {} algorithms, by closed forms", ways.size()) : "after it";
    if (ways.size() > 1) best.plan.facts.push_back({key, told(ways[expected[i].which], expected[i]), ""});
  }
  if (std::exchange(best.is_open, false)) {
    best.algorithm.clear();
    for (training::PlanFact& fact : training::collective_facts(best.plan))
      best.plan.facts.push_back(std::move(fact));
  }
  return best;
}

}  // namespace hecaton::runs
