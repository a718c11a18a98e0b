// A compute die that runs a graph: a node begins when all that it waits for is over and what does its kind of work is free.
//
// - One engine computes, one queue leads to DRAM, for so many loads and stores at a time; each takes the ready node that
//   stands first in the file.
// - Collectives of a communicator run one at a time, in the order of the file (collectives.hpp).
// - A message is sent when its node is ready, and the node is over at once: it is in the interface, as of MPI_Isend with a
//   buffer. A receive is over when its message is here. They match by sender, tag, and order in both files.
// - Nodes are read ahead until `window` of them are unfinished; one that is not read yet cannot begin.
//
// As of any die (dies/die.hpp): what comes is only noted, and decided upon at the end of the instant, so the order of
// messages within an instant changes nothing. Time is accounted as what comes first of computing, reducing, waiting for
// messages and collectives, and waiting for memory; so matrix_ps + vector_ps + nop_ps + dram_ps = finished_ps.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/graph/graph_die_state.hpp"
#include "core/chiplet/graph/setup.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/program/message.hpp"
#include "core/chiplet/program/tags.hpp"
#include "core/engine/base/field_digest.hpp"

namespace hecaton::chiplet::graph {

class GraphDie {
 public:
  explicit GraphDie(GraphDieSetup setup);

  template <DieHost H>
  void start(H& h) {
    run(h);
  }
  template <DieHost H>
  void on_message(H& h, const Message& message);
  template <DieHost H>
  void on_timer(H& h, std::uint32_t /*token*/) {
    run(h);
  }

  NodeId id() const { return setup_.id; }
  bool finished() const { return state_.doing == Doing::finished; }
  // "node 17 "grad" (all-reduce of communicator "5") waits for a chunk of step 2 from die 7; ..."; empty if finished.
  std::string blocked_on() const;
  const DieCounters& counters() const { return totals_.counters; }
  std::uint64_t rows() const { return totals_.rows; }
  std::uint64_t digest() const { return totals_.digest.value(); }
  std::uint64_t nodes() const { return totals_.nodes; }  // finished

  // Read back, it has read its graph's file again, up to where it was. Throws std::runtime_error if that is another one.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_, totals_);
    if constexpr (Archive::is_loading::value) skip_read();
  }

 private:
  DramAccess dram() const { return {setup_.id, setup_.dram, setup_.burst_bytes}; }
  Op operation_at(std::size_t group) const;
  std::uint32_t root_at(std::size_t group) const;
  const Way& way_at(std::size_t group) const;
  std::uint64_t tag_of(std::size_t group, std::uint32_t lane, std::uint32_t step) const;

  template <DieHost H>
  void run(H& h);
  template <DieHost H>
  bool begin_ready(H& h);  // whether any node has begun or ended
  template <DieHost H>
  void begin(H& h, std::uint64_t number);
  template <DieHost H>
  void send(H& h, std::uint64_t number);
  template <DieHost H>
  void receive(H& h, std::uint64_t number);
  template <DieHost H>
  bool begin_computation(H& h);
  template <DieHost H>
  bool begin_access(H& h);
  template <DieHost H>
  bool begin_transfers(H& h);
  template <DieHost H>
  bool end_units(H& h);
  template <DieHost H>
  bool begin_collectives(H& h);
  template <DieHost H>
  void begin_part(H& h, std::size_t group);
  template <DieHost H>
  bool advance_group(H& h, std::size_t group);
  // Whether the lane can go on at once.
  template <DieHost H>
  bool advance_lane(H& h, std::size_t group, std::uint32_t lane);
  template <DieHost H>
  bool send_chunk(H& h, std::size_t group, std::uint32_t lane);
  template <DieHost H>
  bool receive_chunk(H& h, std::size_t group, std::uint32_t lane);
  template <DieHost H>
  void delay(H& h, Lane& lane);
  template <DieHost H>
  void end_node(H& h, std::uint64_t number, OperationKind kind, SimTime started, std::uint64_t macs = 0);
  template <DieHost H>
  void wake_later(H& h, SimTime at) {
    if (at > h.now()) h.wake_at(at, 0);
  }

