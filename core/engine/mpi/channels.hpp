// Channels between ranks that share no memory: messages over MPI, for the synchroniser of null_sync.hpp.
//
// A message carries events, a promise, and how many of the neighbour's events were taken so far. Promises
// alone are sent on demand only: a rank that has to wait asks the neighbours that hold it back. They send a
// promise as soon as it is late enough, and ask their own neighbours until then.
//
// Agreement while all are blocked: non-blocking reductions follow each other all the time. Each rank
// contributes whether it is blocked, and has been since its last contribution; how many events it has sent
// and received; and its earliest output. If all have been blocked since the reduction before, and as many
// events were received as sent, nothing was on its way between the two. Then the least of these outputs is a
// bound for everybody, and everybody learns of it. Halts are agreed on by the same reductions.
#pragma once

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/nonblocking.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/mpi/earliest_replies.hpp"
#include "core/engine/mpi/shared_memory.hpp"
#include "core/engine/sync/halt.hpp"

namespace hecaton::engine {

// A reduction of what ranks contribute while they are blocked; how each word is combined stands beside it.
class BlockedReduction {
 public:
  struct Words {
    std::int64_t blocked_since = 0;    // least; 1: at this and the last contribution, and never awake between
    std::int64_t earliest_output = 0;  // least
    std::int64_t next = 0;             // least
    std::int64_t frozen = 0;           // least; 1: waits for all to be frozen
    std::int64_t halt_wanted = 0;      // greatest; 1: or nobody wants one
    std::int64_t reached = 0;          // greatest
    std::int64_t on_their_way = 0;     // sum; sent less received
    std::uint64_t requests = 0;        // union
  };

  explicit BlockedReduction(const boost::mpi::communicator& communicator);
  ~BlockedReduction();
  BlockedReduction(const BlockedReduction&) = delete;
  BlockedReduction& operator=(const BlockedReduction&) = delete;

  bool under_way() const { return request_ != MPI_REQUEST_NULL; }
  void start(const Words& mine);
  // True once when it is done.
  bool done();
  void wait();  // for the one under way, if there is one
  const Words& result() const { return all_; }

 private:
  boost::mpi::communicator communicator_;
  MPI_Op operation_ = MPI_OP_NULL;
  MPI_Datatype words_ = MPI_DATATYPE_NULL;
  MPI_Request request_ = MPI_REQUEST_NULL;
  Words mine_, all_;
};

template <class Payload>
class MpiChannels {
 public:
  using EventType = Event<Payload>;
  static_assert(std::is_trivially_copyable_v<EventType>);

  // Collective. `neighbours`: whom this rank may send to; it is their neighbour, too.
  MpiChannels(const boost::mpi::communicator& communicator, std::span<const RankId> neighbours)
      : mpi_(new Operations(communicator)),
        communicator_(mpi_->communicator),
        self_{static_cast<std::uint32_t>(communicator.rank())},
        patience_(static_cast<std::uint32_t>(communicator.size())),
        index_(static_cast<std::size_t>(communicator.size()), 0),
        links_(neighbours.size()) {
    for (std::size_t k = 0; k < neighbours.size(); ++k) {
      index_[neighbours[k].value] = k;
      links_[k].rank = static_cast<int>(neighbours[k].value);
    }
  }

  // A run that ends early leaves operations under way, which need their memory; it is about to be aborted.
  ~MpiChannels() {
    if (!finished_) static_cast<void>(mpi_.release());
  }
  MpiChannels(const MpiChannels&) = delete;
  MpiChannels& operator=(const MpiChannels&) = delete;

  std::uint32_t ranks() const { return static_cast<std::uint32_t>(communicator_.size()); }
  RankId rank() const { return self_; }
  std::size_t neighbours() const { return links_.size(); }
  std::size_t neighbour(RankId rank) const { return index_[rank.value]; }

  void push(std::size_t k, const EventType& event, SimTime reply) {
    links_[k].events.push_back(event);
    links_[k].replies.sent(reply);
    ++sent_;
  }

