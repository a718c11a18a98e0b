// A made-up run of a 4 x 6 package, the same whoever owns which die: every number is a hash of what it
// belongs to.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/result/provenance.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"

namespace synthetic {

inline constexpr std::uint32_t rows = 4;
inline constexpr std::uint32_t columns = 6;
inline constexpr std::uint32_t dies = rows * columns;
inline constexpr std::uint32_t io_dies = 16;  // one on each of the 2 * (4 + 6) - 4 edge dies
inline constexpr std::int64_t simulated_ps = 7'000'000'000'003;
inline constexpr std::uint32_t bins = 64;  // of time
inline constexpr std::uint64_t least_bin_ps = 1000;

// Which of `ranks` ranks owns a die.
using Owner = std::function<int(std::uint32_t die, int ranks)>;
struct NamedOwner {
  const char* name;
  Owner owner;
};
// Strips, blocks, scattered dies, and everything on the last rank.
std::vector<NamedOwner> owners();

std::uint64_t hash(std::uint64_t a, std::uint64_t b = 0);
hecaton::chiplet::DieCounters counters_of(std::uint32_t die);
std::vector<hecaton::chiplet::OperationRow> operations_of(std::uint32_t die);
// All directed links, sorted by (from, to).
std::vector<hecaton::chiplet::LinkCounters> links();
// Of each link; and of the messages that each node has sent, in their order.
hecaton::io::StallRow stalls_of(const hecaton::chiplet::LinkCounters& link);
std::vector<hecaton::io::MessageRow> messages_of(std::uint32_t node);
// When a link is busy: once, for all of its busy time.
std::int64_t busy_from(const hecaton::chiplet::LinkCounters& link);
// One or two channels of every IO die, sorted; each is busy from the start on.
std::vector<hecaton::chiplet::ChannelCounters> channels();
// The die that a node belongs to: itself, or the die an IO die is attached to.
std::uint32_t die_of_node(std::uint32_t node);

hecaton::io::Deck deck();
// What `rank` of `ranks` recorded.
hecaton::io::RunResult result(const Owner& owner, int rank, int ranks);
hecaton::io::ModelFacts facts();

// A folder for the files of this test, the same on all ranks, emptied; removed by rank 0 at the end.
class Scratch {
 public:
  explicit Scratch(const boost::mpi::communicator& comm);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  boost::mpi::communicator comm_;
  std::filesystem::path folder_;
};

// Writes the run's trace; collective.
void write(const std::filesystem::path& path, const Owner& owner, const boost::mpi::communicator& comm);

}  // namespace synthetic
