#include "io/files/shared_failure.hpp"

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>

namespace hecaton::io {

std::optional<RankFailure> first_failure(const boost::mpi::communicator& comm, std::string reason) {
  const int failed = reason.empty() ? comm.size() : comm.rank();
  const int first = boost::mpi::all_reduce(comm, failed, boost::mpi::minimum<int>());
  if (first == comm.size()) return std::nullopt;
  boost::mpi::broadcast(comm, reason, first);
  return RankFailure{first, std::move(reason)};
}

}  // namespace hecaton::io