  std::uint64_t count_access(std::uint64_t number);  // its bytes
  void read_ahead();
  void skip_read();
  bool is_waited_for(std::uint64_t tag) const;
  void account(SimTime now);
  Doing doing_now(SimTime now) const;
  std::string text_of(std::uint64_t number) const;
  std::string blocked_collective(std::size_t group) const;

  GraphDieSetup setup_;
  GraphDieState state_;
  GraphDieTotals totals_;
};

template <DieHost H>
void GraphDie::on_message(H& h, const Message& message) {
  bool can_go_on = false;
  switch (tag_kind(message.tag)) {
    case MessageKind::group_chunk:
      state_.chunks.insert(message.tag);
      can_go_on = is_waited_for(message.tag);
      break;
    case MessageKind::point_to_point: {
      const Letter letter{message.source, message.tag};
      state_.letters.insert(std::lower_bound(state_.letters.begin(), state_.letters.end(), letter), letter);
      can_go_on = std::any_of(state_.receives.begin(), state_.receives.end(),
                              [&](const Receive& receive) { return receive.letter == letter; });
      break;
    }
    default:
      can_go_on = state_.dram.note(message, h.now());
  }
  if (!can_go_on || state_.is_woken) return;
  state_.is_woken = true;
  h.wake_at(h.now(), 0);
}

template <DieHost H>
void GraphDie::run(H& h) {
  if (finished()) return;
  account(h.now());
  state_.is_woken = false;
  bool goes_on = true;
  while (goes_on) {
    goes_on = end_units(h);
    for (std::size_t group = 0; group < state_.groups.size(); ++group)
      goes_on = advance_group(h, group) || goes_on;
    read_ahead();
    goes_on = begin_ready(h) || goes_on;
  }
  if (!setup_.dram.empty()) state_.dram.pump(h, dram());
  state_.doing = doing_now(h.now());
  if (finished()) totals_.counters.finished_ps = static_cast<std::uint64_t>(h.now().ps);
}

template <DieHost H>
bool GraphDie::begin_ready(H& h) {
  const std::vector<std::uint64_t> ready = state_.window.take_ready();
  for (const std::uint64_t number : ready) begin(h, number);
  bool begun = !ready.empty();
  std::erase_if(state_.receives, [&](const Receive& wait) {
    const auto letter = std::lower_bound(state_.letters.begin(), state_.letters.end(), wait.letter);
    if (letter == state_.letters.end() || *letter != wait.letter) return false;
    state_.letters.erase(letter);
    count_receive(totals_.counters, state_.window.node(wait.number).bytes);
    end_node(h, wait.number, OperationKind::receive, wait.started);
    return begun = true;
  });
  begun = begin_computation(h) || begun;
  begun = begin_access(h) || begun;
  return begin_collectives(h) || begun;
}

template <DieHost H>
void GraphDie::begin(H& h, std::uint64_t number) {
  const Node& node = state_.window.node(number);
  switch (node.verb) {
    case Verb::nothing:
      state_.window.finish(number);
      ++totals_.nodes;
      return;
    case Verb::compute:
      return state_.computing.add(number);
    case Verb::load:
    case Verb::store:
      return state_.accessing.add(number);
    case Verb::send:
      return send(h, number);
    case Verb::receive:
      return receive(h, number);
    case Verb::collective:
      for (std::size_t g = 0; g < setup_.groups.size(); ++g)
        if (setup_.groups[g].group == node.group) state_.groups[g].make_ready(number);
  }
}

template <DieHost H>
void GraphDie::send(H& h, std::uint64_t number) {
  const Node& node = state_.window.node(number);
  count_send(totals_.counters, node.bytes);
  h.send(Message{setup_.id, setup_.die_of_rank->at(node.peer), point_to_point_tag(node.tag, node.order),
                 static_cast<std::uint32_t>(node.bytes), Route::direct});
  end_node(h, number, OperationKind::send, h.now());
}

