// Files that are complete whenever they have their name.
#include "io/files/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <system_error>

#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::io::atomic_file_test {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using Names = std::set<std::string>;

TEST(AtomicFile, AppearsWholeAndAlone) {
  const test::ScratchFolder scratch;
  write_atomically(scratch / "text", "the first");
  write_atomically(scratch / "text", "another");
  EXPECT_EQ(read_file(scratch / "text"), "another");
  EXPECT_EQ(scratch.names(), Names{"text"});
}

TEST(AtomicFile, LeavesTheOldOneUntilItIsPublished) {
  const test::ScratchFolder scratch;
  write_atomically(scratch / "text", "old");
  AtomicFile file(scratch / "text");
  std::ofstream(file.temporary()) << "new";
  EXPECT_EQ(read_file(scratch / "text"), "old");
  file.publish();
  EXPECT_EQ(read_file(scratch / "text"), "new");
}

TEST(AtomicFile, AWriterThatFailsLeavesNothing) {
  const test::ScratchFolder scratch;
  { const AtomicFile given_up(scratch / "text"); }
  EXPECT_EQ(scratch.names(), Names{});
  fs::create_directories(scratch / "folder" / "inside");
  EXPECT_THROW(write_atomically(scratch / "folder", "no file can replace a folder"), std::system_error);
  EXPECT_EQ(scratch.names(), Names{"folder"});
  EXPECT_THROW(write_atomically(scratch / "missing" / "text", ""), std::system_error);
}

TEST(AtomicFile, WritersOfOneNameNeverShareATemporaryFile) {
  const test::ScratchFolder scratch;
  AtomicFile one(scratch / "text"), other(scratch / "text");
  ASSERT_NE(one.temporary(), other.temporary());
  std::ofstream(one.temporary()) << "one";
  std::ofstream(other.temporary()) << "other";
  one.publish();
  EXPECT_EQ(read_file(scratch / "text"), "one");
  other.publish();
  EXPECT_EQ(read_file(scratch / "text"), "other");
  EXPECT_EQ(scratch.names(), Names{"text"});
}

TEST(AtomicFile, ReplacesALinkAndNotWhatItLeadsTo) {
  const test::ScratchFolder scratch;
  write_atomically(scratch / "precious", "kept");
  fs::create_symlink(scratch / "precious", scratch / "text");
  write_atomically(scratch / "text", "new");
  EXPECT_EQ(read_file(scratch / "precious"), "kept");
  EXPECT_FALSE(fs::is_symlink(scratch / "text"));
}

TEST(AtomicFile, GoesByTheUmask) {
  const test::ScratchFolder scratch;
  const mode_t before = ::umask(027);
  write_atomically(scratch / "text", "");
  ::umask(before);
  EXPECT_EQ(fs::status(scratch / "text").permissions(), fs::perms(0640));
}

TEST(AtomicFile, NamesMayBeAsLongAsTheFileSystemAllows) {
  const test::ScratchFolder scratch;
  const std::string longest(255, 'n');
  write_atomically(scratch / longest, "text");
  EXPECT_EQ(scratch.names(), Names{longest});
}

TEST(AtomicFile, LeftoversOfKilledWritersAreKnownByTheirExactNames) {
  const test::ScratchFolder scratch;
  const std::string number = "0123456789abcdef";
  const Names others{"text",
                     "text.part",
                     "text." + number,
                     "text." + number + ".part.x",
                     "text2." + number + ".part",
                     "text.0123456789ABCDEF.part",
                     "text.0123.part"};
  for (const std::string& name : others) write_atomically(scratch / name, "");
  write_atomically(scratch / ("text." + number + ".part"), "");
  fs::create_directory(scratch / ("text.1" + number.substr(1) + ".part"));
  remove_unfinished(scratch / "text");
  Names left = others;
  left.insert("text.1" + number.substr(1) + ".part");
  EXPECT_EQ(scratch.names(), left);
}

}  // namespace
}  // namespace hecaton::io::atomic_file_test
