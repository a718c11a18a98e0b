#include "core/engine/mpi/channels.hpp"

#include <boost/mpi/exception.hpp>

namespace hecaton::engine {

namespace {

void combine_words(void* in, void* inout, int* length, MPI_Datatype*) {
  const auto* from = static_cast<const BlockedReduction::Words*>(in);
  auto* to = static_cast<BlockedReduction::Words*>(inout);
  for (int i = 0; i < *length; ++i) {
    to[i].blocked_since = std::min(to[i].blocked_since, from[i].blocked_since);
    to[i].earliest_output = std::min(to[i].earliest_output, from[i].earliest_output);
    to[i].next = std::min(to[i].next, from[i].next);
    to[i].frozen = std::min(to[i].frozen, from[i].frozen);
    to[i].halt_wanted = std::max(to[i].halt_wanted, from[i].halt_wanted);
    to[i].reached = std::max(to[i].reached, from[i].reached);
    to[i].on_their_way += from[i].on_their_way;
    to[i].requests |= from[i].requests;
  }
}

}  // namespace

BlockedReduction::BlockedReduction(const boost::mpi::communicator& communicator)
    : communicator_(communicator) {
  BOOST_MPI_CHECK_RESULT(MPI_Op_create, (&combine_words, /*commute=*/1, &operation_));
  BOOST_MPI_CHECK_RESULT(MPI_Type_contiguous, (static_cast<int>(sizeof(Words)), MPI_BYTE, &words_));
  BOOST_MPI_CHECK_RESULT(MPI_Type_commit, (&words_));
}

// What cannot be freed stays until the program ends.
BlockedReduction::~BlockedReduction() {
  static_cast<void>(MPI_Type_free(&words_));
  static_cast<void>(MPI_Op_free(&operation_));
}

void BlockedReduction::start(const Words& mine) {
  mine_ = mine;
  BOOST_MPI_CHECK_RESULT(MPI_Iallreduce, (&mine_, &all_, 1, words_, operation_, communicator_, &request_));
}

bool BlockedReduction::done() {
  int flag = 0;
  BOOST_MPI_CHECK_RESULT(MPI_Test, (&request_, &flag, MPI_STATUS_IGNORE));
  return flag != 0;
}

void BlockedReduction::wait() {
  BOOST_MPI_CHECK_RESULT(MPI_Wait, (&request_, MPI_STATUS_IGNORE));
}

}  // namespace hecaton::engine
