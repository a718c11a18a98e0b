// Memory shared by the ranks of one host (MPI-3), and how to wait in it.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hecaton::engine {

// Memory shared by all ranks of a communicator, which must be on one host.
class SharedMemory {
 public:
  static bool possible(const boost::mpi::communicator& communicator);  // collective

  // Collective: every rank contributes `bytes`, with what they hold unknown, aligned to a cache line.
  SharedMemory(const boost::mpi::communicator& communicator, std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  char* part_of(int rank) const { return parts_[static_cast<std::size_t>(rank)]; }

 private:
  MPI_Win window_ = MPI_WIN_NULL;
  std::vector<char*> parts_;
};

// One turn of waiting, after `round` others: spins at first, then lets other processes run, because ranks may
// share cores.
void relax_processor(std::uint32_t round);

}  // namespace hecaton::engine
