// A replayed trace from file to figures: messages alone on the network take their closed form, and all ranks
// see what one sees.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/system/run_deck.hpp"

namespace hecaton::test::replay_test {
namespace {

// A file that rank 0 writes and all ranks read.
class SharedFile {
 public:
  explicit SharedFile(const std::string& text) {
    std::string name =
        (std::filesystem::temp_directory_path() / fmt::format("replay-{}.csv", ::getpid())).string();
    boost::mpi::broadcast(world_, name, 0);
    path_ = name;
    if (world_.rank() == 0) std::ofstream(path_) << text;
    world_.barrier();
  }
  ~SharedFile() {
    world_.barrier();
    if (world_.rank() == 0) std::filesystem::remove(path_);
  }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  boost::mpi::communicator world_;
  std::filesystem::path path_;
};

io::Deck deck_with(const std::string& path) {
  return deck_of(
      fmt::format("[workload]\nkind = \"traffic\"\n[package]\nrows = 4\ncolumns = 5\n"
                  "[traffic]\npattern = \"trace\"\ntrace_file = \"{}\"\npacket_flits = 8\n"
                  "warmup_cycles = 0\nmeasure_cycles = 100000\n",
                  path));
}

// Cycles of 1 ns, flits of 64 bytes, packets of up to 8 flits, links of one cycle.
TEST(Replay, MessagesAloneTakeTheirClosedForm) {
  std::string text = "time_ns,source,destination,bytes\n";
  std::int64_t sum = 0, flits_in_all = 0, links = 0, count = 0;
  for (std::int64_t from = 0; from < 20; ++from)
    for (std::int64_t to = 0; to < 20; ++to) {
      const std::int64_t bytes = 1 + (from * 97 + to * 31) % 512;
      const std::int64_t flits = (bytes + 63) / 64;
      const std::int64_t distance = std::abs(from / 5 - to / 5) + std::abs(from % 5 - to % 5);
      text += fmt::format("{},{},{},{}\n", 100 * count++, from, to, bytes);
      sum += 6 + 4 * distance + flits - 1;
      flits_in_all += flits;
      links += distance;
    }
  const SharedFile file(text);
  const Outcome run = run_deck(deck_with(file.path()), world_size());
  if (!is_root()) return;
  EXPECT_EQ(whole(run.traffic.packets_measured), count);
  EXPECT_EQ(whole(run.traffic.latency_sum_cycles), sum);
  EXPECT_EQ(whole(run.traffic.hops_sum), links);
  EXPECT_EQ(whole(run.traffic.offered_flits), flits_in_all);
  EXPECT_EQ(whole(run.traffic.accepted_flits), flits_in_all);
}

// Everything at once, messages of many packets, several of one die at one time.
TEST(Replay, IsTheSameOnAnyNumberOfRanks) {
  std::string text = "time_ns,source,destination,bytes\n";
  for (std::int64_t k = 0; k < 600; ++k)
    text += fmt::format("{}.{},{},{},{}\n", k / 60, k % 3 * 25, k * 7 % 20, k * 13 % 20, 1 + k * 613 % 5000);
  const SharedFile file(text);
  const Outcome alone = run_deck(deck_with(file.path()), 1);
  const Outcome all = run_deck(deck_with(file.path()), world_size());
  if (!is_root()) return;
  EXPECT_EQ(alone.traffic.packets_measured, 600U);
  EXPECT_EQ(alone.traffic.offered_flits, alone.traffic.accepted_flits);
  EXPECT_EQ(all.totals.digest, alone.totals.digest);
  EXPECT_EQ(all.traffic.latency_sum_cycles, alone.traffic.latency_sum_cycles);
}

}  // namespace
}  // namespace hecaton::test::replay_test
