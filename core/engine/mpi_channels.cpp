#include "core/engine/mpi_channels.hpp"

namespace hecaton::engine {

namespace {

void combine_words(void* in, void* inout, int* length, MPI_Datatype*) {
  const auto* from = static_cast<const BlockedReduction::Words*>(in);
  auto* to = static_cast<BlockedReduction::Words*>(inout);
  for (int i = 0; i < *length; ++i) {
    to[i].blocked_since = std::min(to[i].blocked_since, from[i].blocked_since);
    to[i].reach = std::min(to[i].reach, from[i].reach);
    to[i].on_their_way += from[i].on_their_way;
  }
}

}  // namespace

BlockedReduction::BlockedReduction(const boost::mpi::communicator& communicator)
    : communicator_(communicator) {
  MPI_Op_create(&combine_words, /*commute=*/1, &operation_);
  MPI_Type_contiguous(3, MPI_INT64_T, &words_);
  MPI_Type_commit(&words_);
}

BlockedReduction::~BlockedReduction() {
  MPI_Type_free(&words_);
  MPI_Op_free(&operation_);
}

void BlockedReduction::start(const Words& mine) {
  mine_ = mine;
  MPI_Iallreduce(&mine_, &all_, 1, words_, operation_, communicator_, &request_);
}

bool BlockedReduction::done() {
  int flag = 0;
  MPI_Test(&request_, &flag, MPI_STATUS_IGNORE);
  return flag != 0;
}

}  // namespace hecaton::engine