  bool publish(std::size_t k, SimTime promise) {
    Link& link = links_[k];
    link.promised = promise;
    link.known = link.taken;
    if (link.events.empty() && (promise <= link.asked_by || link.asked_by == SimTime{})) return false;
    if (promise > link.asked_by) link.asked_by = SimTime{};
    send(link);
    return true;
  }
  // A receipt is no reason for a message of its own; whoever waits for it asks.
  bool unconfirmed(std::size_t k) const {
    const Link& link = links_[k];
    return link.asked_by != SimTime{} && (link.known != link.taken || link.promised > link.asked_by);
  }

  template <class Take>
  void poll(Take&& take) {
    while (const auto status = communicator_.iprobe(boost::mpi::any_source, message_tag)) {
      const auto bytes = static_cast<std::size_t>(*status->template count<char>());
      incoming_.resize(bytes);
      communicator_.recv(status->source(), message_tag, incoming_.data(), static_cast<int>(bytes));
      accept(links_[index_[static_cast<std::size_t>(status->source())]], take);
    }
    rotate();
  }

  SimTime bound(std::size_t k) const { return std::min(links_[k].promise, links_[k].replies.earliest()); }
  SimTime agreed() const { return agreed_; }

  // This rank waits for its neighbours' promises beyond `need`.
  void ask(SimTime need, SimDuration least_lookahead) {
    for (std::size_t k = 0; k < links_.size(); ++k) {
      SimTime wanted = need;
      for (std::size_t j = 0; j < links_.size(); ++j)
        if (j != k && links_[j].asked_by > SimTime{} + least_lookahead)
          wanted = std::min(wanted, links_[j].asked_by - least_lookahead);
      Link& link = links_[k];
      if (wanted == SimTime::never() || bound(k) > wanted || link.asked_for >= wanted) continue;
      link.asked_for = wanted;
      send(link);
    }
  }

  bool show_blocked(SimTime earliest_output, SimTime next) {
    blocked_ = true;
    earliest_output_ = earliest_output;
    next_ = next;
    return std::exchange(news_, false);
  }
  SimTime no_event_before() const { return no_event_before_; }
  void begin(SimTime time) { agreed_ = time; }

  bool halt_wanted(bool here) {
    halt_wanted_ = halt_wanted_ || here;
    return everybody_knows_;
  }
  void freeze(SimTime reached, std::uint64_t requests) {
    frozen_ = true;
    reached_ = reached;
    requests_ = requests;
  }
  std::optional<Halt> halt() { return std::exchange(halt_, std::nullopt); }
  void meet() {}  // all have learnt of the halt by one reduction
  void wake() {
    blocked_ = false;
    fresh_ = true;
  }
  void relax(std::uint32_t round) { patience_.turn(round); }

  // Takes what is still on its way: promises that nobody needs any more.
  void finish() {
    finishing_ = true;
    for (Link& link : links_) {
      link.last = true;
      send(link);
    }
    while (std::any_of(links_.begin(), links_.end(), [](const Link& link) { return !link.over; }))
      poll([](const EventType&) {});
    for (Outgoing& out : mpi_->outgoing) out.request.wait();
    mpi_->reduction.wait();
    finished_ = true;
  }

 private:
  static constexpr int message_tag = 0x4843;

  struct Header {
    std::int64_t promise = 0;
    std::int64_t asked_for = 0;
    std::uint64_t taken = 0;
    std::uint64_t last = 0;
  };
  struct Link {
    int rank = 0;
    std::vector<EventType> events;  // to be sent
    EarliestReplies replies;
    std::uint64_t taken = 0;  // from the neighbour
    // Of these, to the last promise. No more is confirmed: the reply may come sooner than was promised.
    std::uint64_t known = 0;
    SimTime promise{};    // by the neighbour
    SimTime promised{};   // to it
    SimTime asked_for{};  // from the neighbour; 0: nothing
    SimTime asked_by{};   // by the neighbour; 0: nothing
    bool last = false;    // this rank has said its last word
    bool over = false;    // the neighbour has
  };
  struct Outgoing {
    std::vector<char> bytes;
    boost::mpi::request request;
  };

  // What MPI may be working on.
  struct Operations {
    explicit Operations(const boost::mpi::communicator& world)
        : communicator(world, boost::mpi::comm_duplicate), reduction(communicator) {}
    boost::mpi::communicator communicator;
    BlockedReduction reduction;
    std::deque<Outgoing> outgoing;
  };

