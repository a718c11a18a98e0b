#include "runs/wiring/expected_load.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/engine/base/checked.hpp"
#include "io/deck/workloads/outcome.hpp"
#include "net/package/hops.hpp"
#include "net/package/routing.hpp"
#include "net/package/timing.hpp"
#include "runs/wiring/package.hpp"

namespace hecaton::runs {

namespace {

// Events of one message at its ends and at each router on its way: hand-over and delivery, and the arrival
// and two decisions. A train of packets costs as much as one.
constexpr std::uint64_t events_at_end = 2;
constexpr std::uint64_t events_at_router = 3;

// Destinations tried of a die that chooses at random, and of all dies together at most.
constexpr std::uint64_t most_draws = 64;
constexpr std::uint64_t most_draws_of_all = 1ULL << 18;

// Links looked at one by one of ways that only a table knows, of all draws together at most.
constexpr std::uint64_t most_links_of_all = 1ULL << 24;

// What passes over the nodes of rows and columns, kept as the differences between neighbours, so that a way
// costs the same however long it is.
class Passing {
 public:
  explicit Passing(const net::Topology& topology)
      : topology_(topology), by_row_(topology.dies() + 1), by_column_(topology.dies() + 1) {}

  // `amount` at every die after the first of a straight way.
  void add(const net::Straight& way, chiplet::Wide amount) {
    const net::Coordinate at = topology_.coordinate(way.from);
    const bool along_row = net::dimension_of(way.out) == net::Dimension::row;
    const std::uint32_t size = along_row ? topology_.columns() : topology_.rows();
    const std::uint32_t place = along_row ? at.column : at.row;
    const std::uint64_t line = std::uint64_t{along_row ? at.row : at.column} * size;
    const bool forward =
        way.out == net::port_of(along_row ? net::Dimension::row : net::Dimension::column, true);
    const std::uint32_t first = forward ? place + 1 : place + size - way.links;  // may be beyond the wrap
    auto& differences = along_row ? by_row_ : by_column_;
    const auto add_range = [&](std::uint64_t begin, std::uint64_t end) {
      differences[line + begin] += amount;
      differences[line + end] -= amount;
    };
    const std::uint32_t begin = first % size, end = begin + way.links;
    add_range(begin, std::min(end, size));
    if (end > size) add_range(0, end - size);
  }

  void add_to(partition::Weights& events) const {
    chiplet::Wide in_row = 0;
    for (std::uint32_t d = 0; d < topology_.dies(); ++d) add_wide(events[d], in_row += by_row_[d]);
    chiplet::Wide in_column = 0;
    for (std::uint32_t i = 0; i < topology_.dies(); ++i) {
      const NodeId die = topology_.die_at(i % topology_.rows(), i / topology_.rows());
      add_wide(events[die.value], in_column += by_column_[i]);
    }
  }

 private:
  static void add_wide(std::uint64_t& sum, chiplet::Wide added) {
    if (added > std::numeric_limits<std::uint64_t>::max()) throw_count_overflow();
    add_checked(sum, static_cast<std::uint64_t>(added));
  }

  const net::Topology& topology_;
  std::vector<chiplet::Wide> by_row_;     // differences from die to die, row by row
  std::vector<chiplet::Wide> by_column_;  // and column by column
};

// What programs do, counted once for all dies that do the same: it follows from a die's places in its groups, and from how its
// bytes are divided over channels, not from which die it is.
class ProgramBook {
 public:
  // All but what goes over groups: without members to exchange with, a die sends nothing.
  const chiplet::ProgramCounts& alone(const chiplet::DieSetup& setup) {
    std::vector<std::uint64_t> weights;
    for (const chiplet::DramShare& share : setup.dram) weights.push_back(share.weight);
    const auto [found, is_new] = alone_.try_emplace({setup.program, std::move(weights)});
    if (is_new) found->second = chiplet::count_program(*setup.program, {}, setup.timings, setup.dram);
    return found->second;
  }

  // A package has many places; where nothing is exchanged over it, none of them is looked at.
  bool exchanges_over(const chiplet::Program& program, std::size_t group) {
    const auto [found, is_new] = groups_of_.try_emplace(&program);
    if (is_new) {
      for (const chiplet::Op& op : program)
        if (chiplet::is_collective(op.code)) found->second.at(static_cast<std::size_t>(op.ring)) = true;
    }
    return found->second.at(group);
  }

