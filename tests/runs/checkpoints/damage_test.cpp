// What a run keeps while it runs - its last two checkpoints, the rows they build on, and the unfinished trace
// - damaged or cut off at any place: the checkpoint that is found to go on from is always a sound one, or
// there is none.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "io/files/input_error.hpp"
#include "io/result/provenance.hpp"
#include "runs/checkpoints/find_checkpoint.hpp"
#include "runs/checkpoints/run_checkpoints.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::damage_test {
namespace {

namespace fs = std::filesystem;

constexpr int places = 1000;
constexpr int readings = 100;
constexpr int halts =
    4;  // so that the newest checkpoint has rows that the one before it has not, and some it has

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = fs::temp_directory_path() / fmt::format("hecaton-damage-{}", ::getpid());
    fs::create_directories(out_);
    deck_ = deck_of(text_of(TrainingDeck{.model = {.ffn = 512, .gated = false}, .rows = 2, .columns = 2}));
    run_to_the_last_halt();
    std::vector<std::string> checkpoints;
    for (const auto& entry : fs::directory_iterator(folder())) {
      const std::string name = entry.path().filename();
      sound_[name] = read_bytes(entry.path());
      if (name.ends_with(".hck")) checkpoints.push_back(name);
    }
    ASSERT_EQ(checkpoints.size(), 2U);
    std::sort(checkpoints.begin(), checkpoints.end());
    older_ = checkpoints[0];
    newest_ = checkpoints[1];
    ASSERT_EQ(sound_.size(), 2U + halts);
    for (const auto& [name, bytes] : sound_) names_.push_back(name);
    last_rows_ = *std::prev(names_.end());  // named by their times
  }
  void TearDown() override { fs::remove_all(out_); }

  void run_to_the_last_halt() {
    const Outcome whole = run_deck(deck_, 1);
    const auto provenance = io::collect_provenance("a test", "block", comm_);
    engine::Requests requests;
    runs::CheckpointOptions wanted;
    wanted.folder = folder();
    wanted.trace = trace();
    wanted.every_simulated = {whole.totals.simulated_ps / (halts + 1)};
    wanted.prints = false;
    const runs::Workload workload(deck_);
    runs::RunCheckpoints kept(wanted, workload, provenance, requests, comm_);
    runs::RunOptions options;
    options.halts = kept.plan();
    int halted = 0;
    options.halts.at_halt = [&, keeps = options.halts.at_halt](runs::Halted& state) {
      keeps(state);
      return ++halted < halts;
    };
    ASSERT_FALSE(runs::simulate(workload, options, comm_).has_value());
  }

  fs::path folder() const { return out_ / "checkpoints"; }
  fs::path trace() const { return out_ / "trace.h5"; }

  // The name of what is found; empty if that is refused.
  std::string found() {
    ::testing::internal::CaptureStderr();
    std::string name;
    try {
      const auto identity =
          io::identity_of(deck_.resolved_toml, {deck_.network.trains, deck_.network.clocked});
      const auto path =
          runs::latest_checkpoint(folder(), {identity, true}, runs::OthersCheckpoints::are_refused);
      name = path ? path->filename().string() : "nothing";
    } catch (const io::InputError& error) {
      refusal_ = error.what();
    }
    said_ = ::testing::internal::GetCapturedStderr();
    return name;
  }

  // All later checkpoints build on all rows before them.
  std::string expected(const std::string& damaged) const {
    if (damaged == older_) return newest_;
    if (damaged == newest_ || damaged == last_rows_) return older_;
    return "";
  }

  void expect_noticed(const std::string& damaged, const std::string& what) {
    SCOPED_TRACE(what + " of " + damaged);
    const std::string wanted = expected(damaged);
    ASSERT_EQ(found(), wanted);
    // A word where another one had to serve, with the file that has to do with it.
    EXPECT_EQ(said_.find("warning: ") == std::string::npos, wanted == newest_) << said_;
    EXPECT_TRUE(wanted == newest_ || said_.find(damaged) != std::string::npos) << said_;
    EXPECT_TRUE(!wanted.empty() || refusal_.find("each of them is damaged") != std::string::npos) << refusal_;
  }

  const std::string& any_file() { return names_[random_() % names_.size()]; }
  // Half of the places lie where the structure of a file is.
  std::size_t any_place(const std::string& bytes) {
    const std::size_t start = std::min<std::size_t>(bytes.size(), 2048);
    return random_() % (random_() % 2 == 0 ? start : bytes.size());
  }
  std::string flipped(std::string bytes) {
    char& byte = bytes[any_place(bytes)];
    byte = static_cast<char>(byte ^ static_cast<char>(1U << random_() % 8));
    return bytes;
  }

  boost::mpi::communicator comm_;
  std::mt19937_64 random_{7};
  fs::path out_;
  io::Deck deck_;
  std::map<std::string, std::string> sound_;
  std::vector<std::string> names_;
  std::string older_, newest_, last_rows_;
  std::string said_, refusal_;
};