  void send(Link& link) {
    Outgoing& out = free_buffer();
    const Header header{link.promised.ps, link.asked_for.ps, link.known, link.last ? 1u : 0u};
    const std::size_t events = link.events.size() * sizeof(EventType);
    out.bytes.resize(sizeof header + events);
    std::memcpy(out.bytes.data(), &header, sizeof header);
    if (events > 0) std::memcpy(out.bytes.data() + sizeof header, link.events.data(), events);
    link.events.clear();
    out.request =
        communicator_.isend(link.rank, message_tag, out.bytes.data(), static_cast<int>(out.bytes.size()));
  }

  Outgoing& free_buffer() {
    for (std::size_t tried = 0; tried < mpi_->outgoing.size(); ++tried) {
      Outgoing& out = mpi_->outgoing[next_buffer_++ % mpi_->outgoing.size()];
      if (out.request.test()) return out;
    }
    return mpi_->outgoing.emplace_back();
  }

  template <class Take>
  void accept(Link& link, Take&& take) {
    Header header;
    std::memcpy(&header, incoming_.data(), sizeof header);
    link.promise = SimTime{header.promise};
    if (bound_passed(link)) link.asked_for = SimTime{};
    if (header.asked_for != 0) link.asked_by = SimTime{header.asked_for};
    link.over = header.last != 0;
    link.replies.confirmed(header.taken);
    const std::size_t count = (incoming_.size() - sizeof header) / sizeof(EventType);
    if (count > 0) wake();
    for (std::size_t i = 0; i < count; ++i) {
      EventType event;
      std::memcpy(&event, incoming_.data() + sizeof header + i * sizeof event, sizeof event);
      take(event);
    }
    link.taken += count;
    received_ += count;
  }
  static bool bound_passed(const Link& link) { return link.promise > link.asked_for; }

  // Follows the reductions.
  void rotate() {
    if (agreed_ == SimTime::never() || finishing_) return;
    if (mpi_->reduction.under_way()) {
      if (!mpi_->reduction.done()) return;
      learn(mpi_->reduction.result());
      if (agreed_ == SimTime::never()) return;
    }
    const bool since = blocked_ && !fresh_;
    mpi_->reduction.start({.blocked_since = since,
                           .earliest_output = earliest_output_.ps,
                           .next = next_.ps,
                           .frozen = frozen_,
                           .halt_wanted = halt_wanted_,
                           .reached = reached_.ps,
                           .on_their_way = static_cast<std::int64_t>(sent_ - received_),
                           .requests = requests_});
    fresh_ = !blocked_;
  }

  void learn(const BlockedReduction::Words& all) {
    if (all.blocked_since == 1 && all.on_their_way == 0) {
      no_event_before_ = std::max(no_event_before_, SimTime{all.next});
      if (SimTime{all.earliest_output} > agreed_) {
        agreed_ = SimTime{all.earliest_output};
        news_ = true;
      }
    }
    if (all.frozen == 1) {
      halt_ = Halt{SimTime{all.reached}, all.requests};
      frozen_ = halt_wanted_ = everybody_knows_ = false;
      requests_ = 0;
    } else if (all.halt_wanted == 1) {
      everybody_knows_ = true;
    }
  }

  std::unique_ptr<Operations> mpi_;
  boost::mpi::communicator communicator_;
  RankId self_;  // asked for with every event
  Patience patience_;
  std::vector<std::size_t> index_;  // rank -> link
  std::vector<Link> links_;
  std::size_t next_buffer_ = 0;
  std::vector<char> incoming_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  SimTime agreed_{};
  SimTime earliest_output_{};
  SimTime next_{};
  SimTime no_event_before_{};
  SimTime reached_{};
  std::uint64_t requests_ = 0;
  std::optional<Halt> halt_;  // just agreed on
  bool halt_wanted_ = false;  // by this rank
  bool everybody_knows_ = false;
  bool frozen_ = false;
  bool finishing_ = false;
  bool blocked_ = false;
  bool fresh_ = true;  // was awake at its last contribution, or since
  bool news_ = false;
  bool finished_ = false;
};

}  // namespace hecaton::engine
