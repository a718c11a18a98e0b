// Schedules in which dies exchange messages with dies anywhere in their group: trees, halving and doubling, Swing,
// stars, two phases, and direct all-to-all. Their dies are followed step by step, each message taking the time that it takes
// alone, behind those that its die has sent before, if its interface has a single port. A die takes in all that
// is sent to it flit by flit, so many at once as its interface has ports, and a link carries all whose way it is
// on, at its own pace. A direct all-to-all takes no less than the links in the middle of the group have to carry;
// in large groups some of its messages are followed, not all, each of which waits for the one before.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

namespace {

struct Member {
  std::uint32_t step = 0;
  bool has_sent = false;  // what it sends in this step
  Time at;                // the start of the step
  Checked free;           // its interface has sent everything
  Checked received;       // time that its interface takes to take in what is sent to it
  Checked additions;      // so far
};

// What links have to carry, each at its own pace.
class LinkLoads {
 public:
  explicit LinkLoads(const MessageTimes& messages) : messages_(messages) {}

  void add(NodeId from, NodeId to, std::uint64_t bytes) {
    messages_.for_each_link(from, to, [&](NodeId at, NodeId next, SimDuration flit) {
      const auto flit_ps = static_cast<std::uint64_t>(flit.ps);
      Load& load = loads_[{at.value, next.value}];
      load.flit = flit_ps;
      load.all += messages_.flits(bytes) * Checked{flit_ps};
    });
  }
  // The last flit may arrive while it still occupies the link.
  Time busiest() const {
    Time most;
    for (const auto& [link, load] : loads_) {
      const Checked carried = load.all - load.flit;
      most = later(most, {messages_.shortest().head + carried, carried});
    }
    return most;
  }

 private:
  struct Load {
    Checked flit, all;
  };
  const MessageTimes& messages_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Load> loads_;
};

class Rounds {
 public:
  explicit Rounds(const Collective& collective)
      : collective_(collective), members_(collective.line.size), loads_(collective.messages) {
    rings_[static_cast<std::size_t>(chiplet::Ring::row)].size = collective.messages.topology().columns();
  }

  Form last_end() {
    steps_ = chiplet::exchange_steps(collective_.op, places_of(0));
    std::vector<std::uint32_t> ready;
    for (std::uint32_t place = 0; place < members_.size(); ++place) ready.push_back(place);
    while (!ready.empty()) {
      const std::uint32_t place = ready.back();
      ready.pop_back();
      go_on(place, ready);
    }
    Time end = loads_.busiest();
    Checked additions;
    for (const Member& member : members_) {
      end = later(end, member.at);
      additions = std::max(additions, member.additions);
      if (member.received == 0) continue;
      const Checked taken_in = member.received / collective_.messages.interface_ports();
      end = later(end, {collective_.messages.shortest().head + taken_in, taken_in});
    }
    return {end, additions};
  }

 private:
  chiplet::Places places_of(std::uint32_t place) {
    line_ = collective_.line;
    line_.position = place;
    return {ring_, line_, &rings_};
  }

  // As far as what has come to it lets it; those that it sends to are ready then.
  void go_on(std::uint32_t place, std::vector<std::uint32_t>& ready) {
    Member& member = members_[place];
    for (; member.step < steps_; ++member.step, member.has_sent = false) {
      const auto now = chiplet::exchange(collective_.op, places_of(place), collective_.root, member.step);
      if (!member.has_sent) {
        member.at.all = std::max(member.at.all, member.step * Checked{collective_.op.slot_ps});
        if (now.send_bytes > 0) ready.push_back(send(place, now));
        member.has_sent = true;
      }
      if (now.receive_bytes > 0 && !receive(place, now)) return;
    }
  }

  // Returns the place that it goes to.
  std::uint32_t send(std::uint32_t place, const chiplet::Exchange& now) {
    Member& member = members_[place];
    const MessageTimes& messages = collective_.messages;
    const Checked ready = member.at.all + messages.overhead();
    const bool queues = messages.interface_ports() == 1 && member.free > ready;
    const Checked queued = queues ? member.free - ready : Checked{};
    member.free = ready + queued + messages.sending(now.send_bytes);
    const Way way = messages.way(line_.at(place), now.to, false);
    loads_.add(line_.at(place), now.to, now.send_bytes);
    const std::uint32_t to = (now.to.value - line_.first.value) / line_.stride;
    arrivals_[{to, now.send_step}] = member.at + Time{queued, queued} + messages.message(now.send_bytes, way);
    return to;
  }

  bool receive(std::uint32_t place, const chiplet::Exchange& now) {
    Member& member = members_[place];
    const auto arrival = arrivals_.find({place, member.step});
    if (arrival == arrivals_.end()) return false;
    member.at = later(member.at, arrival->second);
    arrivals_.erase(arrival);
    member.received += collective_.messages.sending(now.receive_bytes);
    if (!now.reduces) return true;
    const Checked addition = collective_.addition(now.receive_bytes);
    member.at.all += addition;
    member.additions += addition;
    return true;
  }

