// Memory shared by the ranks of one host (MPI-3), and how to wait in it.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace hecaton::engine {

// Memory shared by all ranks of a communicator, which must be on one host.
class SharedMemory {
 public:
  static bool possible(const boost::mpi::communicator& communicator);  // collective

  // Collective: every rank contributes `bytes`, with what they hold unknown, aligned to a cache line. Nothing,
  // on every rank, where one of them does not get it: /dev/shm is small in many containers, and may be full.
  static std::optional<SharedMemory> allocate(const boost::mpi::communicator& communicator,
                                              std::size_t bytes);
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  char* part_of(int rank) const { return parts_[static_cast<std::size_t>(rank)]; }

 private:
  SharedMemory() = default;
  bool allocate_window(const boost::mpi::communicator& communicator, std::size_t bytes);
  bool find_parts(int ranks);

  MPI_Win window_ = MPI_WIN_NULL;
  std::vector<char*> parts_;
};

// How to wait: turns of spinning at first, then turns that let other processes run, or sleep. A wait that spinning did
// not end makes the next one spin half as long, because whoever is waited for is probably not running; one
// that it did end, a little longer. Ranks that share cores never spin for long.
class Patience {
 public:
  explicit Patience(std::uint32_t ranks_on_host);
  // The turns of one wait are numbered from 0. A turn of spinning, if it is one; else false.
  bool spin(std::uint32_t round);
  // A turn of either kind: other processes run.
  void turn(std::uint32_t round);

 private:
  std::uint32_t most_;
  std::uint32_t spins_;
  bool gave_up_ = false;  // in this wait
};

}  // namespace hecaton::engine
