// The transport over MPI (Boost.MPI communicator): batches of trivially copyable events, sent without
// blocking, and one fused all-reduce per window, without blocking as well, that carries next event time,
// flags and the number of batches for each rank.
//
// Batches of two consecutive windows are told apart by the parity in their tag: a rank can be at most one
// window ahead of another, because nobody leaves a reduction before everybody has entered it. Send buffers
// are kept per parity for the same reason, and grow to the largest batch seen, so the steady state allocates
// nothing.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/nonblocking.hpp>
#include <cstring>
#include <span>
#include <vector>

#include "core/engine/mpi/reduction.hpp"
#include "core/engine/sync/window_sync.hpp"

namespace hecaton::engine {

// What ranks agree on, as words of a reduction; after these come the numbers of batches for rank 0, 1, ...
enum AgreedWord : std::size_t { next_word, input_word, flags_word, reached_word, agreed_words };

// Minima, union, maximum, sums.
void combine_agreements(std::span<std::uint64_t> into, std::span<std::uint64_t> from);

template <class Payload>
class MpiTransport {
 public:
  using EventType = Event<Payload>;
  static_assert(std::is_trivially_copyable_v<EventType>);

  explicit MpiTransport(const boost::mpi::communicator& communicator)
      : communicator_(communicator),
        self_{static_cast<std::uint32_t>(communicator.rank())},
        reduction_(communicator, static_cast<std::size_t>(communicator.size()) + agreed_words,
                   &combine_agreements),
        batches_for_(static_cast<std::size_t>(communicator.size())) {}

  std::uint32_t ranks() const { return static_cast<std::uint32_t>(batches_for_.size()); }
  RankId rank() const { return self_; }

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

  void offer(const Agreement& mine) {
    const std::span<std::uint64_t> words = reduction_.words();
    words[next_word] = static_cast<std::uint64_t>(mine.next.ps);
    words[input_word] = static_cast<std::uint64_t>(mine.earliest_input.ps);
    words[flags_word] = mine.flags;
    words[reached_word] = static_cast<std::uint64_t>(mine.reached.ps);
    std::copy(batches_for_.begin(), batches_for_.end(), words.begin() + agreed_words);
    std::fill(batches_for_.begin(), batches_for_.end(), 0);
    reduction_.begin();
  }
  bool is_agreed() { return reduction_.has_ended(); }
  Agreement agreement() {
    reduction_.wait();
    const std::span<const std::uint64_t> words = reduction_.words();
    const auto time = [&](AgreedWord word) { return SimTime{static_cast<std::int64_t>(words[word])}; };
    expected_ = words[rank().value + agreed_words];
    return {time(next_word), time(input_word), words[flags_word], time(reached_word)};
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
    reduction_.finish();
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
  RankId self_;  // asked for with every event
  MpiReduction reduction_;
  std::vector<std::uint64_t> batches_for_;
  std::vector<EventType> incoming_;
  Outgoing outgoing_[2];
  std::uint64_t expected_ = 0;
  unsigned parity_ = 0;
};

}  // namespace hecaton::engine