  const Collective& collective_;
  std::uint32_t steps_ = 0;
  std::vector<Member> members_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Time>
      arrivals_;  // by place and the step that waits for it
  LinkLoads loads_;
  chiplet::RingPlace ring_;
  chiplet::LinePlace line_;
  std::array<chiplet::RingPlace, chiplet::ring_count> rings_{};  // of whose sizes the package's columns count
};

// Each of `near` dies sends so many bytes to each of `far`, over all links between them.
Time over_a_cut(const Collective& collective, std::uint64_t near, std::uint64_t far, std::uint64_t bytes,
                std::uint64_t links) {
  const MessageTimes& messages = collective.messages;
  if (near == 0 || far == 0 || bytes == 0) return {};
  const Checked carried = near * far * messages.sending(bytes) / links;
  return {messages.shortest().head + carried, carried};
}

std::uint64_t ways_round(const Collective& collective, net::DieGroup group) {
  return collective.messages.topology().closed(group) ? 2 : 1;
}

// Along both axes, half of every block in either order: what a die sends in both legs, what rows carry, and what columns do.
Form over_both_axes(const Collective& collective) {
  const MessageTimes& messages = collective.messages;
  const std::uint64_t rows = messages.topology().rows(), columns = messages.topology().columns();
  const std::uint64_t half = collective.op.units / (rows * columns) / 2 * collective.op.unit_bytes;
  const auto along = [&](std::uint64_t dies, std::uint64_t lines, net::DieGroup group) {
    return over_a_cut(collective, dies / 2, dies - dies / 2, 2 * lines * half, ways_round(collective, group));
  };
  const Checked sent =
      2 * ((columns - 1) * messages.sending(rows * half) + (rows - 1) * messages.sending(columns * half)) /
      messages.interface_ports();
  Time end{2 * messages.shortest().head + sent, sent};
  end = later(end, along(columns, rows, net::DieGroup::row));
  return {later(end, along(rows, columns, net::DieGroup::column)), 0};
}

// The rounds of a direct all-to-all are as many as dies, each with as many messages.
constexpr std::uint64_t most_dies_in_rounds = 512;
// Where links differ, every way is followed, in every group.
constexpr std::uint64_t most_ways = 1ULL << 24;

bool all_are_followed(const Collective& collective) {
  const std::uint64_t size = collective.line.size;
  if (collective.messages.uniform()) return size <= most_dies_in_rounds;
  return size * size * collective.messages.topology().dies() <= most_ways;
}

// Who gets a message in a step has waited for that of the step before, and so on back to `place`.
Time chain_from(const Collective& collective, std::uint32_t place) {
  const std::uint32_t p = collective.line.size;
  const MessageTimes& messages = collective.messages;
  Time time;
  for (std::uint32_t step = 0; step + 1 < p; ++step) {
    time.all = std::max(time.all, step * Checked{collective.op.slot_ps});
    const std::uint32_t to = (place + step + 1) % p;
    const std::uint64_t bytes = chiplet::chunk_bytes(collective.op, p, to);
    if (bytes == 0) continue;
    time += messages.message(bytes, messages.least_way(collective.line.at(place), collective.line.at(to)));
    place = to;
  }
  return time;
}

// No less than a chain of messages, and no less than all that a die takes in.
Form followed_in_part(const Collective& collective) {
  const std::uint32_t p = collective.line.size;
  const MessageTimes& messages = collective.messages;
  Time end;
  const bool waits = collective.op.count == 1;  // for each message before it sends the next one
  for (const std::uint32_t start : {0U, p / 4, p / 2, p - 1})
    if (waits) end = later(end, chain_from(collective, start));
  const Checked received =
      (p - 1) * messages.sending(chiplet::chunk_bytes(collective.op, p, 0)) / messages.interface_ports();
  return {later(end, {messages.shortest().head + received, received}), 0};
}

}  // namespace

Form exchanges_form(const Collective& collective) {
  return Rounds(collective).last_end();
}

Form direct_form(const Collective& collective) {
  if (collective.op.axes == chiplet::Axes::all) return over_both_axes(collective);
  const net::Topology& topology = collective.messages.topology();
  const std::uint64_t half = collective.line.size / 2, size = collective.line.size;
  const std::uint64_t block = collective.op.units / size * collective.op.unit_bytes;
  Form form = all_are_followed(collective) ? Rounds(collective).last_end() : followed_in_part(collective);
  if (collective.op.ring != chiplet::Ring::package) {
    const auto group = static_cast<net::DieGroup>(collective.op.ring);
    form.end =
        later(form.end, over_a_cut(collective, half, size - half, block, ways_round(collective, group)));
    return form;
  }
  const std::uint64_t rows = topology.rows(), columns = topology.columns();
  const std::uint64_t west = rows * (columns / 2), north = columns * (rows / 2);
  const Time sideways =
      over_a_cut(collective, west, size - west, block, rows * ways_round(collective, net::DieGroup::row));
  const Time down = over_a_cut(collective, north, size - north, block,
                               columns * ways_round(collective, net::DieGroup::column));
  form.end = later(form.end, later(sideways, down));
  return form;
}

}  // namespace hecaton::runs
