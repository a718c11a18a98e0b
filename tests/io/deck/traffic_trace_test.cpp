// The file of a replayed trace is read as written, and refused with the line that is wrong.
#include "io/deck/workloads/traffic_trace.hpp"

#include <gtest/gtest.h>

#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/kind.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::test::traffic_trace_test {
namespace {

const std::string head = "time_ns,source,destination,bytes\n";

net::PackageConfig two_by_three() {
  net::PackageConfig package;
  package.rows = 2;
  package.columns = 3;
  package.dead_dies = {4};
  return package;
}

std::vector<net::ReplayPacket> read(const std::string& text) {
  const DeckFile file(text);
  return io::read_traffic_trace(file.path(), two_by_three());
}

std::string problem(const std::string& text) {
  const DeckFile file(text);
  try {
    io::read_traffic_trace(file.path(), two_by_three());
  } catch (const io::InputError& error) {
    return std::string(error.what()).substr(file.folder().string().size() + 1);
  }
  return {};
}

TEST(TrafficTrace, IsReadAsWritten) {
  const std::vector<net::ReplayPacket> expected{
      {0, 0, 5, 64}, {1'500'000'000, 5, 5, 1}, {7'250, 3, 1, 1073741824}, {1, 2, 0, 3}, {40, 0, 1, 2}};
  EXPECT_EQ(read(head + "0,0,5,64\r\n1500000,5,5,1\n\n7.25,3,1,1073741824\n0.001,2,0,3\n0.04,0,1,2"),
            expected);
}

TEST(TrafficTrace, MayBeginWithAByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF" + head + "0,0,5,64\n"), read(head + "0,0,5,64\n"));
  EXPECT_NE(problem(head + "\xEF\xBB\xBF" + "0,0,5,64\n"), "");
}

TEST(TrafficTrace, IsRefusedWithItsLine) {
  EXPECT_EQ(problem(""), "deck.toml: holds no packets (there is nothing to replay) add lines to it");
  EXPECT_TRUE(problem(head).starts_with("deck.toml:1")) << problem(head);
  EXPECT_EQ(problem("0,0,5,64\n"),
            "deck.toml:1:1: is not the head of a trace (it is \"0,0,5,64\") begin the file with "
            "time_ns,source,destination,bytes");
  EXPECT_EQ(problem(head + "0,0,1,1\n0,0,1\n"),
            "deck.toml:3:1: is no line of a trace (four cells are needed: time_ns,source,destination,bytes) "
            "correct the line or remove it");
  EXPECT_EQ(problem(head + "0,6,1,64\n"),
            "deck.toml:2:3: source: cannot be \"6\" (dies are 0 to 5) correct the line or remove it");
  EXPECT_EQ(problem(head + "0,0,4,64\n"),
            "deck.toml:2:5: destination: cannot be \"4\" (this die is dead) correct the line or remove it");
  EXPECT_EQ(problem(head + "0,0,1,0\n"),
            "deck.toml:2:7: bytes: cannot be \"0\" (a message has 1 to 1073741824 bytes) correct the line or "
            "remove it");
}

TEST(TrafficTrace, RefusesWhateverIsNoLine) {
  for (const char* line : {"-1,0,1,64",
                           "-0,0,1,64",
                           "1e3,0,1,64",
                           "0.0001,0,1,64",
                           ".5,0,1,64",
                           "1.,0,1,64",
                           "1.-5,0,1,64",
                           "1000000000001,0,1,64",
                           "99999999999999999999,0,1,64",
                           "nan,0,1,64",
                           ",0,1,64",
                           " 0,0,1,64",
                           "0,0,1,64,",
                           "0,0,1,64,5",
                           "0;0;1;64",
                           "0,-1,1,64",
                           "0,0,1,-64",
                           "0,0,1,4294967296",
                           "0,0x1,1,64",
                           "0,,1,64",
                           "0,0,1,"})
    EXPECT_TRUE(problem(head + line + "\n").starts_with("deck.toml:2:")) << line;
  EXPECT_TRUE(problem(head + std::string(5, '\0')).starts_with("deck.toml:2:"));
  EXPECT_TRUE(problem(std::string(100000, ',')).starts_with("deck.toml:1:1: "));
}

// Cycles of 1 ns; the last packet comes in cycle 700.
TEST(TrafficTrace, WindowsFollowItUnlessTheyAreGiven) {
  const DeckFile packets(head + "700.5,0,1,64\n10,1,0,64\n");
  const std::string deck = "[workload]\nkind = \"traffic\"\n[traffic]\npattern = \"trace\"\ntrace_file = \"" +
                           packets.path().string() + "\"\n";
  const auto windows = [&](const std::vector<std::string>& overrides) {
    const DeckFile file(deck);
    const auto traffic = io::read_deck(file.path(), overrides).as<net::TrafficConfig>();
    return std::vector{traffic.warmup_cycles, traffic.measure_cycles, traffic.drain_cycles};
  };
  EXPECT_EQ(windows({}), (std::vector<std::uint64_t>{0, 701, 0}));
  EXPECT_EQ(windows({"traffic.warmup_cycles=100"}), (std::vector<std::uint64_t>{100, 601, 0}));
  EXPECT_EQ(windows({"traffic.measure_cycles=50", "traffic.drain_cycles=7"}),
            (std::vector<std::uint64_t>{0, 50, 7}));
  EXPECT_EQ(windows({"link.flit_bytes=128"}), (std::vector<std::uint64_t>{0, 351, 0}));
  EXPECT_EQ(windows({"traffic.pattern=uniform", "traffic.trace_file="}),
            (std::vector<std::uint64_t>{3000, 10000, 2000}));
}

TEST(TrafficTrace, ThatHasNothingToMeasureIsRefused) {
  const DeckFile packets(head + "700.5,0,1,64\n10,1,0,64\n");
  const std::string deck = "[workload]\nkind = \"traffic\"\n[traffic]\npattern = \"trace\"\ntrace_file = \"" +
                           packets.path().string() + "\"\n";
  const auto works = [&](const std::string& more) {
    const io::Deck loaded = load(deck + more).deck;
    io::kind_of(loaded).die_work(loaded);
  };
  EXPECT_NO_THROW(works("warmup_cycles = 700\n"));
  EXPECT_NO_THROW(works("warmup_cycles = 10\nmeasure_cycles = 1\n"));
  EXPECT_THROW(works("warmup_cycles = 701\n"), training::PlanError);
  EXPECT_THROW(works("warmup_cycles = 11\nmeasure_cycles = 689\n"), training::PlanError);
}

TEST(TrafficTrace, OfTheDeckIsLookedForBesideIt) {
  const std::string traffic = "[workload]\nkind = \"traffic\"\n[traffic]\n";
  const DeckFile file(traffic + "pattern = \"trace\"\ntrace_file = \"packets.csv\"\n");
  const auto trace_file = [&](const std::vector<std::string>& overrides) {
    return io::read_deck(file.path(), overrides).as<net::TrafficConfig>().trace_file;
  };
  EXPECT_EQ(trace_file({}), (file.folder() / "packets.csv").string());
  EXPECT_EQ(trace_file({"traffic.trace_file=/a/../b.csv"}), "/b.csv");
  EXPECT_EQ(error_of(traffic + "pattern = \"trace\"\n"),
            "deck.toml:4:1: traffic.pattern: has nothing to replay (traffic.trace_file names no file) add "
            "trace_file = \"FILE.csv\" under [traffic]");
  EXPECT_EQ(error_of(traffic + "trace_file = \"a.csv\"\n"),
            "deck.toml:4:1: traffic.trace_file: would not be read (the pattern is not \"trace\") set "
            "traffic.pattern = \"trace\" or remove it");
  EXPECT_EQ(error_of(traffic + "injection = \"bursty\"\ninjection_rate = 0.5\nburst_rate = 0.25\n"),
            "deck.toml:6:1: traffic.burst_rate: is below the load (bursts of 0.25 flits per die and cycle "
            "cannot make 0.5) raise it, or lower traffic.injection_rate");
}

}  // namespace
}  // namespace hecaton::test::traffic_trace_test