  const chiplet::SentCounts& over_group(const chiplet::DieSetup& setup, std::size_t group) {
    const chiplet::RingPlace& ring = setup.rings[group];
    const chiplet::LinePlace& line = setup.lines[group];
    const auto [found, is_new] =
        sent_.try_emplace({setup.program, group, ring.size, ring.position, line.size, line.position});
    if (!is_new) return found->second;
    const auto name = static_cast<chiplet::Ring>(group);
    return found->second = chiplet::count_sent(*setup.program, name, setup.places(name), setup.timings);
  }

 private:
  std::map<std::pair<const chiplet::Program*, std::vector<std::uint64_t>>, chiplet::ProgramCounts> alone_;
  std::map<const chiplet::Program*, std::array<bool, chiplet::ring_count>> groups_of_;
  std::map<std::tuple<const chiplet::Program*, std::size_t, std::uint32_t, std::uint32_t, std::uint32_t,
                      std::uint32_t>,
           chiplet::SentCounts>
      sent_;
};

class Counter {
 public:
  Counter(const Workload& workload, const io::Deck& deck)
      : workload_(workload),
        topology_(workload.topology()),
        routes_(deck.network, topology_),
        by_table_(deck.network.router.routing == net::Routing::up_down),
        deck_(deck),
        timing_(net::make_timing(network_of(deck))),
        passing_(topology_) {
    load_.events.assign(topology_.nodes(), 0);
  }

  Load count() {
    for (std::uint32_t d = 0; d < topology_.dies(); ++d)
      std::visit([&](const auto& work) { add(work, NodeId{d}); }, workload_.die_work());
    passing_.add_to(load_.events);
    return std::move(load_);
  }

 private:
  void add(const io::Programs&, NodeId die) {
    const chiplet::DieSetup setup = workload_.die_setup(die);
    const chiplet::ProgramCounts& all = book_.alone(setup);
    Checked sent_messages, sent_bytes;
    for (std::size_t group = 0; group < chiplet::ring_count; ++group) {
      if (setup.lines[group].size <= 1 || !book_.exchanges_over(*setup.program, group)) continue;
      const chiplet::SentCounts& sent = book_.over_group(setup, group);
      sent_messages += sent.messages;
      sent_bytes += sent.bytes;
      add_ring(setup, group, sent);
    }
    const std::uint64_t packet = deck_.network.interface.packet_bytes;
    const std::uint64_t dram_bytes =
        (Checked{all.counters.dram_read_bytes} + all.counters.dram_write_bytes).value();
    add_checked(load_.events[die.value], all.rows);
    add_checked(load_.rows, all.rows);
    add_checked(load_.messages, sent_messages + all.dram_messages);
    add_checked(load_.packets, Checked{std::max(sent_messages.value(), sent_bytes.value() / packet)} +
                                   std::max(all.dram_messages, dram_bytes / packet));
    add_dram(setup, all.dram_messages, dram_bytes);
  }

  // Of messages with so many bytes together, all of a size.
  std::uint64_t segments_of_each(std::uint64_t messages, std::uint64_t bytes) const {
    if (messages == 0) return 1;
    const std::uint64_t segment =
        static_cast<std::uint64_t>(timing_.segment_flits) * deck_.network.link.flit_bytes;
    return std::max<std::uint64_t>(1, (bytes / messages + segment - 1) / segment);
  }

  // Messages along a line are taken for messages to a neighbour.
  void add_ring(const chiplet::DieSetup& setup, std::size_t group, const chiplet::SentCounts& sent) {
    const chiplet::LinePlace& line = setup.lines[group];
    const bool is_ring = setup.rings[group].size > 1;
    const NodeId next = is_ring ? setup.rings[group].next : line.at((line.position + 1) % line.size);
    add_messages(setup.id, next, sent.messages, segments_of_each(sent.messages, sent.bytes));
  }

  // Of every burst one message goes each way; one of them is short, as long as the other is here.
  void add_dram(const chiplet::DieSetup& setup, std::uint64_t messages, std::uint64_t bytes) {
    const std::uint64_t segments = segments_of_each(messages, bytes);
    std::uint64_t total = 0;
    for (const chiplet::DramShare& share : setup.dram) total += share.weight;
    for (const chiplet::DramShare& share : setup.dram) {
      const std::uint64_t one_way = (Checked{messages / 2} * share.weight / total).value();
      add_messages(setup.id, share.io, one_way, segments);
      add_messages(share.io, setup.id, one_way, segments);
    }
  }

