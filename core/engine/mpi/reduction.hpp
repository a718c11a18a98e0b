// A reduction of a few words over all ranks that does not block, by recursive doubling: in each round a rank
// exchanges what it has with a partner twice as far away. The first round is on its way when begin() returns;
// the others begin when has_ended() or wait() is called.
//
// Where the number of ranks is no power of two, some hand over theirs first, and are told at the end.
//
// Messages of consecutive reductions cannot be mistaken for each other: between two ranks they keep their
// order, and nobody begins one before it has ended the last.
#pragma once

#include <mpi.h>

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hecaton::engine {

class MpiReduction {
 public:
  using Words = std::span<std::uint64_t>;
  // `combine(into, from)`: associative and commutative.
  using Combine = void (*)(Words into, Words from);

  // Collective. So many words on every rank.
  MpiReduction(const boost::mpi::communicator& communicator, std::size_t words, Combine combine);
  // A run that ends early may leave messages under way, which need their memory; it is about to be aborted.
  ~MpiReduction();
  MpiReduction(const MpiReduction&) = delete;
  MpiReduction& operator=(const MpiReduction&) = delete;

  // This rank's words before begin(), what has come of all of them when it has ended; not to be touched in
  // between.
  Words words() { return mpi_->words; }
  void begin();
  // Goes on as far as possible; true if it has ended.
  bool has_ended();
  void wait();
  // After the last one; until all ranks need nothing more from this one.
  void finish();

 private:
  struct Round {
    int partner = 0;
    bool sends = false;
    bool receives = false;
    bool is_result = false;  // what is received is, instead of a part
    std::vector<std::uint64_t> outgoing{};
    std::vector<std::uint64_t> incoming{};
    MPI_Request sent = MPI_REQUEST_NULL;
    MPI_Request received = MPI_REQUEST_NULL;
  };
  // What messages under way need.
  struct Operations {
    boost::mpi::communicator communicator;
    std::vector<std::uint64_t> words;
    std::vector<Round> rounds;
  };

  bool has_stopped();  // gives up what has not come; false if something is under way all the same
  void plan(int rank, int ranks);
  void add(const Round& round);
  void start_round();
  void end_round();

  std::unique_ptr<Operations> mpi_;
  Combine combine_;
  std::size_t at_ = 0;  // the round under way; none after the last
  bool finished_ = false;
};

}  // namespace hecaton::engine
