// The queue of levels against a sorted reference for each, and what it says is safe.
#include "core/engine/queue/level_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <set>
#include <tuple>
#include <vector>

namespace hecaton::engine::level_queue_test {
namespace {

struct Mark {
  std::uint64_t mark = 0;
};
// Components 0 to 9, two for each level.
class Terraces {
 public:
  using Payload = Mark;
  explicit Terraces(std::vector<Level> levels) : levels_(std::move(levels)) {}
  std::span<const Level> levels() const { return levels_; }
  std::size_t level_of(NodeId node) const { return node.value / 2; }

 private:
  std::vector<Level> levels_;
};

std::vector<Level> five_levels() {
  return {{{0}, {10}}, {{30}, {20}}, {{30}, {40}}, {{70}, {60}}, {{100}, {80}}};
}
Event<Mark> event_at(std::int64_t ps, std::uint32_t component, std::uint32_t sequence = 0) {
  return {SimTime{ps}, Phase::arrival, NodeId{component}, NodeId{component}, sequence, {}};
}

using Queue = LevelQueue<Terraces, FetchNothing>;
using Key = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>;
Key key_of(const Event<Mark>& e) {
  return {e.time.ps, e.phase_and_receiver, e.sender_id, e.sequence};
}

// The level of the first event before its limit, by a look at all of them.
std::size_t first_before(const std::array<std::set<Key>, 5>& reference, std::array<std::int64_t, 5> limit) {
  std::size_t best = Queue::none;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t k = 0; k < reference.size(); ++k) {
    if (reference[k].empty()) continue;
    const std::int64_t time = std::get<0>(*reference[k].begin());
    if (time >= limit[k] || time >= least) continue;
    best = k;
    least = time;
  }
  return best;
}

TEST(LevelQueue, GivesTheEventsOfEachLevelInOrder) {
  const Terraces model(five_levels());
  Queue queue(model, {});
  std::array<std::set<Key>, 5> reference;
  std::mt19937_64 random(5);
  std::array<std::int64_t, 5> now{};
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    const auto component = static_cast<std::uint32_t>(random() % 10);
    const std::size_t level = component / 2;
    if (random() % 20 < (step / 2000 % 2 == 0 ? 11U : 8U)) {
      const auto event = event_at(now[level] + static_cast<std::int64_t>(random() % 50), component, step);
      queue.push(event);
      reference[level].insert(key_of(event));
    } else if (!reference[level].empty()) {
      const Event<Mark> event = queue.pop(level);
      EXPECT_EQ(key_of(event), *reference[level].begin());
      reference[level].erase(reference[level].begin());
      now[level] = event.time.ps;
    }
    // Around the next event, so that there are all kinds of answers.
    const std::int64_t next = queue.empty() ? now[0] : queue.next_time().ps;
    const std::int64_t limit =
        std::max<std::int64_t>(0, next + static_cast<std::int64_t>(random() % 60) - 50);
    const std::int64_t until = limit + 60;
    EXPECT_EQ(queue.next_level(SimTime{limit}), first_before(reference, {limit, limit, limit, limit, limit}));
    const bool in_time = queue.next_time().ps >= limit;
    EXPECT_EQ(queue.level_ahead(SimTime{limit}, SimTime{until}),
              in_time ? first_before(reference, {0, limit + 30, limit + 30, until, until}) : Queue::none);
  }
}

TEST(LevelQueue, KnowsTheEarliestReach) {
  const Terraces model(five_levels());
  Queue queue(model, {});
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_time(), SimTime::never());
  std::mt19937_64 random(6);
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), first = least;
  const auto reach_of = [](const Event<Mark>& e) {
    return SimDuration{10 * static_cast<std::int64_t>(e.receiver().value + 1) + e.time.ps % 13};
  };
  for (std::uint32_t step = 0; step < 500; ++step) {
    const auto event = event_at(1000 - step + static_cast<std::int64_t>(random() % 400),
                                static_cast<std::uint32_t>(random() % 10), step);
    queue.push(event);
    first = std::min(first, event.time.ps);
    least = std::min(least, event.time.ps + reach_of(event).ps);
    EXPECT_EQ(queue.next_time().ps, first);
    EXPECT_EQ(queue.earliest({}, reach_of).ps, least);
  }
  std::size_t visited = 0;
  queue.for_each([&](const Event<Mark>&) { ++visited; });
  EXPECT_EQ(visited, 500U);
}

TEST(LevelQueue, RefusesWhatComesTooLate) {
  const Terraces model(five_levels());
  Queue queue(model, {});
  queue.push(event_at(100, 4));
  queue.pop(2);
  queue.end_instant(2, SimTime{100});
  queue.push(event_at(50, 2));
  queue.push(event_at(101, 5));
  EXPECT_THROW(queue.push(event_at(100, 5)), std::logic_error);
}

TEST(LevelQueue, NeedsALevelAtTheBorder) {
  EXPECT_THROW(Queue(Terraces(std::vector<Level>{}), {}), std::logic_error);
  EXPECT_THROW(Queue(Terraces(std::vector<Level>{{{5}, {1}}}), {}), std::logic_error);
  EXPECT_THROW(Queue(Terraces(std::vector<Level>(9)), {}), std::logic_error);
}

}  // namespace
}  // namespace hecaton::engine::level_queue_test
