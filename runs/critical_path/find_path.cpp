#include "runs/critical_path/find_path.hpp"

#include <mpi.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/critical_path/merge.hpp"
#include "core/critical_path/walk.hpp"
#include "runs/critical_path/undisturbed_waits.hpp"

namespace hecaton::runs {

namespace {

using critical::Path;
using critical::Place;
using critical::Segment;

// The rank of each die.
std::vector<int> owners(const std::vector<std::uint32_t>& mine, std::uint32_t dies,
                        const boost::mpi::communicator& world) {
  std::vector<int> of_mine(dies, 0), all(dies);
  for (const std::uint32_t die : mine) of_mine.at(die) = world.rank();
  boost::mpi::all_reduce(world, of_mine.data(), static_cast<int>(dies), all.data(), std::plus<>());
  return all;
}

// Of all ranks together.
Place end_of(const critical::Walk& walk, const boost::mpi::communicator& world) {
  const Place mine = walk.end().value_or(Place{});
  const std::int64_t last = boost::mpi::all_reduce(world, mine.ps, boost::mpi::maximum<std::int64_t>());
  const std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  const bool ends_last = walk.end() && mine.ps == last;
  return {boost::mpi::all_reduce(world, ends_last ? mine.die : none, boost::mpi::minimum<std::uint32_t>()),
          last};
}

constexpr int place_tag = 1;

void hand_on(const Place& at, int rank, const boost::mpi::communicator& world) {
  BOOST_MPI_CHECK_RESULT(MPI_Send, (&at, sizeof at, MPI_BYTE, rank, place_tag, world));
}

// One rank works and the others wait for it: those that wait long leave it the processor.
Place receive_place(const boost::mpi::communicator& world) {
  constexpr int eager_looks = 200;
  MPI_Status status;
  for (int looks = 0, is_there = 0; is_there == 0; ++looks) {
    BOOST_MPI_CHECK_RESULT(MPI_Iprobe, (MPI_ANY_SOURCE, place_tag, world, &is_there, &status));
    if (is_there == 0 && looks >= eager_looks) std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
  Place at;
  BOOST_MPI_CHECK_RESULT(MPI_Recv,
                         (&at, sizeof at, MPI_BYTE, status.MPI_SOURCE, place_tag, world, MPI_STATUS_IGNORE));
  return at;
}

constexpr std::size_t block = std::size_t{1} << 20U;  // segments of one message
constexpr int segments_tag = 0;

void send_segments(const Path& mine, const boost::mpi::communicator& world) {
  for (std::size_t sent = 0; sent < mine.size(); sent += block) {
    const std::size_t bytes = std::min(block, mine.size() - sent) * sizeof(Segment);
    BOOST_MPI_CHECK_RESULT(MPI_Send,
                           (mine.data() + sent, static_cast<int>(bytes), MPI_BYTE, 0, segments_tag, world));
  }
}

void receive_segments(std::span<Segment> theirs, int rank, const boost::mpi::communicator& world) {
  for (std::size_t got = 0; got < theirs.size(); got += block) {
    const std::size_t bytes = std::min(block, theirs.size() - got) * sizeof(Segment);
    BOOST_MPI_CHECK_RESULT(MPI_Recv, (theirs.data() + got, static_cast<int>(bytes), MPI_BYTE, rank,
                                      segments_tag, world, MPI_STATUS_IGNORE));
  }
}

// On rank 0 the segments of all ranks, in the order of time.
Path gather(Path mine, const boost::mpi::communicator& world) {
  static_assert(std::is_trivially_copyable_v<Segment>);
  std::vector<std::uint64_t> counts;
  boost::mpi::gather(world, std::uint64_t{mine.size()}, counts, 0);
  if (world.rank() != 0) {
    send_segments(mine, world);
    return {};
  }
  for (int rank = 1; rank < world.size(); ++rank) {
    const std::size_t before = mine.size();
    mine.resize(before + counts[static_cast<std::size_t>(rank)]);
    receive_segments(std::span(mine).subspan(before), rank, world);
  }
  std::sort(mine.begin(), mine.end(),
            [](const Segment& a, const Segment& b) { return a.start_ps < b.start_ps; });
  return mine;
}

void expect_whole(const Path& path, std::int64_t end) {
  std::int64_t at = 0;
  for (const Segment& segment : path) {
    if (segment.start_ps != at)
      throw std::logic_error("critical path: its segments do not follow each other");
    at = segment.end_ps;
  }
  if (at != end) throw std::logic_error("critical path: it does not end with the step");
}

}  // namespace

void add_critical_path(io::RunResult& result, const Workload& workload,
                       const boost::mpi::communicator& world) {
  io::LocalRecords& local = result.local;
  const UndisturbedWaits alone(workload);
  critical::Walk walk(
      {local.dies, local.operations_per_die, local.operations, local.waits_per_die, local.waits},
      [&](const chiplet::WaitRow& wait) { return alone.of(wait); });
  const std::vector<int> owner = owners(local.dies, workload.topology().dies(), world);
  const Place end = end_of(walk, world);
  Path mine;
  for (Place at = end; at.ps > 0;) {
    if (owner.at(at.die) != world.rank()) at = receive_place(world);
    if (at.ps == 0) break;
    at = walk.follow(at, mine);
    if (at.ps > 0)
      hand_on(at, owner.at(at.die), world);
    else
      for (int rank = 0; rank < world.size(); ++rank)
        if (rank != world.rank()) hand_on(at, rank, world);
  }
  const Path path = gather(std::move(mine), world);
  if (world.rank() == 0) {
    expect_whole(path, end.ps);
    result.critical_path = critical::merged(path);
  }
  std::vector<chiplet::WaitRow>().swap(local.waits);
  local.waits_per_die.assign(local.dies.size(), 0);
}

}  // namespace hecaton::runs
