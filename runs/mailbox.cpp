#include "runs/mailbox.hpp"

#include <bit>
#include <stdexcept>

namespace hecaton::runs {

namespace {

constexpr std::size_t header = 2;  // destination and tag, bit for bit

}  // namespace

Mailbox::Mailbox(const boost::mpi::communicator& world, std::vector<RankId> owner_of)
    : world_(world, boost::mpi::comm_duplicate), owner_of_(std::move(owner_of)) {}

Mailbox::~Mailbox() {
  for (Outgoing& out : outgoing_) MPI_Wait(&out.request, MPI_STATUS_IGNORE);
}

void Mailbox::post(NodeId destination, std::uint64_t tag, Numbers contents) {
  const auto rank = static_cast<int>(owner_of_.at(destination.value).value);
  if (rank == world_.rank()) {
    arrived_.emplace(Key{destination.value, tag}, std::move(contents));
    return;
  }
  contents.insert(contents.begin(),
                  {std::bit_cast<double>(std::uint64_t{destination.value}), std::bit_cast<double>(tag)});
  Outgoing& out = outgoing_.emplace_back();
  out.contents = std::move(contents);
  MPI_Isend(out.contents.data(), static_cast<int>(out.contents.size() * sizeof(double)), MPI_BYTE, rank, 0,
            world_, &out.request);
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
  MPI_Probe(MPI_ANY_SOURCE, 0, world_, &status);
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  Numbers contents(static_cast<std::size_t>(bytes) / sizeof(double));
  MPI_Recv(contents.data(), bytes, MPI_BYTE, status.MPI_SOURCE, 0, world_, MPI_STATUS_IGNORE);
  const auto destination = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(contents.at(0)));
  const auto tag = std::bit_cast<std::uint64_t>(contents.at(1));
  contents.erase(contents.begin(), contents.begin() + header);
  arrived_.emplace(Key{destination, tag}, std::move(contents));
}

}  // namespace hecaton::runs
