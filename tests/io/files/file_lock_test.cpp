// A lock that one process at a time holds, however the one before ended.
#include "io/files/file_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <thread>

#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::io::file_lock_test {
namespace {

using namespace std::chrono_literals;

// A process that takes the lock and keeps it until it is killed; it holds the lock when this returns.
pid_t start_holder(const std::filesystem::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock(path);
    for (;;) ::pause();
  }
  while (test::read_file(path).empty()) std::this_thread::sleep_for(1ms);
  return child;
}

void kill_and_wait(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(FileLock, RefusesASecondHolderAndNamesTheFirst) {
  const test::ScratchFolder scratch;
  const FileLock lock(scratch / ".lock");
  EXPECT_EQ(lock.why_unprotected(), "");
  try {
    const FileLock second(scratch / ".lock");
    ADD_FAILURE() << "two hold the lock";
  } catch (const LockHeld& held) {
    EXPECT_NE(std::string(held.what()).find("process " + std::to_string(::getpid()) + " on "),
              std::string::npos)
        << held.what();
  }
}

TEST(FileLock, IsFreeAgainAndLeavesNothing) {
  const test::ScratchFolder scratch;
  for (int i = 0; i < 3; ++i) {
    const FileLock lock(scratch / ".lock");
    EXPECT_EQ(scratch.names().size(), 1U);
  }
  EXPECT_TRUE(scratch.names().empty());
}

TEST(FileLock, MovesItsHolder) {
  const test::ScratchFolder scratch;
  FileLock first(scratch / ".lock");
  {
    const FileLock moved(std::move(first));
    EXPECT_THROW(FileLock(scratch / ".lock"), LockHeld);
  }
  const FileLock next(scratch / ".lock");
}

TEST(FileLock, OfAKilledHolderIsFree) {
  const test::ScratchFolder scratch;
  kill_and_wait(start_holder(scratch / ".lock"));
  EXPECT_EQ(scratch.names().size(), 1U) << "nobody removed it";
  const FileLock lock(scratch / ".lock");
  EXPECT_NE(test::read_file(scratch / ".lock").find(std::to_string(::getpid())), std::string::npos);
}

TEST(FileLock, IsWaitedFor) {
  const test::ScratchFolder scratch;
  const pid_t holder = start_holder(scratch / ".lock");
  EXPECT_THROW(FileLock(scratch / ".lock", 50ms), LockHeld);
  std::thread ending([&] {
    std::this_thread::sleep_for(100ms);
    kill_and_wait(holder);
  });
  EXPECT_NO_THROW(FileLock(scratch / ".lock", 60s));
  ending.join();
}

TEST(FileLock, FollowsNoLink) {
  const test::ScratchFolder scratch;
  std::ofstream(scratch / "precious") << "kept";
  std::filesystem::create_symlink(scratch / "precious", scratch / ".lock");
  EXPECT_THROW(FileLock(scratch / ".lock"), std::system_error);
  EXPECT_EQ(test::read_file(scratch / "precious"), "kept");
}

}  // namespace
}  // namespace hecaton::io::file_lock_test
