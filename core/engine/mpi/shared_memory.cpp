#include "core/engine/mpi/shared_memory.hpp"

#include <sched.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

namespace hecaton::engine {

namespace {
constexpr std::size_t line = 64;  // bytes of a cache line
}

bool SharedMemory::possible(const boost::mpi::communicator& communicator) {
  MPI_Comm host = MPI_COMM_NULL;
  BOOST_MPI_CHECK_RESULT(MPI_Comm_split_type, (communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host));
  int size = 0;
  BOOST_MPI_CHECK_RESULT(MPI_Comm_size, (host, &size));
  BOOST_MPI_CHECK_RESULT(MPI_Comm_free, (&host));
  return size == communicator.size();
}

namespace {

// Whether all ranks say yes. Collective.
bool all_of(bool mine, const boost::mpi::communicator& communicator) {
  return boost::mpi::all_reduce(communicator, mine, std::logical_and<>());
}

// Open MPI looks for room on one rank, and leaves the others waiting where there is none; so all look before.
bool has_room(std::uint64_t bytes) {
  constexpr std::uint64_t besides = 1U
                                    << 16U;  // what MPI keeps there of a window, and pages that are not full
  struct statvfs info {};
  if (::statvfs("/dev/shm", &info) != 0) return true;  // it is somewhere else
  return std::uint64_t{info.f_bavail} * info.f_frsize >= bytes + bytes / 8 + besides;
}

}  // namespace

std::optional<SharedMemory> SharedMemory::allocate(const boost::mpi::communicator& communicator,
                                                   std::size_t bytes) {
  SharedMemory memory;
  const auto total = boost::mpi::all_reduce(communicator, std::uint64_t{bytes + line}, std::plus<>());
  if (!all_of(has_room(total), communicator)) return std::nullopt;
  if (!all_of(memory.allocate_window(communicator, bytes), communicator)) return std::nullopt;
  if (!all_of(memory.find_parts(communicator.size()), communicator)) return std::nullopt;
  return memory;
}

// A communicator of its own hears of failures by result, whatever the others do on errors.
bool SharedMemory::allocate_window(const boost::mpi::communicator& communicator, std::size_t bytes) {
  const boost::mpi::communicator quiet(communicator, boost::mpi::comm_duplicate);
  BOOST_MPI_CHECK_RESULT(MPI_Comm_set_errhandler, (quiet, MPI_ERRORS_RETURN));
  void* mine = nullptr;
  MPI_Win window = MPI_WIN_NULL;
  const int result =
      MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes + line), 1, MPI_INFO_NULL, quiet, &mine, &window);
  if (result != MPI_SUCCESS || mine == nullptr) return false;
  window_ = window;
  return true;
}

bool SharedMemory::find_parts(int ranks) {
  BOOST_MPI_CHECK_RESULT(MPI_Win_set_errhandler, (window_, MPI_ERRORS_RETURN));
  for (int rank = 0; rank < ranks; ++rank) {
    MPI_Aint size = 0;
    int unit = 0;
    void* part = nullptr;
    if (MPI_Win_shared_query(window_, rank, &size, &unit, static_cast<void*>(&part)) != MPI_SUCCESS ||
        part == nullptr)
      return false;
    const auto address = reinterpret_cast<std::uintptr_t>(part);
    parts_.push_back(static_cast<char*>(part) + ((address + line - 1) / line * line - address));
  }
  return true;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : window_(std::exchange(other.window_, MPI_WIN_NULL)), parts_(std::move(other.parts_)) {}

// To free it takes all ranks: one that fails alone would wait for the others instead of saying why. If it cannot be freed, it
// stays until the program ends.
SharedMemory::~SharedMemory() {
  if (window_ != MPI_WIN_NULL && std::uncaught_exceptions() == 0) static_cast<void>(MPI_Win_free(&window_));
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
