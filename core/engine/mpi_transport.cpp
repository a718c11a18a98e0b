#include "core/engine/mpi_transport.hpp"

namespace hecaton::engine {

namespace {

// MPI hands over whole vectors (the datatype is one vector of all words), so `length` counts vectors.
void combine_words(void* in, void* inout, int* length, MPI_Datatype* type) {
  int bytes = 0;
  MPI_Type_size(*type, &bytes);
  const std::size_t words = static_cast<std::size_t>(bytes) / sizeof(std::uint64_t);
  const auto* from = static_cast<const std::uint64_t*>(in);
  auto* to = static_cast<std::uint64_t*>(inout);
  for (int vector = 0; vector < *length; ++vector, from += words, to += words) {
    to[0] = std::min(to[0], from[0]);
    to[1] = std::min(to[1], from[1]);
    to[2] |= from[2];
    for (std::size_t i = WindowReduction::agreed_words; i < words; ++i) to[i] += from[i];
  }
}

}  // namespace

WindowReduction::WindowReduction(const boost::mpi::communicator& communicator) : communicator_(communicator) {
  MPI_Op_create(&combine_words, /*commute=*/1, &operation_);
  MPI_Type_contiguous(communicator.size() + static_cast<int>(agreed_words), MPI_UINT64_T, &vector_);
  MPI_Type_commit(&vector_);
}

WindowReduction::~WindowReduction() {
  MPI_Type_free(&vector_);
  MPI_Op_free(&operation_);
}

void WindowReduction::combine(std::vector<std::uint64_t>& words) {
  MPI_Allreduce(MPI_IN_PLACE, words.data(), 1, vector_, operation_, communicator_);
}

}  // namespace hecaton::engine
