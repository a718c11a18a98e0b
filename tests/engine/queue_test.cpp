// The event queue against a sorted reference, under time distributions chosen to hurt it.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "core/engine/event_queue.hpp"

namespace hecaton::engine {
namespace {

struct Nothing {
  std::uint64_t mark = 0;
};
using Queue = EventQueue<Nothing>;
using Key = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>;

Key key_of(const Event<Nothing>& e) {
  return {e.time.ps, e.phase_and_receiver, e.sender_id, e.sequence};
}

std::int64_t draw_delay(std::mt19937_64& random, int distribution) {
  switch (distribution) {
    case 0:
      return static_cast<std::int64_t>(random() % 1000);  // uniform
    case 1:
      return 0;  // everything ties
    case 2:
      return static_cast<std::int64_t>(random() % 3);  // many ties
    case 3:
      return static_cast<std::int64_t>(1ull << (random() % 40));  // skewed over 12 decades
    default:
      return random() % 100 == 0 ? 1'000'000'000'000 : random() % 10 * 1000;  // far future among near
  }
}

TEST(EventQueue, PopsInFullKeyOrderUnderEveryDistribution) {
  for (int distribution = 0; distribution < 5; ++distribution) {
    std::mt19937_64 random(static_cast<std::uint64_t>(distribution) + 7);
    Queue queue;
    std::set<Key> reference;
    std::int64_t now = 0;
    for (std::uint32_t step = 0; step < 20000; ++step) {
      const bool push = queue.empty() || (queue.size() < 500 && random() % 2 == 0);
      if (push) {
        const Event<Nothing> event(SimTime{now + draw_delay(random, distribution)},
                                   static_cast<Phase>(random() % 3),
                                   NodeId{static_cast<std::uint32_t>(random() % 5)},
                                   NodeId{static_cast<std::uint32_t>(random() % 5)}, step, {});
        queue.push(event);
        reference.insert(key_of(event));
        continue;
      }
      ASSERT_EQ(queue.next_time().ps, std::get<0>(*reference.begin()));
      const Event<Nothing> event = queue.pop();
      ASSERT_EQ(key_of(event), *reference.begin());
      reference.erase(reference.begin());
      now = event.time.ps;
    }
    EXPECT_EQ(queue.size(), reference.size());
  }
}

TEST(EventQueue, EarliestReachLooksAtEveryEventThatMatters) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    Queue queue;
    std::int64_t expected = SimTime::never().ps;
    const auto reach = [](const Event<Nothing>& e) { return SimDuration{10 + 7 * e.receiver().value}; };
    for (std::uint32_t i = 0; i < 60; ++i) {
      const Event<Nothing> event(SimTime{static_cast<std::int64_t>(random() % 100)}, Phase::arrival,
                                 NodeId{static_cast<std::uint32_t>(random() % 8)}, NodeId{0}, i, {});
      queue.push(event);
      expected = std::min(expected, event.time.ps + reach(event).ps);
    }
    EXPECT_EQ(queue.earliest(SimDuration{10}, reach).ps, expected);
  }
}

TEST(EventQueue, SequenceNumbersMayWrap) {
  Queue queue;
  queue.push({SimTime{5}, Phase::arrival, NodeId{1}, NodeId{2}, 0, {1}});
  queue.push({SimTime{5}, Phase::arrival, NodeId{1}, NodeId{2}, 0xFFFFFFFFu, {0}});
  EXPECT_EQ(queue.pop().payload.mark, 0u);
  EXPECT_EQ(queue.pop().payload.mark, 1u);
}

}  // namespace
}  // namespace hecaton::engine