TEST_F(Damage, NothingIsSaidOfSoundFiles) {
  EXPECT_EQ(found(), newest_);
  EXPECT_EQ(said_, "");
}

TEST_F(Damage, AFlippedBitAnywhereIsNoticed) {
  for (int i = 0; i < places; ++i) {
    const std::string& name = any_file();
    write_bytes(folder() / name, flipped(sound_[name]));
    expect_noticed(name, "a flipped bit");
    write_bytes(folder() / name, sound_[name]);
  }
  EXPECT_EQ(found(), newest_);
}

TEST_F(Damage, AnEndAnywhereIsNoticed) {
  for (int i = 0; i < places; ++i) {
    const std::string& name = any_file();
    write_bytes(folder() / name, sound_[name].substr(0, any_place(sound_[name])));
    expect_noticed(name, "a cut");
    write_bytes(folder() / name, sound_[name]);
  }
  for (const std::string& name : names_) {
    write_bytes(folder() / name, sound_[name] + '\0');
    expect_noticed(name, "a byte more");
    fs::remove(folder() / name);
    if (name != older_ && name != newest_) expect_noticed(name, "the lack");
    write_bytes(folder() / name, sound_[name]);
  }
}

// Sound, but of another program, deck or way of simulating.
TEST_F(Damage, AnotherRunIsRefused) {
  const io::RunIdentity mine =
      io::identity_of(deck_.resolved_toml, {deck_.network.trains, deck_.network.clocked});
  std::map<std::string, io::RunIdentity> others;
  for (const char* why :
       {"this is 9.9.9", "(0123456789ab)", "of another deck", "--trains on", "--clocked on"})
    others[why] = mine;
  others["this is 9.9.9"].version = "9.9.9";
  others["(0123456789ab)"].git = "0123456789ab";
  others["of another deck"].deck ^= 1;
  others["--trains on"].way.trains = false;
  others["--clocked on"].way.clocked = false;
  for (const auto& [why, run] : others) {
    for (const std::string& wanted : {std::string("latest"), (folder() / newest_).string()}) {
      try {
        if (wanted == "latest") {
          runs::latest_checkpoint(folder(), {run, true}, runs::OthersCheckpoints::are_refused);
        } else {
          runs::verify_checkpoint(wanted, {run, true});
        }
        ADD_FAILURE() << why << " was not noticed";
      } catch (const io::InputError& error) {
        const std::string said = error.what();
        EXPECT_TRUE(said.find(newest_) != std::string::npos) << said;
        EXPECT_TRUE(said.find(why) != std::string::npos) << said;
      }
    }
    EXPECT_EQ(runs::latest_checkpoint(folder(), {run, true}, runs::OthersCheckpoints::are_passed_over),
              std::nullopt);
  }
}

// The trace and the rows it shows: whatever is in them, reading ends with a summary or a reason.
TEST_F(Damage, AnUnfinishedTraceIsReadOrRefused) {
  const std::string trace_bytes = read_bytes(trace());
  int read = 0, refused = 0;
  for (int i = 0; i < readings; ++i) {
    const bool the_trace = i % 2 == 0;
    const std::string& name = any_file();
    const fs::path path = the_trace ? trace() : folder() / name;
    const std::string& sound = the_trace ? trace_bytes : sound_[name];
    write_bytes(path, i % 4 < 2 ? flipped(sound) : sound.substr(0, any_place(sound)));
    try {
      const io::Summary summary = io::read_summary(trace());
      EXPECT_TRUE(io::is_unfinished(trace()) || the_trace);
      EXPECT_GE(summary.simulated_ps, 0);
      ++read;
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()), "");
      ++refused;
    }
    write_bytes(path, sound);
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(io::is_unfinished(trace()));
}

}  // namespace
}  // namespace hecaton::test::damage_test
