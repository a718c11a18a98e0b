// What may fail on one rank alone, done so that all ranks hear of it: a rank that left with an exception of
// its own would leave the others waiting in a collective call.
#pragma once

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/serialization/string.hpp>
#include <exception>
#include <stdexcept>
#include <string>

namespace hecaton::io {

// Collective: throws std::runtime_error on every rank if `action` throws on any, with the reason of the
// first.
template <class Action>
void together(const boost::mpi::communicator& comm, Action&& action) {
  std::string failure;
  try {
    action();
  } catch (const std::exception& error) {
    failure = *error.what() == '\0' ? "unknown failure" : error.what();
  }
  const int failed = failure.empty() ? comm.size() : comm.rank();
  const int first = boost::mpi::all_reduce(comm, failed, boost::mpi::minimum<int>());
  if (first == comm.size()) return;
  boost::mpi::broadcast(comm, failure, first);
  throw std::runtime_error(failure);
}

// The same for what rank 0 alone does.
template <class Action>
void on_root(const boost::mpi::communicator& comm, Action&& action) {
  together(comm, [&] {
    if (comm.rank() == 0) action();
  });
}

}  // namespace hecaton::io