  // What a node of a graph makes is taken for what a node makes on average: a send makes one message, and a collective about
  // one for each other rank; which go to a neighbour.
  void add(const io::Execution& execution, NodeId die) {
    const std::uint64_t nodes = workload_.graph_nodes(die),
                        all = std::max<std::uint64_t>(1, execution.survey.nodes);
    add_checked(load_.rows, nodes);
    add_checked(load_.events[die.value], nodes);
    const chiplet::Wide made =
        chiplet::Wide{execution.survey.collectives} * (execution.die_of_rank.size() - 1) +
        execution.survey.sends;
    const std::uint64_t messages = io::narrow(made * nodes / all);
    add_checked(load_.messages, messages);
    add_checked(load_.packets, messages);
    const chiplet::LinePlace line{topology_.dies(), die.value, NodeId{0}, 1};
    add_messages(die, line.at((die.value + 1) % topology_.dies()), messages, 1);
  }

  void add_replay(const net::Traffic& traffic, NodeId die) {
    const std::uint64_t packet_bytes = network_of(deck_).interface.packet_bytes;
    for (const net::ReplayPacket& message : traffic.replay_of(die)) {
      const std::uint64_t packets = (message.bytes + packet_bytes - 1) / packet_bytes;
      ++load_.messages;
      load_.packets += packets;
      add_messages(die, NodeId{message.destination}, packets, segments_of_each(packets, message.bytes));
    }
  }

  void add(const net::Traffic& traffic, NodeId die) {
    if (traffic.replays()) return add_replay(traffic, die);
    const std::uint64_t packets = traffic.expected_packets();
    add_checked(load_.messages, packets);
    add_checked(load_.packets, packets);
    if (packets == 0 || topology_.dead(die)) return;
    const std::uint64_t draws = std::min({packets, most_draws, draws_of_a_die()});
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
      const Checked of_draw = Checked{packets} * (draw + 1) / draws - Checked{packets} * draw / draws;
      const NodeId destination = traffic.destination(die, draw);
      if (!topology_.dead(destination))
        add_messages(die, destination, of_draw.value(), segments_of_a_packet());
    }
  }

  std::uint64_t segments_of_a_packet() const {
    const auto segment = static_cast<std::uint64_t>(timing_.segment_flits);
    return (timing_.packet_flits + segment - 1) / segment;
  }

  std::uint64_t draws_of_a_die() const {
    std::uint64_t all = most_draws_of_all;
    // A way of a table is about a third of rows and columns long, as any is to a random die.
    if (by_table_) all = std::min(all, 3 * most_links_of_all / (topology_.rows() + topology_.columns()));
    return std::max<std::uint64_t>(1, all / topology_.dies());
  }

  void add_messages(NodeId from, NodeId to, std::uint64_t messages, std::uint64_t segments) {
    const Checked at_end = Checked{messages} * events_at_end,
                  at_router = Checked{messages} * events_at_router;
    add_checked(load_.events[from.value], at_end + at_router);
    add_checked(load_.events[to.value], at_end);
    std::uint64_t routers = 1;
    if (by_table_) {
      net::for_each_hop(routes_, topology_, from, to, [&](const net::Hop& hop) {
        add_checked(load_.events[hop.to.value], at_router);
        ++routers;
        return true;
      });
    } else {
      net::for_each_straight(routes_, topology_, from, to, [&](const net::Straight& way) {
        routers += way.links;
        if (net::dimension_of(way.out)) return passing_.add(way, at_router.value());
        add_checked(load_.events[topology_.neighbour(way.from, way.out)->value], at_router);
      });
    }
    load_.events_one_by_one +=
        chiplet::Wide{messages} * (2 * events_at_end + segments * events_at_router * routers);
  }

  const Workload& workload_;
  const net::Topology& topology_;
  const net::Routes routes_;
  const bool by_table_;  // ways follow from no coordinates
  const io::Deck& deck_;
  const net::Timing timing_;
  ProgramBook book_;
  Passing passing_;
  Load load_;
};

}  // namespace

Load expected_load(const Workload& workload, const io::Deck& deck) {
  return Counter(workload, deck).count();
}

partition::Partition regions_of(const Workload& workload, const io::Deck& deck, std::string_view partitioner,
                                std::uint32_t ranks) {
  partition::Weights weights;
  if (partition::needs_weights(partitioner)) weights = expected_load(workload, deck).events;
  return partition::make_partition(partitioner, workload.topology(), ranks, weights);
}

}  // namespace hecaton::runs
