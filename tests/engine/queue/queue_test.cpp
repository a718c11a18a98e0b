// The event queue against a sorted reference, under time distributions chosen to hurt it.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

#include "core/engine/queue/event_queue.hpp"

namespace hecaton::engine::queue_test {
namespace {

struct Nothing {
  std::uint64_t mark = 0;
};
using Queue = EventQueue<Nothing>;
using Key = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>;

Key key_of(const Event<Nothing>& e) {
  return {e.time.ps, e.phase_and_receiver, e.sender_id, e.sequence};
}

using Draw = std::int64_t (*)(std::mt19937_64&);

struct Distribution {
  const char* name;
  Draw delay;
};

// Delays in picoseconds.
const Distribution distributions[] = {
    {"uniform", [](std::mt19937_64& r) { return static_cast<std::int64_t>(r() % 1000); }},
    {"everything ties", [](std::mt19937_64&) { return std::int64_t{0}; }},
    {"many ties", [](std::mt19937_64& r) { return static_cast<std::int64_t>(r() % 3); }},
    {"clock cycles", [](std::mt19937_64& r) { return static_cast<std::int64_t>(r() % 5) * 1000; }},
    {"12 decades", [](std::mt19937_64& r) { return static_cast<std::int64_t>(1ull << (r() % 40)); }},
    {"far among near",
     [](std::mt19937_64& r) {
       return r() % 100 == 0 ? 1'000'000'000'000 : static_cast<std::int64_t>(r() % 10 * 1000);
     }},
    {"very far, then bursts",
     [](std::mt19937_64& r) {
       return r() % 50 == 0 ? std::int64_t{1} << 55 : static_cast<std::int64_t>(r() % 2);
     }},
    {"wide", [](std::mt19937_64& r) { return static_cast<std::int64_t>(r() >> 14); }},
};

Event<Nothing> draw_event(std::mt19937_64& random, const Distribution& distribution, std::int64_t now,
                          std::uint32_t step) {
  constexpr std::int64_t last = std::int64_t{1} << 60;
  return {SimTime{std::min(last, now + distribution.delay(random))},
          static_cast<Phase>(random() % 3),
          NodeId{static_cast<std::uint32_t>(random() % 5)},
          NodeId{static_cast<std::uint32_t>(random() % 5)},
          step,
          {}};
}

// Grows to `most` events and shrinks to nothing, several times; asks for the next time now and then, so that
// events also come in for days that were looked at already.
void compare_with_reference(const Distribution& distribution, std::size_t most, std::uint32_t steps) {
  std::mt19937_64 random(most);
  Queue queue;
  std::set<Key> reference;
  std::int64_t now = 0;
  bool growing = true;
  for (std::uint32_t step = 0; step < steps; ++step) {
    if (queue.empty()) growing = true;
    if (queue.size() >= most) growing = false;
    if (random() % 4 == 0) {
      ASSERT_EQ(queue.next_time().ps,
                reference.empty() ? SimTime::never().ps : std::get<0>(*reference.begin()));
    }
    if (queue.empty() || random() % 8 < (growing ? 6u : 2u)) {
      const Event<Nothing> event = draw_event(random, distribution, now, step);
      queue.push(event);
      reference.insert(key_of(event));
      continue;
    }
    const Event<Nothing> event = queue.pop();
    ASSERT_EQ(key_of(event), *reference.begin()) << "step " << step;
    reference.erase(reference.begin());
    now = event.time.ps;
    ASSERT_EQ(queue.size(), reference.size());
  }
  while (!reference.empty()) {
    ASSERT_EQ(key_of(queue.pop()), *reference.begin());
    reference.erase(reference.begin());
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_time(), SimTime::never());
}

TEST(EventQueue, PopsInFullKeyOrderUnderEveryDistribution) {
  for (const Distribution& distribution : distributions) {
    SCOPED_TRACE(distribution.name);
    for (const std::size_t most : {3u, 100u, 5000u}) compare_with_reference(distribution, most, 60'000);
  }
}

TEST(EventQueue, FollowsARateThatChangesByFiveDecades) {
  std::mt19937_64 random(5);
  Queue queue;
  std::set<Key> reference;
  std::int64_t now = 0;
  std::uint32_t step = 0;
  for (const std::int64_t scale : {1, 100'000, 10, 1'000'000, 1}) {
    for (int i = 0; i < 20'000; ++i) {
      const Event<Nothing> event(SimTime{now + static_cast<std::int64_t>(random() % 1000) * scale},
                                 Phase::arrival, NodeId{1}, NodeId{static_cast<std::uint32_t>(random() % 9)},
                                 ++step, {});
      queue.push(event);
      reference.insert(key_of(event));
      if (reference.size() < 700) continue;
      const Event<Nothing> popped = queue.pop();
      ASSERT_EQ(key_of(popped), *reference.begin());
      reference.erase(reference.begin());
      now = popped.time.ps;
    }
  }
}

TEST(EventQueue, VisitsEveryEventOnceAndFindsTheEarliestReach) {
  const auto lookahead = [](const Event<Nothing>& e) { return SimDuration{10 + 7 * e.receiver().value}; };
  for (const Distribution& distribution : distributions) {
    SCOPED_TRACE(distribution.name);
    std::mt19937_64 random(3);
    Queue queue;
    std::set<Key> reference;
    std::int64_t now = 0;
    for (std::uint32_t step = 0; step < 4000; ++step) {
      const Event<Nothing> event = draw_event(random, distribution, now, step);
      queue.push(event);
      reference.insert(key_of(event));
      if (step % 3 != 0) {
        const Event<Nothing> popped = queue.pop();
        now = popped.time.ps;
        reference.erase(key_of(popped));
      }
      if (step % 50 != 0) continue;
      std::set<Key> seen;
      std::int64_t earliest = SimTime::never().ps;
      queue.for_each([&](const Event<Nothing>& e) {
        EXPECT_TRUE(seen.insert(key_of(e)).second);
        earliest = std::min(earliest, e.time.ps + lookahead(e).ps);
      });
      ASSERT_EQ(seen, reference);
      ASSERT_EQ(queue.earliest(SimDuration{10}, lookahead).ps, earliest);
    }
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
}  // namespace hecaton::engine::queue_test
