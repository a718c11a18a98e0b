#include "core/engine/mpi/reduction.hpp"

#include <algorithm>
#include <bit>
#include <boost/mpi/exception.hpp>

namespace hecaton::engine {

namespace {

constexpr int tag = 0x4847;

}  // namespace

MpiReduction::MpiReduction(const boost::mpi::communicator& communicator, std::size_t words, Combine combine)
    : mpi_(new Operations{boost::mpi::communicator(communicator, boost::mpi::comm_duplicate),
                          std::vector<std::uint64_t>(words),
                          {}}),
      combine_(combine) {
  plan(communicator.rank(), communicator.size());
  at_ = mpi_->rounds.size();
}

MpiReduction::~MpiReduction() {
  if (!finished_ && !has_stopped()) static_cast<void>(mpi_.release());
}

bool MpiReduction::has_stopped() {
  int receives_stopped = 1, sends_stopped = 1;
  for (Round& round : mpi_->rounds) {
    if (round.received != MPI_REQUEST_NULL && MPI_Cancel(&round.received) != MPI_SUCCESS) return false;
    if (MPI_Test(&round.received, &receives_stopped, MPI_STATUS_IGNORE) != MPI_SUCCESS ||
        MPI_Test(&round.sent, &sends_stopped, MPI_STATUS_IGNORE) != MPI_SUCCESS || receives_stopped == 0 ||
        sends_stopped == 0)
      return false;
  }
  return true;
}

// The ranks below 2 x `paired` act in pairs, the odd one for both, so that a power of two of them acts.
void MpiReduction::plan(int rank, int ranks) {
  const int acting = static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks))), paired = ranks - acting;
  const bool in_pair = rank < 2 * paired;
  if (in_pair && rank % 2 == 0) {
    add({.partner = rank + 1, .sends = true});
    add({.partner = rank + 1, .receives = true, .is_result = true});
    return;
  }
  if (in_pair) add({.partner = rank - 1, .receives = true});
  const int self = in_pair ? rank / 2 : rank - paired;
  for (int distance = 1; distance < acting; distance *= 2) {
    const int other = self ^ distance;
    add({.partner = other < paired ? 2 * other + 1 : other + paired, .sends = true, .receives = true});
  }
  if (in_pair) add({.partner = rank - 1, .sends = true});
}

void MpiReduction::add(const Round& round) {
  Round& added = mpi_->rounds.emplace_back(round);
  if (round.sends) added.outgoing.resize(mpi_->words.size());
  if (round.receives) added.incoming.resize(mpi_->words.size());
}

void MpiReduction::begin() {
  at_ = 0;
  if (!mpi_->rounds.empty()) start_round();
}

bool MpiReduction::has_ended() {
  while (at_ < mpi_->rounds.size()) {
    int there = 1;
    Round& round = mpi_->rounds[at_];
    if (round.receives) BOOST_MPI_CHECK_RESULT(MPI_Test, (&round.received, &there, MPI_STATUS_IGNORE));
    if (there == 0) return false;
    end_round();
  }
  return true;
}

void MpiReduction::wait() {
  while (at_ < mpi_->rounds.size()) {
    BOOST_MPI_CHECK_RESULT(MPI_Wait, (&mpi_->rounds[at_].received, MPI_STATUS_IGNORE));
    end_round();
  }
}

void MpiReduction::finish() {
  for (Round& round : mpi_->rounds) BOOST_MPI_CHECK_RESULT(MPI_Wait, (&round.sent, MPI_STATUS_IGNORE));
  finished_ = true;
}

void MpiReduction::start_round() {
  Round& round = mpi_->rounds[at_];
  const int count = static_cast<int>(mpi_->words.size());
  if (round.receives)
    BOOST_MPI_CHECK_RESULT(MPI_Irecv, (round.incoming.data(), count, MPI_UINT64_T, round.partner, tag,
                                       mpi_->communicator, &round.received));
  if (!round.sends) return;
  BOOST_MPI_CHECK_RESULT(MPI_Wait, (&round.sent, MPI_STATUS_IGNORE));  // of the last reduction
  std::copy(mpi_->words.begin(), mpi_->words.end(), round.outgoing.begin());
  BOOST_MPI_CHECK_RESULT(MPI_Isend, (round.outgoing.data(), count, MPI_UINT64_T, round.partner, tag,
                                     mpi_->communicator, &round.sent));
}

void MpiReduction::end_round() {
  Round& round = mpi_->rounds[at_];
  if (round.is_result)
    std::copy(round.incoming.begin(), round.incoming.end(), mpi_->words.begin());
  else if (round.receives)
    combine_(mpi_->words, round.incoming);
  if (++at_ < mpi_->rounds.size()) start_round();
}

}  // namespace hecaton::engine
