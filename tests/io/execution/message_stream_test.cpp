// The framing of traces: lengths and messages, plain and packed, and what is cut off.
#include "io/execution/message_stream.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/io/execution/problem.hpp"
#include "tests/io/execution/trace_writer.hpp"

namespace hecaton::test::message_stream_test {
namespace {

using io::execution::MessageStream;

std::vector<std::string> messages(const std::filesystem::path& path) {
  MessageStream stream(path);
  std::vector<std::string> all;
  while (const auto message = stream.next()) all.emplace_back(*message);
  EXPECT_FALSE(stream.next());
  return all;
}

std::string problem(const std::string& bytes) {
  const ScratchFolder folder;
  const auto path = write(folder / "a.et", bytes);
  return problem_of(folder, [&] { messages(path); });
}

TEST(MessageStream, GivesWhatWasWrittenPlainAndPacked) {
  const ScratchFolder folder;
  const std::vector<std::string> all{"a",
                                     "",
                                     std::string(127, 'b'),
                                     std::string(128, 'c'),
                                     std::string(3'000'000, 'd'),
                                     "e",
                                     std::string(io::execution::largest_message_bytes, 'f'),
                                     "g"};
  std::string bytes;
  for (const std::string& message : all) bytes += framed(message);
  EXPECT_EQ(messages(write(folder / "plain", bytes)), all);
  EXPECT_EQ(messages(write_packed(folder / "packed", bytes)), all);
  EXPECT_TRUE(messages(write(folder / "empty", "")).empty());
}

TEST(MessageStream, SmallMessagesCrossTheBuffer) {
  const ScratchFolder folder;
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += framed(std::to_string(i));
  const auto all = messages(write(folder / "many", bytes));
  ASSERT_EQ(all.size(), 200'000U);
  for (int i = 0; i < 200'000; ++i) ASSERT_EQ(all[i], std::to_string(i));
}

TEST(MessageStream, RefusesWhatIsCutOff) {
  EXPECT_EQ(
      problem(framed("abc") + "\x05"
                              "ab"),
      "a.et: byte 4: ends in the middle of a message (2 of its 5 bytes are there) copy or write the file anew");
  EXPECT_EQ(
      problem(framed("abc") + "\x85"),
      "a.et: byte 4: ends in the middle of the length of a message (the file is cut off) copy or write the file "
      "anew");
}

TEST(MessageStream, RefusesWhatIsTooLarge) {
  const std::string expected =
      "a.et: byte 2: is no message (one has at most 16777216 bytes) check that it is an execution trace";
  EXPECT_EQ(problem(framed("a") + varint(io::execution::largest_message_bytes + 1)), expected);
  EXPECT_EQ(problem(framed("a") + std::string(20, '\xff')), expected);
}

TEST(MessageStream, RefusesWhatIsBadlyPacked) {
  const ScratchFolder folder;
  std::string bytes;
  for (int i = 0; i < 2000; ++i) bytes += framed(std::to_string(i * i));
  const auto path = write_packed(folder / "a.et", bytes);
  const std::string packed = read_file(path);
  write(path, packed.substr(0, packed.size() / 2));
  const std::string cut = problem_of(folder, [&] { messages(path); });
  EXPECT_TRUE(cut.starts_with("a.et: byte ")) << cut;
  EXPECT_TRUE(
      cut.ends_with(" of what is unpacked: ends in the middle of what gzip has packed (the file is cut off) "
                    "copy or write the file anew"))
      << cut;
  std::string flipped = packed;
  flipped[packed.size() - 6] = static_cast<char>(flipped[packed.size() - 6] ^ 1);  // its checksum
  write(path, flipped);
  const std::string broken = problem_of(folder, [&] { messages(path); });
  EXPECT_NE(broken.find("of what is unpacked: cannot be unpacked ("), std::string::npos) << broken;
}

TEST(MessageStream, RefusesWhatIsNoFile) {
  const ScratchFolder folder;
  const auto refused = [&](const std::string& name) {
    return problem_of(folder, [&] { MessageStream stream(folder / name); });
  };
  EXPECT_EQ(refused("none"), "none: does not exist (no such file) check the path");
  std::filesystem::create_directory(folder / "folder");
  EXPECT_EQ(refused("folder"),
            "folder: is a directory (an execution trace is a file for each rank) name such a file");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(refused("pipe"),
            "pipe: is not a regular file (an execution trace is a file for each rank) name such a file");
}

}  // namespace
}  // namespace hecaton::test::message_stream_test