template <DieHost H>
void GraphDie::receive(H& h, std::uint64_t number) {
  const Node& node = state_.window.node(number);
  const Letter letter{setup_.die_of_rank->at(node.peer), point_to_point_tag(node.tag, node.order)};
  state_.receives.push_back({letter, number, h.now()});
}

template <DieHost H>
bool GraphDie::begin_computation(H& h) {
  Unit& unit = state_.computing;
  if (unit.is_busy || unit.ready.empty()) return false;
  unit.is_busy = true;
  unit.number = unit.take();
  unit.started = h.now();
  unit.until = h.now() + setup_.timing.computation(state_.window.node(unit.number));
  wake_later(h, unit.until);
  return unit.until == h.now();
}

template <DieHost H>
bool GraphDie::begin_access(H& h) {
  Unit& unit = state_.accessing;
  if (!setup_.dram.empty()) return begin_transfers(h);
  if (unit.is_busy || unit.ready.empty()) return false;
  unit.is_busy = true;
  unit.number = unit.take();
  unit.started = h.now();
  unit.until = h.now() + setup_.timing.access(count_access(unit.number));
  wake_later(h, unit.until);
  return unit.until == h.now();
}

template <DieHost H>
bool GraphDie::begin_transfers(H& h) {
  bool any_is_over = false;
  while (state_.under_way < setup_.transfers && !state_.accessing.ready.empty()) {
    const std::uint64_t number = state_.accessing.take();
    const std::uint64_t bytes = count_access(number);
    // A transfer's row comes back when it is over: so it carries the node's number.
    const OperationRow row{.die = setup_.id.value, .start_ps = h.now().ps, .bytes = bytes, .macs = number};
    if (state_.window.node(number).verb == Verb::load)
      state_.dram.start_read(h, dram(), row, 0);
    else
      state_.dram.start_write(dram(), row, 0);
    ++state_.under_way;
    any_is_over = any_is_over || bytes == 0;
  }
  return any_is_over;
}

// Of a computation and an access that are over.
template <DieHost H>
bool GraphDie::end_units(H& h) {
  bool ended = false;
  Unit& engine = state_.computing;
  if (engine.is_busy && engine.until <= h.now()) {
    engine.is_busy = false;
    ended = true;
    const Node& node = state_.window.node(engine.number);
    totals_.counters.macs += node.operations / 2;
    totals_.counters.sram_read_bytes += node.bytes;
    end_node(h, engine.number, OperationKind::matmul, engine.started, node.operations / 2);
  }
  const auto end_access = [&](std::uint64_t number, SimTime started) {
    const bool loads = state_.window.node(number).verb == Verb::load;
    end_node(h, number, loads ? OperationKind::dram_read : OperationKind::dram_write, started);
    ended = true;
  };
  Unit& memory = state_.accessing;
  if (memory.is_busy && memory.until <= h.now()) {
    memory.is_busy = false;
    end_access(memory.number, memory.started);
  }
  state_.dram.take_finished([&](const auto& done) {
    --state_.under_way;
    end_access(done.row.macs, SimTime{done.row.start_ps});
  });
  return ended;
}

template <DieHost H>
bool GraphDie::begin_collectives(H& h) {
  bool begun = false;
  for (std::size_t g = 0; g < state_.groups.size(); ++g) {
    GroupProgress& group = state_.groups[g];
    if (!group.is_next_ready()) continue;
    begun = group.is_running = true;
    group.number = group.turns.front().number;
    group.turns.pop_front();
    group.part = 0;
    group.started = h.now();
    begin_part(h, g);
  }
  return begun;
}

template <DieHost H>
void GraphDie::begin_part(H& h, std::size_t group) {
  GroupProgress& progress = state_.groups[group];
  ++progress.sequence;
  const Op op = operation_at(group);
  Lane fresh;
  fresh.steps = steps_of(op, way_at(group), setup_.groups[group]);
  progress.lanes.assign(lane_count(op), fresh);
  for (Lane& lane : progress.lanes) delay(h, lane);
}

