#include "core/engine/dry/book.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace hecaton::engine {
namespace {

// A word for each rank travels with every reduction: how many batches it is to expect.
double reduction_of(std::size_t ranks, const DryCosts& costs) {
  const auto levels = static_cast<double>(std::bit_width(ranks - 1));
  const double bytes = static_cast<double>(ranks + 3) * 8.0;
  return levels * (costs.reduction_s + bytes / costs.bandwidth_Bps);
}

}  // namespace

std::uint64_t DryBook::Rank::records() const {
  std::uint64_t all = 0;
  for (const Lane& lane : lanes) all += lane.records;
  return all;
}
std::uint64_t DryBook::Rank::batches() const {
  std::uint64_t all = 0;
  for (const Lane& lane : lanes) all += lane.batches;
  return all;
}

DryBook::DryBook(std::vector<std::vector<RankId>> neighbours, std::uint64_t record_bytes,
                 const DryCosts& costs)
    : neighbours_(std::move(neighbours)),
      record_bytes_(record_bytes),
      costs_(costs),
      reduction_s_(reduction_of(neighbours_.size(), costs)),
      ranks_(neighbours_.size()),
      clocks_(neighbours_.size()),
      shares_(neighbours_.size()) {}

DryBook::Share& DryBook::share_of(RankId rank) {
  Share& share = shares_[rank.value];
  if (share.window != windows_ + 1) {
    share = {windows_ + 1, 0, 0.0};
    active_.push_back(rank);
  }
  return share;
}

void DryBook::handled(RankId rank, SimTime at, SimTime output) {
  ++ranks_[rank.value].events;
  ++share_of(rank).events;
  tick(rank, at, output);
}

void DryBook::tick(RankId rank, SimTime at, SimTime output) {
  Clock& clock = clocks_[rank.value];
  if (clock.instant != at) {
    clock.instant = at;
    for (const RankId other : neighbours_[rank.value]) {
      Clock& awaited = clocks_[other.value];
      for (; !awaited.passages.empty() && awaited.passages.front().output <= at; awaited.passages.pop_front())
        awaited.released_s = awaited.passages.front().finished_s;
      if (awaited.released_s > 0) clock.now_s = std::max(clock.now_s, awaited.released_s + costs_.latency_s);
    }
    if (at >= clock.renewal && at <= clock.busy_until) {
      clock.now_s += costs_.promise_s;
      clock.renewal = at + costs_.promise_every;
    }
  }
  clock.now_s += costs_.event_s;
  if (at <= clock.busy_until) pass(clock, output);
}

// Whoever waits for an earlier one that reaches as far waits for this one.
void DryBook::pass(Clock& clock, SimTime output) {
  while (!clock.passages.empty() && clock.passages.back().output >= output) clock.passages.pop_back();
  clock.passages.push_back({output, clock.now_s});
}

void DryBook::busy(RankId rank, SimTime until) {
  SimTime& known = clocks_[rank.value].busy_until;
  known = known == SimTime::never() ? until : std::max(known, until);
}

void DryBook::posted(RankId from, RankId to, SimTime arrival) {
  std::vector<Lane>& lanes = ranks_[from.value].lanes;
  auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& one) { return one.to == to; });
  if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane{to});
  const double bytes_s = static_cast<double>(record_bytes_) / costs_.bandwidth_Bps;
  double exchange_s = bytes_s;
  ++lane->records;
  if (lane->window != windows_ + 1) {
    lane->window = windows_ + 1;
    ++lane->batches;
    exchange_s += costs_.message_s;
  }
  share_of(from).exchange_s += exchange_s;
  share_of(to).exchange_s += exchange_s;
  clocks_[from.value].now_s += bytes_s;
  pass(clocks_[from.value], arrival);
}

// What was posted before the first agreement (start) belongs to it.
void DryBook::close_window() {
  std::uint64_t most_events = 0;
  double longest_s = 0;
  for (const RankId rank : active_) {
    const Share& share = shares_[rank.value];
    most_events = std::max(most_events, share.events);
    longest_s = std::max(longest_s, static_cast<double>(share.events) * costs_.event_s + share.exchange_s);
  }
  active_.clear();
  ++windows_;
  busiest_ += most_events;
  windows_s_ += longest_s + reduction_s_;
}

double DryBook::promises_s() const {
  double latest = 0;
  for (const Clock& clock : clocks_) latest = std::max(latest, clock.now_s);
  return latest;
}

}  // namespace hecaton::engine
