// Checkpoint files: what is written is read, and whatever is damaged, cut off or made up is refused in words.
#include "io/checkpoint/checkpoint.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <random>

#include "io/checkpoint/state_archive.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::checkpoint_test {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<unsigned char>;

Bytes bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_bytes(const fs::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

class Checkpoints : public ::testing::Test {
 protected:
  static constexpr std::uint32_t nodes = 37;

  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("hecaton-checkpoint-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    write_bytes(folder_ / "rows", random_bytes(3000));
    head_.run = identity_of("a deck", {});
    head_.halt = SimTime{123'456'789};
    head_.events = 42;
    head_.operations = true;
    head_.stretches = {{"rows", 7, 3000, digest_of_file(folder_ / "rows")}};
    for (std::uint32_t node = 0; node < nodes; ++node)
      states_.push_back({node, random_bytes(random_() % 400)});
    states_[5].bytes.clear();
    size_ = write_checkpoint(path(), head_, states_, comm_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path path() const { return folder_ / "checkpoint"; }
  Bytes random_bytes(std::size_t count) {
    Bytes bytes(count);
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_());
    return bytes;
  }
  // Reads all there is, as a run would that goes on from it.
  void read() const { CheckpointReader(path()).verify(); }
  void expect_refused(const std::string& what) const {
    try {
      read();
      ADD_FAILURE() << what << " was not noticed";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(path().string()), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("checkpoint"), std::string::npos) << error.what();
    }
  }

  boost::mpi::communicator comm_;
  std::mt19937_64 random_{1};
  fs::path folder_;
  CheckpointHead head_;
  std::vector<NodeState> states_;
  std::uint64_t size_ = 0;
};

TEST_F(Checkpoints, HoldWhatWasWritten) {
  EXPECT_EQ(fs::file_size(path()), size_);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);  // rows, checkpoint
  CheckpointReader reader(path());
  reader.verify();
  EXPECT_EQ(reader.head().run, head_.run);
  EXPECT_EQ(reader.head().halt, head_.halt);
  EXPECT_EQ(reader.head().events, 42U);
  ASSERT_EQ(reader.head().stretches.size(), 1U);
  EXPECT_EQ(reader.head().stretches[0].rows, 7U);
  ASSERT_EQ(reader.nodes(), nodes);
  for (const NodeState& state : states_) EXPECT_EQ(reader.state_of(state.node), state.bytes);
}

TEST_F(Checkpoints, TellRunsApart) {
  EXPECT_NE(identity_of("a deck", {}), identity_of("a deck", {.trains = false}));
  EXPECT_NE(identity_of("a deck", {}), identity_of("a deck", {.clocked = false}));
  EXPECT_NE(identity_of("a deck", {}), identity_of("a dock", {}));
  EXPECT_NE(identity_of("", {}), identity_of(std::string(1, '\0'), {}));
}

TEST_F(Checkpoints, AnyChangedByteIsRefused) {
  const Bytes good = bytes_of(path());
  for (int i = 0; i < 1000; ++i) {
    Bytes bad = good;
    // The head first, byte by byte; then anywhere.
    const std::size_t at = i < 400 ? static_cast<std::size_t>(i) : random_() % bad.size();
    bad[at] = static_cast<unsigned char>(bad[at] ^ (1U + random_() % 255));
    write_bytes(path(), bad);
    expect_refused("a change at " + std::to_string(at));
  }
  write_bytes(path(), good);
  read();
}

TEST_F(Checkpoints, AnyOtherLengthIsRefused) {
  const Bytes good = bytes_of(path());
  for (int i = 0; i < 1000; ++i) {
    const std::size_t length = i < 300 ? static_cast<std::size_t>(i) : random_() % good.size();
    write_bytes(path(), Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
    expect_refused("a length of " + std::to_string(length));
  }
  Bytes longer = good;
  longer.push_back(0);
  write_bytes(path(), longer);
  expect_refused("a byte more");
}

TEST_F(Checkpoints, ADamagedStretchIsRefused) {
  Bytes rows = bytes_of(folder_ / "rows");
  rows[1234] ^= 1;
  write_bytes(folder_ / "rows", rows);
  expect_refused("a changed stretch");
  rows.pop_back();
  write_bytes(folder_ / "rows", rows);
  expect_refused("a short stretch");
  fs::remove(folder_ / "rows");
  expect_refused("a missing stretch");
}

// With digests that are right, so that only the sizes can give it away.
TEST_F(Checkpoints, SizesAreCheckedBeforeTheyAreBelieved) {
  for (const std::uint64_t size : {std::uint64_t{1} << 20U, std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
    StateWriter head;
    head(head_.run, head_.halt, head_.events, head_.operations);
    head.put(size);  // as many stretches
    StateWriter start;
    for (const char c : std::string("HECATONC")) start.put(c);
    start(checkpoint_schema, std::uint64_t{head.bytes().size()}, digest_of_bytes(head.bytes()));
    Bytes file = start.bytes();
    file.insert(file.end(), head.bytes().begin(), head.bytes().end());
    write_bytes(path(), file);
    expect_refused("a count of " + std::to_string(size));
  }
  fs::remove(path());
  EXPECT_THROW(read(), InputError);
  fs::create_directory(path());
  EXPECT_THROW(read(), InputError);
}

TEST(StateArchive, ReadsWhatItWrote) {
  StateWriter writer;
  const std::vector<std::int64_t> numbers = {-1, 0, 1'000'000'000'000};
  writer(true, std::int16_t{-7}, numbers, std::string("text"), 2.5);
  bool flag = false;
  std::int16_t small = 0;
  std::vector<std::int64_t> back;
  std::string text;
  double real = 0;
  StateReader reader(writer.bytes());
  reader(flag, small, back, text, real);
  reader.expect_end();
  EXPECT_TRUE(flag);
  EXPECT_EQ(small, -7);
  EXPECT_EQ(back, numbers);
  EXPECT_EQ(text, "text");
  EXPECT_EQ(real, 2.5);
  EXPECT_EQ((std::vector<unsigned char>(writer.bytes().begin(), writer.bytes().begin() + 3)),
            (std::vector<unsigned char>{1, 0xF9, 0xFF}));
}

TEST(StateArchive, EndsWhereItEnds) {
  StateWriter writer;
  writer(std::uint32_t{1});
  StateReader reader(writer.bytes());
  std::uint64_t more = 0;
  EXPECT_THROW(reader(more), std::runtime_error);
  std::uint16_t less = 0;
  reader(less);
  EXPECT_THROW(reader.expect_end(), std::runtime_error);
}

}  // namespace
}  // namespace hecaton::io::checkpoint_test