template <DieHost H>
void GraphDie::delay(H& h, Lane& lane) {
  lane.at = Lane::At::delayed;
  lane.until = h.now() + setup_.timing.endpoint_delay;
  wake_later(h, lane.until);
}

template <DieHost H>
bool GraphDie::advance_group(H& h, std::size_t group) {
  GroupProgress& progress = state_.groups[group];
  if (!progress.is_running) return false;
  for (std::uint32_t lane = 0; lane < progress.lanes.size(); ++lane) {
    while (advance_lane(h, group, lane)) {
    }
  }
  if (!progress.has_ended()) return false;
  if (++progress.part < setup_.timing.parts) {
    begin_part(h, group);
    return true;
  }
  progress.is_running = false;
  end_node(h, progress.number, kind_of(state_.window.node(progress.number).operation), progress.started);
  return true;
}

template <DieHost H>
bool GraphDie::advance_lane(H& h, std::size_t group, std::uint32_t number) {
  Lane& lane = state_.groups[group].lanes[number];
  switch (lane.at) {
    case Lane::At::delayed:
      if (lane.until > h.now()) return false;
      return send_chunk(h, group, number);
    case Lane::At::waiting:
      return receive_chunk(h, group, number);
    case Lane::At::reducing:
      if (lane.until > h.now()) return false;
      ++lane.step;
      delay(h, lane);
      return true;
    case Lane::At::ended:
      return false;
  }
  return false;
}

template <DieHost H>
bool GraphDie::send_chunk(H& h, std::size_t group, std::uint32_t number) {
  Lane& lane = state_.groups[group].lanes[number];
  if (lane.step == lane.steps) {
    lane.at = Lane::At::ended;
    return false;
  }
  lane.at = Lane::At::waiting;
  const Exchange now =
      exchange_of(operation_at(group), way_at(group), setup_.groups[group], root_at(group), lane, number);
  if (now.send_bytes == 0) return true;
  if (now.send_bytes > std::numeric_limits<std::uint32_t>::max())
    throw std::runtime_error(text_of(state_.groups[group].number) + " sends " +
                             std::to_string(now.send_bytes) +
                             " bytes in a message; 4 GiB are too much for one");
  count_send(totals_.counters, now.send_bytes);
  h.send(Message{setup_.id, now.to, tag_of(group, number, now.send_step),
                 static_cast<std::uint32_t>(now.send_bytes), now.route});
  return true;
}

template <DieHost H>
bool GraphDie::receive_chunk(H& h, std::size_t group, std::uint32_t number) {
  Lane& lane = state_.groups[group].lanes[number];
  const Exchange now =
      exchange_of(operation_at(group), way_at(group), setup_.groups[group], root_at(group), lane, number);
  lane.until = h.now();
  if (now.receive_bytes > 0) {
    if (!state_.chunks.take(tag_of(group, number, lane.step))) return false;
    count_receive(totals_.counters, now.receive_bytes);
    if (now.reduces) {
      count_reduction(totals_.counters, now.receive_bytes);
      lane.until = std::max(h.now(), state_.reduced) + setup_.timing.reduction(now.receive_bytes);
      state_.reduced = lane.until;
      wake_later(h, lane.until);
    }
  }
  lane.at = Lane::At::reducing;
  return true;
}

template <DieHost H>
void GraphDie::end_node(H& h, std::uint64_t number, OperationKind kind, SimTime started, std::uint64_t macs) {
  const OperationRow row{.die = setup_.id.value,
                         .kind = kind,
                         .start_ps = started.ps,
                         .end_ps = h.now().ps,
                         .bytes = state_.window.node(number).bytes,
                         .macs = macs};
  ++totals_.rows;
  ++totals_.nodes;
  add_fields(totals_.digest, row);
  h.record(row);
  state_.window.finish(number);
}

}  // namespace hecaton::chiplet::graph
