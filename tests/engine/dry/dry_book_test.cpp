// The clocks of a dry run against arithmetic on paper.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/engine/dry/book.hpp"

namespace hecaton::engine::dry_book_test {
namespace {

constexpr RankId first{0}, second{1};
constexpr std::uint64_t record_bytes = 64;

DryCosts costs() {
  DryCosts all;
  all.event_s = 3.0;
  all.latency_s = 20.0;
  all.message_s = 7.0;
  all.promise_s = 1.0;
  all.reduction_s = 100.0;
  all.bandwidth_Bps = 64.0;  // a record takes a second
  return all;
}

DryBook two_ranks() {
  return DryBook({{second}, {first}}, record_bytes, costs());
}

// One level, and five words.
double reduction_of_two() {
  return 100.0 + 5 * 8 / 64.0;
}

TEST(DryBook, AWindowTakesAsLongAsItsSlowestRankAndTheReduction) {
  DryBook book = two_ranks();
  for (int i = 0; i < 5; ++i) book.handled(first, {10 + i}, {1000});
  for (int i = 0; i < 2; ++i) book.handled(second, {10 + i}, {1000});
  book.close_window();
  EXPECT_DOUBLE_EQ(book.windows_s(), 5 * 3.0 + reduction_of_two());
  EXPECT_EQ(book.events_of_busiest(), 5U);

  // Three records in one batch: both ends have to do with it.
  book.handled(second, {2000}, {3000});
  for (int i = 0; i < 3; ++i) book.posted(first, second, {3000});
  book.close_window();
  EXPECT_DOUBLE_EQ(book.windows_s(),
                   5 * 3.0 + reduction_of_two() + (1 * 3.0 + 7.0 + 3 * 1.0) + reduction_of_two());
  book.close_window();
  EXPECT_EQ(book.windows(), 3U);
  EXPECT_EQ(book.ranks()[0].records(), 3U);
  EXPECT_EQ(book.ranks()[0].batches(), 1U);
  EXPECT_EQ(book.ranks()[1].records(), 0U);
}

TEST(DryBook, ABatchPerWindowAndReceiver) {
  DryBook book({{second}, {first}, {}}, record_bytes, costs());
  for (int window = 0; window < 2; ++window) {
    book.posted(first, second, {3000});
    book.posted(first, RankId{2}, {3000});
    book.posted(first, second, {3000});
    book.close_window();
  }
  EXPECT_EQ(book.ranks()[0].records(), 6U);
  EXPECT_EQ(book.ranks()[0].batches(), 4U);
  ASSERT_EQ(book.ranks()[0].lanes.size(), 2U);
  EXPECT_EQ(book.ranks()[0].lanes[0].records, 4U);
}

TEST(DryBook, RanksThatAnswerEachOtherTakeTurns) {
  DryBook book = two_ranks();
  // Each event lets the next one happen, on the other rank.
  for (std::int64_t turn = 0; turn < 6; ++turn)
    book.handled(RankId{static_cast<std::uint32_t>(turn % 2)}, {100 * turn}, {100 * turn + 100});
  EXPECT_DOUBLE_EQ(book.promises_s(), 6 * (3.0 + 1.0) + 5 * 20.0);
}

TEST(DryBook, RanksThatReachEachOtherLaterWorkAtTheSameTime) {
  DryBook book = two_ranks();
  for (std::int64_t turn = 0; turn < 6; ++turn)
    book.handled(RankId{static_cast<std::uint32_t>(turn % 2)}, {100 * turn}, {100 * turn + 10'000});
  EXPECT_DOUBLE_EQ(book.promises_s(), 3 * (3.0 + 1.0));
  // Then one has to wait until the other has done all of this, and its answer has come.
  book.handled(first, {20'000}, {30'000});
  EXPECT_DOUBLE_EQ(book.promises_s(), 3 * (3.0 + 1.0) + 20.0 + (3.0 + 1.0));
}

// While nothing is on its way between ranks, only what is sent holds anybody back, and promises need no
// renewing.
TEST(DryBook, RanksWithNothingBetweenThemDoNotWait) {
  DryBook book = two_ranks();
  for (const RankId rank : {first, second}) book.busy(rank, {100});
  book.handled(first, {100}, {200});
  book.handled(second, {300}, {400});  // not before the other has processed what reaches it at 200
  const double known = (3.0 + 1.0) + 20.0 + 3.0;
  EXPECT_DOUBLE_EQ(book.promises_s(), known);
  for (int i = 0; i < 5; ++i) book.handled(first, {500 + i}, {600});
  book.handled(second, {700}, {800});
  EXPECT_DOUBLE_EQ(book.promises_s(), known + 3.0);
  // What is sent: a second for the record, and whoever takes it waits for it.
  book.posted(first, second, {900});
  book.handled(second, {900}, {1000});
  EXPECT_DOUBLE_EQ(book.promises_s(), std::max(known + 3.0, (3.0 + 1.0) + 5 * 3.0 + 1.0 + 20.0) + 3.0);
}

TEST(DryBook, EventsOfAnInstantShareAPromise) {
  DryBook book = two_ranks();
  for (int i = 0; i < 4; ++i) book.handled(first, {10}, {1000});
  EXPECT_DOUBLE_EQ(book.promises_s(), 4 * 3.0 + 1.0);
}

TEST(DryBook, PromisesAreRenewedNowAndThen) {
  DryCosts seldom = costs();
  seldom.promise_every = SimDuration{100};
  DryBook book({{second}, {first}}, record_bytes, seldom);
  for (std::int64_t i = 0; i < 10; ++i) book.handled(first, {30 * i}, {100'000});  // at 0, 120 and 240
  EXPECT_DOUBLE_EQ(book.promises_s(), 10 * 3.0 + 3 * 1.0);
}

TEST(DryBook, AReductionOfManyIsATree) {
  for (const std::size_t ranks : {2U, 3U, 4U, 5U, 1024U}) {
    DryBook book(std::vector<std::vector<RankId>>(ranks), record_bytes, costs());
    book.close_window();
    const double levels = std::ceil(std::log2(static_cast<double>(ranks)));
    EXPECT_DOUBLE_EQ(book.windows_s(), levels * (100.0 + static_cast<double>(ranks + 3) * 8 / 64));
  }
}

}  // namespace
}  // namespace hecaton::engine::dry_book_test
