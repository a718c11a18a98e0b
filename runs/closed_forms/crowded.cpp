#include "runs/closed_forms/crowded.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/chiplet/schedules/lanes.hpp"
#include "net/package/hops.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Schedule;

constexpr std::uint64_t most_messages = 1U << 19U;

// Along a row or column the messages of a tree's round are in ranges of their own. Where several messages of a die are under
// way rounds are none.
bool crosses_others(const chiplet::Op& op) {
  return (op.schedule == Schedule::direct && op.count == 1) || op.schedule == Schedule::halving_doubling ||
         op.schedule == Schedule::swing ||
         (op.schedule == Schedule::tree && op.ring == chiplet::Ring::package);
}

// What links carry, and interfaces each way, by node and port.
class Carried {
 public:
  Carried(const net::Fabric& fabric, const MessageTimes& messages) : fabric_(fabric), messages_(messages) {}

  void add(NodeId from, NodeId to, std::uint64_t bytes) {
    const std::uint64_t flits = messages_.flits(bytes);
    net::for_each_hop(fabric_.routes, fabric_.topology, from, to, [&](const net::Hop& hop) {
      const auto flit = static_cast<std::uint64_t>(fabric_.link(hop.from, hop.out).flit.ps);
      add_to(hop.from, static_cast<std::uint32_t>(hop.out), Checked{flits} * flit);
      return true;
    });
    const Checked at_interface = messages_.sending(bytes) / messages_.interface_ports();
    add_to(from, sends, at_interface);
    add_to(to, receives, at_interface);
  }
  Checked most() const { return most_; }

 private:
  static constexpr std::uint32_t sends = 1000, receives = 1001;
  void add_to(NodeId node, std::uint32_t port, Checked ps) {
    Checked& carried = carried_[{node.value, port}];
    carried += ps;
    most_ = std::max(most_, carried);
  }

  const net::Fabric& fabric_;
  const MessageTimes& messages_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Checked> carried_;
  Checked most_;
};

}  // namespace

chiplet::Places Crowded::places(const MemberDie& die, const chiplet::Op& op) const {
  const auto group = static_cast<std::size_t>(op.ring);
  return {die.rings.at(group), die.lines.at(group), &die.rings};
}

// visit(die, exchange) for what each die sends in a step of each lane.
template <class Visit>
void Crowded::for_each_message(const chiplet::Op& op, std::uint32_t step, Visit&& visit) const {
  for (const MemberDie& die : dies_)
    for (std::uint32_t lane = 0; lane < chiplet::lane_count(op); ++lane) {
      const auto now = chiplet::exchange(op, places(die, op), 0, step, lane);
      if (now.send_bytes > 0 || now.receive_bytes > 0) visit(die, now);
    }
}

bool Crowded::has_too_many(const chiplet::Op& op) const {
  const std::uint64_t steps = chiplet::exchange_steps(op, places(dies_.front(), op));
  return steps * dies_.size() * chiplet::lane_count(op) > most_messages;
}

Checked Crowded::rounds(const chiplet::Op& op) const {
  if (!crosses_others(op) || has_too_many(op)) return 0;
  Checked all;
  const std::uint32_t steps = chiplet::exchange_steps(op, places(dies_.front(), op));
  for (std::uint32_t step = 0; step < steps; ++step) {
    Carried carried(fabric_, messages_);
    Checked longest, addition;
    for_each_message(op, step, [&](const MemberDie& die, const chiplet::Exchange& now) {
      if (now.reduces)
        addition = std::max(
            addition, Checked{static_cast<std::uint64_t>(timings_.vector.time_of(now.receive_bytes).ps)});
      if (now.send_bytes == 0) return;
      carried.add(die.id, now.to, now.send_bytes);
      longest = std::max(longest, messages_.way(die.id, now.to, false).head);
    });
    all += longest + carried.most() + addition;
  }
  return all;
}

Checked Crowded::busiest(const chiplet::Op& op) const {
  if (has_too_many(op)) return 0;
  Carried carried(fabric_, messages_);
  const std::uint32_t steps = chiplet::exchange_steps(op, places(dies_.front(), op));
  for (std::uint32_t step = 0; step < steps; ++step)
    for_each_message(op, step, [&](const MemberDie& die, const chiplet::Exchange& now) {
      if (now.send_bytes > 0) carried.add(die.id, now.to, now.send_bytes);
    });
  return carried.most();
}

}  // namespace hecaton::runs
