#include "core/engine/mpi/shared_memory.hpp"

#include <sched.h>

#include <algorithm>
#include <exception>
#include <thread>

namespace hecaton::engine {

bool SharedMemory::possible(const boost::mpi::communicator& communicator) {
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  int size = 0;
  MPI_Comm_size(host, &size);
  MPI_Comm_free(&host);
  return size == communicator.size();
}

SharedMemory::SharedMemory(const boost::mpi::communicator& communicator, std::size_t bytes)
    : parts_(static_cast<std::size_t>(communicator.size())) {
  constexpr std::size_t line = 64;
  void* mine = nullptr;
  MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes + line), 1, MPI_INFO_NULL, communicator, &mine,
                          &window_);
  for (int rank = 0; rank < communicator.size(); ++rank) {
    MPI_Aint size = 0;
    int unit = 0;
    void* part = nullptr;
    MPI_Win_shared_query(window_, rank, &size, &unit, &part);
    const auto address = reinterpret_cast<std::uintptr_t>(part);
    parts_[static_cast<std::size_t>(rank)] =
        static_cast<char*>(part) + ((address + line - 1) / line * line - address);
  }
}

// To free it takes all ranks: one that fails alone would wait for the others instead of saying why.
SharedMemory::~SharedMemory() {
  if (std::uncaught_exceptions() == 0) MPI_Win_free(&window_);
}

namespace {
constexpr std::uint32_t least_spins = 1u << 6;
}

Patience::Patience(std::uint32_t ranks_on_host)
    : most_(ranks_on_host <= std::thread::hardware_concurrency() ? 1u << 14 : least_spins), spins_(most_) {}

bool Patience::spin(std::uint32_t round) {
  if (round == 0) {
    if (!gave_up_) spins_ = std::min(most_, spins_ + spins_ / 16);
    gave_up_ = false;
  }
  if (round < spins_ && !gave_up_) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    return true;
  }
  if (!gave_up_) spins_ = std::max(least_spins, spins_ / 2);
  gave_up_ = true;
  return false;
}

void Patience::turn(std::uint32_t round) {
  if (!spin(round)) sched_yield();
}

}  // namespace hecaton::engine
