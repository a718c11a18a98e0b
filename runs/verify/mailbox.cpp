#include "runs/verify/mailbox.hpp"

#include <array>
#include <boost/mpi/exception.hpp>
#include <cstring>
#include <stdexcept>

namespace hecaton::runs {

namespace {

using Header = std::array<std::uint64_t, 2>;  // destination and tag; the contents follow

}  // namespace

Mailbox::Mailbox(const boost::mpi::communicator& world, std::vector<RankId> owner_of)
    : world_(world, boost::mpi::comm_duplicate), owner_of_(std::move(owner_of)) {}

// Bytes that MPI may still read cannot go: where waiting for them fails, the program ends.
Mailbox::~Mailbox() {
  for (Outgoing& out : outgoing_) BOOST_MPI_CHECK_RESULT(MPI_Wait, (&out.request, MPI_STATUS_IGNORE));
}

void Mailbox::post(NodeId destination, std::uint64_t tag, Numbers contents) {
  const auto rank = static_cast<int>(owner_of_.at(destination.value).value);
  if (rank == world_.rank()) {
    arrived_.emplace(Key{destination.value, tag}, std::move(contents));
    return;
  }
  const Header header{destination.value, tag};
  const std::size_t length = contents.size() * sizeof(Number);
  Outgoing& out = outgoing_.emplace_back();
  out.bytes.resize(sizeof header + length);
  std::memcpy(out.bytes.data(), header.data(), sizeof header);
  if (length > 0) std::memcpy(out.bytes.data() + sizeof header, contents.data(), length);
  BOOST_MPI_CHECK_RESULT(MPI_Isend, (out.bytes.data(), static_cast<int>(out.bytes.size()), MPI_BYTE, rank, 0,
                                     world_, &out.request));
}

Numbers Mailbox::take(NodeId destination, std::uint64_t tag) {
  const Key key{destination.value, tag};
  auto at = arrived_.find(key);
  for (; at == arrived_.end(); at = arrived_.find(key)) {
    if (world_.size() == 1) throw std::runtime_error("a message arrived of which nobody knows the contents");
    receive_one();
  }
  Numbers contents = std::move(at->second);
  arrived_.erase(at);
  return contents;
}

void Mailbox::receive_one() {
  MPI_Status status;
  BOOST_MPI_CHECK_RESULT(MPI_Probe, (MPI_ANY_SOURCE, 0, world_, &status));
  int bytes = 0;
  BOOST_MPI_CHECK_RESULT(MPI_Get_count, (&status, MPI_BYTE, &bytes));
  std::vector<unsigned char> message(static_cast<std::size_t>(bytes));
  BOOST_MPI_CHECK_RESULT(MPI_Recv,
                         (message.data(), bytes, MPI_BYTE, status.MPI_SOURCE, 0, world_, MPI_STATUS_IGNORE));
  Header header;
  std::memcpy(header.data(), message.data(), sizeof header);
  Numbers contents((message.size() - sizeof header) / sizeof(Number));
  if (!contents.empty())
    std::memcpy(contents.data(), message.data() + sizeof header, contents.size() * sizeof(Number));
  arrived_.emplace(Key{static_cast<std::uint32_t>(header[0]), header[1]}, std::move(contents));
}

}  // namespace hecaton::runs
