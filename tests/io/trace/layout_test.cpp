#include "io/trace/layout.hpp"

#include <gtest/gtest.h>

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <cstring>
#include <functional>
#include <stdexcept>

namespace {

using namespace hecaton::io;

TEST(Layout, AlternatingKeysGiveOneExtentPerRunOfKeys) {
  const boost::mpi::communicator world;
  const auto ranks = static_cast<std::uint32_t>(world.size());
  const auto rank = static_cast<std::uint32_t>(world.rank());
  std::vector<std::uint32_t> keys;  // two keys each in turn, key k holding k rows
  std::vector<std::uint64_t> rows;
  for (std::uint32_t key = 0; key < 4 * ranks; ++key) {
    if (key / 2 % ranks != rank) continue;
    keys.push_back(key);
    rows.push_back(key);
  }
  const auto layout = make_layout(keys, rows, 4 * ranks, world);
  const auto before = [](std::uint64_t key) { return key * (key - 1) / 2; };  // 0 + 1 + ... + (key - 1)
  EXPECT_EQ(layout.rows(), before(4 * ranks));
  std::vector<Extent> expected;
  std::uint64_t local = 0;
  for (const std::uint64_t key : {2 * rank, 2 * rank + 2 * ranks}) {
    expected.push_back({key == 0 ? 0 : before(key), 2 * key + 1, local});
    local += 2 * key + 1;
  }
  if (ranks == 1) expected = {{0, before(4), 0}};
  EXPECT_EQ(layout.extents, expected);
}

TEST(Layout, AComplaintOfOneRankReachesAll) {
  const boost::mpi::communicator world;
  const bool last = world.rank() == world.size() - 1;
  const std::vector<std::uint32_t> keys =
      last ? std::vector<std::uint32_t>{3, 2} : std::vector<std::uint32_t>{};
  const std::vector<std::uint64_t> rows(keys.size(), 1);
  EXPECT_THROW(make_layout(keys, rows, 4, world), std::logic_error);
  const std::vector<std::uint32_t> outside =
      last ? std::vector<std::uint32_t>{4} : std::vector<std::uint32_t>{};
  const std::vector<std::uint64_t> one(outside.size(), 1);
  EXPECT_THROW(make_layout(outside, one, 4, world), std::logic_error);
}

TEST(Layout, BlocksCoverTheTableOnce) {
  const boost::mpi::communicator world;
  for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{1}, block_rows, 3 * block_rows + 5}) {
    const std::vector<std::uint32_t> keys =
        world.rank() == 0 ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{};
    const auto layout = make_layout(keys, std::vector<std::uint64_t>(keys.size(), rows), 1, world);
    std::uint64_t next = 0;
    for (std::uint64_t window = 0; window < window_count(layout, world.size()); ++window) {
      for (int rank = 0; rank < world.size(); ++rank) {
        const auto block = block_of(layout, window, rank, world.size());
        EXPECT_EQ(block.first, next);
        EXPECT_LE(block.count, block_rows);
        next += block.count;
      }
    }
    EXPECT_EQ(next, rows);
  }
}

// Rows that are their own global numbers, dealt out one key at a time; some keys span several blocks and
// windows.
TEST(Layout, ExchangedRowsArriveInOrderOnTheRanksThatWriteThem) {
  const boost::mpi::communicator world;
  const std::vector<std::uint64_t> sizes{3, 0, 5 * block_rows + 1, 1, 7, 2 * block_rows, 9};
  std::vector<std::uint32_t> keys;
  std::vector<std::uint64_t> rows_per_key, rows;
  std::uint64_t number = 0;
  for (std::uint32_t key = 0; key < sizes.size(); ++key) {
    const bool mine = static_cast<int>(key) % world.size() == world.rank();
    if (mine) keys.push_back(key);
    if (mine) rows_per_key.push_back(sizes[key]);
    for (std::uint64_t i = 0; i < sizes[key]; ++i, ++number) {
      if (mine) rows.push_back(number);
    }
  }
  const auto layout = make_layout(keys, rows_per_key, static_cast<std::uint32_t>(sizes.size()), world);
  std::uint64_t seen = 0;
  for (std::uint64_t window = 0; window < window_count(layout, world.size()); ++window) {
    const auto bytes =
        exchange_rows(layout, std::as_bytes(std::span(rows)), sizeof(std::uint64_t), window, world);
    const auto block = block_of(layout, window, world.rank(), world.size());
    ASSERT_EQ(bytes.size(), block.count * sizeof(std::uint64_t));
    for (std::uint64_t i = 0; i < block.count; ++i) {
      std::uint64_t value = 0;
      std::memcpy(&value, &bytes[i * sizeof value], sizeof value);
      ASSERT_EQ(value, block.first + i);
    }
    seen += block.count;
  }
  EXPECT_EQ(boost::mpi::all_reduce(world, seen, std::plus<>()), number);
}

}  // namespace
