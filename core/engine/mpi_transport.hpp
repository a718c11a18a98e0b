// The transport over MPI (Boost.MPI communicator): batches of trivially copyable events, sent without
// blocking, and one fused all-reduce per window that carries next event time, flags and the number of batches
// for each rank.
//
// Batches of two consecutive windows are told apart by the parity in their tag: a rank can be at most one
// window ahead of another, because nobody leaves a reduction before everybody has entered it. Send buffers
// are kept per parity for the same reason, and grow to the largest batch seen, so the steady state allocates
// nothing.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/nonblocking.hpp>
#include <cstring>
#include <vector>

#include "core/engine/window_sync.hpp"

namespace hecaton::engine {

// The reduction itself, apart from the templates: `words` is {next, reach, flags, batches for rank 0, 1,
// ...}.
class WindowReduction {
 public:
  static constexpr std::size_t agreed_words = 3;

  explicit WindowReduction(const boost::mpi::communicator& communicator);
  ~WindowReduction();
  WindowReduction(const WindowReduction&) = delete;
  WindowReduction& operator=(const WindowReduction&) = delete;

  // words.size() == ranks + agreed_words; combined in place: minima, union, sums.
  void combine(std::vector<std::uint64_t>& words);

 private:
  boost::mpi::communicator communicator_;
  MPI_Op operation_ = MPI_OP_NULL;
  MPI_Datatype vector_ = MPI_DATATYPE_NULL;
};

template <class Payload>
class MpiTransport {
 public:
  using EventType = Event<Payload>;
  static_assert(std::is_trivially_copyable_v<EventType>);

  explicit MpiTransport(const boost::mpi::communicator& communicator)
      : communicator_(communicator),
        reduction_(communicator),
        words_(static_cast<std::size_t>(communicator.size()) + WindowReduction::agreed_words),
        batches_for_(static_cast<std::size_t>(communicator.size())) {}

  std::uint32_t ranks() const { return static_cast<std::uint32_t>(communicator_.size()); }
  RankId rank() const { return RankId{static_cast<std::uint32_t>(communicator_.rank())}; }

  void send(RankId to, std::span<const EventType> events) {
    Outgoing& out = outgoing_[parity_];
    if (out.used == out.buffers.size()) out.buffers.emplace_back();
    std::vector<char>& buffer = out.buffers[out.used++];
    buffer.resize(events.size_bytes());
    std::memcpy(buffer.data(), events.data(), events.size_bytes());
    out.requests.push_back(communicator_.isend(static_cast<int>(to.value), tag(), buffer.data(),
                                               static_cast<int>(buffer.size())));
    ++batches_for_[to.value];
  }

  Agreement agree(const Agreement& offer) {
    words_[0] = static_cast<std::uint64_t>(offer.next.ps);
    words_[1] = static_cast<std::uint64_t>(offer.reach.ps);
    words_[2] = offer.flags;
    std::copy(batches_for_.begin(), batches_for_.end(), words_.begin() + WindowReduction::agreed_words);
    std::fill(batches_for_.begin(), batches_for_.end(), 0);
    reduction_.combine(words_);
    expected_ = words_[rank().value + WindowReduction::agreed_words];
    return {SimTime{static_cast<std::int64_t>(words_[0])}, SimTime{static_cast<std::int64_t>(words_[1])},
            words_[2]};
  }

  template <class Take>
  void receive(Take&& take) {
    for (; expected_ > 0; --expected_) {
      const auto status = communicator_.probe(boost::mpi::any_source, tag());
      const int bytes = *status.template count<char>();
      incoming_.resize(static_cast<std::size_t>(bytes) / sizeof(EventType));
      communicator_.recv(status.source(), tag(), reinterpret_cast<char*>(incoming_.data()), bytes);
      for (const EventType& event : incoming_) take(event);
    }
    parity_ ^= 1;
    reclaim(outgoing_[parity_]);
  }

  void finish() {
    for (Outgoing& out : outgoing_) reclaim(out);
  }

 private:
  struct Outgoing {
    std::vector<std::vector<char>> buffers;
    std::vector<boost::mpi::request> requests;
    std::size_t used = 0;
  };

  int tag() const { return 0x4845 + static_cast<int>(parity_); }

  static void reclaim(Outgoing& out) {
    boost::mpi::wait_all(out.requests.begin(), out.requests.end());
    out.requests.clear();
    out.used = 0;
  }

  boost::mpi::communicator communicator_;
  WindowReduction reduction_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> batches_for_;
  std::vector<EventType> incoming_;
  Outgoing outgoing_[2];
  std::uint64_t expected_ = 0;
  unsigned parity_ = 0;
};

}  // namespace hecaton::engine
