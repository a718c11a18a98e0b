#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>

#include "io/trace_layout.hpp"

namespace {

using hecaton::io::make_layout;
using hecaton::io::slice;
using hecaton::io::hdf5::Extent;

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
  for (const std::uint64_t key : {2 * rank, 2 * rank + 2 * ranks}) {
    expected.push_back({key == 0 ? 0 : before(key), 2 * key + 1});
  }
  if (ranks == 1) expected = {{0, before(4)}};
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

TEST(Layout, SlicesCutExtentsWhereLocalRowsBeginAndEnd) {
  const std::vector<Extent> extents{{10, 5}, {20, 1}, {30, 10}};
  EXPECT_EQ(slice(extents, 0, 16), extents);
  EXPECT_EQ(slice(extents, 4, 4), (std::vector<Extent>{{14, 1}, {20, 1}, {30, 2}}));
  EXPECT_EQ(slice(extents, 8, 3), (std::vector<Extent>{{32, 3}}));
  EXPECT_TRUE(slice(extents, 16, 0).empty());
}

}  // namespace
