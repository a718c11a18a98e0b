// What fails on one rank is heard by all.
#include "io/files/shared_failure.hpp"

#include <gtest/gtest.h>

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/serialization/string.hpp>
#include <stdexcept>

#include "io/files/shared_atomic_file.hpp"
#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::io::shared_failure_test {
namespace {

namespace mpi = boost::mpi;

// The folder of the first rank.
std::filesystem::path shared_by(const mpi::communicator& world, const test::ScratchFolder& own) {
  std::string path = own.path();
  mpi::broadcast(world, path, 0);
  return path;
}

template <class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(SharedFailure, AllGoOnWhereNobodyFails) {
  const mpi::communicator world;
  int done = 0;
  EXPECT_NO_THROW(together(world, [&] { ++done; }));
  EXPECT_EQ(done, 1);
  EXPECT_NO_THROW(on_root(world, [&] { ++done; }));
  EXPECT_EQ(done, world.rank() == 0 ? 2 : 1);
  EXPECT_FALSE(first_failure(world, "").has_value());
}

TEST(SharedFailure, TheFirstRanksReasonIsEveryRanks) {
  const mpi::communicator world;
  const int last = world.size() - 1;
  const auto fails_from = [&](int rank) {
    return message_of([&] {
      together(world, [&] {
        if (world.rank() >= rank) throw std::invalid_argument("rank " + std::to_string(world.rank()));
      });
    });
  };
  EXPECT_EQ(fails_from(0), "rank 0");
  EXPECT_EQ(fails_from(last), "rank " + std::to_string(last));
  EXPECT_EQ(message_of([&] { on_root(world, [] { throw std::runtime_error(""); }); }), "unknown failure");
  const auto failure = first_failure(world, world.rank() == last ? "a reason" : "");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->rank, last);
  EXPECT_EQ(failure->reason, "a reason");
}

TEST(SharedAtomicFile, IsOneFileOfAllRanks) {
  const mpi::communicator world;
  const test::ScratchFolder own;
  const std::filesystem::path folder = shared_by(world, own);
  SharedAtomicFile file(folder / "text", world);
  EXPECT_TRUE(std::filesystem::exists(file.temporary()));
  world.barrier();
  file.publish();
  EXPECT_TRUE(std::filesystem::exists(folder / "text"));
  EXPECT_FALSE(std::filesystem::exists(file.temporary()));
  world.barrier();  // the folder goes with the first rank's object
}

TEST(SharedAtomicFile, AFailureOfTheFirstRankIsEveryRanks) {
  const mpi::communicator world;
  const test::ScratchFolder own;
  const std::filesystem::path folder = shared_by(world, own);
  const std::string message =
      message_of([&] { const SharedAtomicFile file(folder / "missing" / "text", world); });
  EXPECT_NE(message.find("cannot be written"), std::string::npos) << message;
}

}  // namespace
}  // namespace hecaton::io::shared_failure_test
