#include "runs/message_rows/message_rows.hpp"

#include <mpi.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <cstddef>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include "net/package/fabric.hpp"
#include "runs/closed_forms/message_times.hpp"

namespace hecaton::runs {

namespace {

using net::MessageArrival;
using net::MessageHead;
using Arrivals = std::vector<MessageArrival>;

// What is sent to each rank, one rank's after the other's; at most so much that MPI's `int` is wide enough.
constexpr std::size_t most_bytes_at_once = std::size_t{1} << 29U;

// The part of `all` that is sent in a round.
std::span<const MessageArrival> part_of(const Arrivals& all, std::size_t round, std::size_t each) {
  const std::size_t first = std::min(round * each, all.size());
  return std::span(all).subspan(first, std::min(each, all.size() - first));
}

Arrivals exchange_round(const std::vector<Arrivals>& to_rank, std::size_t round, std::size_t each,
                        const boost::mpi::communicator& world) {
  static_assert(std::is_trivially_copyable_v<MessageArrival>);
  const auto ranks = static_cast<std::size_t>(world.size());
  std::vector<int> sent(ranks), sent_at(ranks), got(ranks), got_at(ranks);
  Arrivals out;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const std::span<const MessageArrival> part = part_of(to_rank[rank], round, each);
    sent_at[rank] = static_cast<int>(out.size() * sizeof(MessageArrival));
    sent[rank] = static_cast<int>(part.size_bytes());
    out.insert(out.end(), part.begin(), part.end());
  }
  BOOST_MPI_CHECK_RESULT(MPI_Alltoall, (sent.data(), 1, MPI_INT, got.data(), 1, MPI_INT, world));
  int bytes = 0;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    got_at[rank] = bytes;
    bytes += got[rank];
  }
  Arrivals in(static_cast<std::size_t>(bytes) / sizeof(MessageArrival));
  BOOST_MPI_CHECK_RESULT(MPI_Alltoallv, (out.data(), sent.data(), sent_at.data(), MPI_BYTE, in.data(),
                                         got.data(), got_at.data(), MPI_BYTE, world));
  return in;
}

// Collective: hands arrivals to the ranks of their sources.
Arrivals handed_to_sources(const std::vector<Arrivals>& to_rank, const boost::mpi::communicator& world) {
  const std::size_t each =
      std::max<std::size_t>(1, most_bytes_at_once / sizeof(MessageArrival) / to_rank.size());
  std::size_t most = 0;
  for (const Arrivals& arrivals : to_rank) most = std::max(most, arrivals.size());
  most = boost::mpi::all_reduce(world, most, boost::mpi::maximum<std::size_t>());
  Arrivals all;
  for (std::size_t round = 0; round * each < most; ++round) {
    const Arrivals some = exchange_round(to_rank, round, each, world);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Arrivals arrivals_of_sources(std::span<const NodeLog> logs, const MessagePackage& package,
                             const boost::mpi::communicator& world) {
  std::vector<Arrivals> to_rank(static_cast<std::size_t>(world.size()));
  for (const NodeLog& each : logs)
    for (const MessageArrival& arrival : std::exchange(each.log->arrivals, {}))
      to_rank[package.owner(NodeId{arrival.source}).value].push_back(arrival);
  Arrivals mine = handed_to_sources(to_rank, world);
  std::sort(mine.begin(), mine.end(), [](const MessageArrival& a, const MessageArrival& b) {
    return std::tie(a.source, a.message) < std::tie(b.source, b.message);
  });
  return mine;
}

class RowMaker {
 public:
  explicit RowMaker(const MessagePackage& package)
      : fabric_(package.network, package.has_io), alone_(package.network, package.has_io) {}

  io::MessageRow row(const MessageHead& head, const MessageArrival& arrival) const {
    const NodeId from{arrival.source}, to{arrival.message.destination};
    const Time alone = alone_.message(arrival.bytes, alone_.way(from, to, arrival.express));
    const SimDuration taken = arrival.here - arrival.message.created;
    return {.from = from.value,
            .to = to.value,
            .bytes = arrival.bytes,
            .hops = fabric_.hops(from, to),
            .handed_over_ps = arrival.message.created.ps,
            .head_out_ps = head.out.ps,
            .arrived_ps = arrival.here.ps,
            .waited_ps = taken.ps - static_cast<std::int64_t>(alone.all.value())};
  }

 private:
  net::Fabric fabric_;
  MessageTimes alone_;
};

// Makes rows of the heads that have arrived, and keeps the others. `arrivals` are those of the node, in order.
void match(std::vector<MessageHead>& heads, std::span<const MessageArrival> arrivals, const RowMaker& maker,
           std::vector<io::MessageRow>& rows) {
  std::sort(heads.begin(), heads.end(),
            [](const MessageHead& a, const MessageHead& b) { return a.message < b.message; });
  std::vector<MessageHead> under_way;
  auto arrival = arrivals.begin();
  for (const MessageHead& head : heads) {
    if (arrival != arrivals.end() && arrival->message == head.message)
      rows.push_back(maker.row(head, *arrival++));
    else
      under_way.push_back(head);
  }
  if (arrival != arrivals.end()) throw std::logic_error("a message has arrived that nobody has sent");
  heads = std::move(under_way);
}

}  // namespace

io::LocalMessages take_messages(std::span<const NodeLog> logs, const MessagePackage& package,
                                const boost::mpi::communicator& world) {
  const Arrivals arrivals = arrivals_of_sources(logs, package, world);
  const RowMaker maker(package);
  io::LocalMessages messages{.are_kept = true, .nodes = {}, .rows_per_node = {}, .rows = {}};
  auto first = arrivals.begin();
  for (const NodeLog& each : logs) {
    const auto last = std::find_if(first, arrivals.end(),
                                   [&](const MessageArrival& a) { return a.source != each.node.value; });
    const std::size_t before = messages.rows.size();
    match(each.log->heads, std::span(first, last), maker, messages.rows);
    messages.nodes.push_back(each.node.value);
    messages.rows_per_node.push_back(messages.rows.size() - before);
    std::sort(messages.rows.begin() + static_cast<std::ptrdiff_t>(before), messages.rows.end());
    first = last;
  }
  return messages;
}

}  // namespace hecaton::runs
