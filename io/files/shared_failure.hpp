// What may fail on one rank alone, done so that all ranks hear of it: a rank that left with an exception of its
// own would leave the others waiting in a collective call.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace hecaton::io {

struct RankFailure {
  int rank = 0;
  std::string reason;
};

// Collective: the failure of the first rank whose `reason` is not empty, on every rank; nothing if all are.
std::optional<RankFailure> first_failure(const boost::mpi::communicator& comm, std::string reason);

// Collective: throws std::runtime_error on every rank if `action` throws on any, with the reason of the first.
template <class Action>
void together(const boost::mpi::communicator& comm, Action&& action) {
  std::string reason;
  try {
    action();
  } catch (const std::exception& error) {
    reason = *error.what() == '\0' ? "unknown failure" : error.what();
  }
  if (const auto failure = first_failure(comm, std::move(reason))) throw std::runtime_error(failure->reason);
}

// The same for what rank 0 alone does.
template <class Action>
void on_root(const boost::mpi::communicator& comm, Action&& action) {
  together(comm, [&] {
    if (comm.rank() == 0) action();
  });
}

}  // namespace hecaton::io
