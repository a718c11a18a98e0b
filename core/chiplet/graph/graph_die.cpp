#include "core/chiplet/graph/graph_die.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hecaton::chiplet::graph {

GraphDie::GraphDie(GraphDieSetup setup) : setup_(std::move(setup)), state_(setup_.window) {
  state_.groups.resize(setup_.groups.size());
  state_.has_ended = !setup_.next;
  state_.dram = DramTransfers(dram());
}

const Way& GraphDie::way_at(std::size_t group) const {
  return setup_.ways[index_of(state_.window.node(state_.groups[group].number).operation)];
}

Op GraphDie::operation_at(std::size_t group) const {
  const GroupProgress& progress = state_.groups[group];
  return operation_of(state_.window.node(progress.number), way_at(group), setup_.groups[group].line.size,
                      progress.part, setup_.timing.parts);
}

// Where the schedule counts along the ring, the place in it.
std::uint32_t GraphDie::root_at(std::size_t group) const {
  const GroupPlace& place = setup_.groups[group];
  const std::uint32_t listed = state_.window.node(state_.groups[group].number).root;
  const bool along_ring =
      way_at(group).schedule == Schedule::pipelined || way_at(group).schedule == Schedule::ring;
  return along_ring && place.ring_positions ? place.ring_positions->at(listed) : listed;
}

std::uint64_t GraphDie::tag_of(std::size_t group, std::uint32_t lane, std::uint32_t step) const {
  return group_tag(setup_.groups[group].group, state_.groups[group].sequence, step, lane);
}

std::uint64_t GraphDie::count_access(std::uint64_t number) {
  const Node& node = state_.window.node(number);
  (node.verb == Verb::load ? count_dram_read : count_dram_write)(totals_.counters, node.bytes);
  return node.bytes;
}

void GraphDie::read_ahead() {
  while (!state_.has_ended && !state_.window.full()) {
    std::optional<Node> node = setup_.next();
    if (!node) {
      state_.has_ended = true;
      return;
    }
    const std::uint64_t number = state_.window.added();
    if (node->verb == Verb::send || node->verb == Verb::receive)
      node->order = state_.orders.next(node->verb == Verb::send, node->peer, node->tag);
    if (node->verb == Verb::collective)
      for (std::size_t g = 0; g < setup_.groups.size(); ++g)
        if (setup_.groups[g].group == node->group) state_.groups[g].turns.push_back({number, false});
    state_.window.add(std::move(*node));
  }
}

void GraphDie::skip_read() {
  for (std::uint64_t n = 0; n < state_.window.added(); ++n)
    if (!setup_.next || !setup_.next()) throw std::runtime_error("its execution trace has become shorter");
  if (state_.has_ended && setup_.next && setup_.next())
    throw std::runtime_error("its execution trace has become longer");
}

bool GraphDie::is_waited_for(std::uint64_t tag) const {
  for (std::size_t g = 0; g < state_.groups.size(); ++g) {
    if (!state_.groups[g].is_running) continue;
    const std::vector<Lane>& lanes = state_.groups[g].lanes;
    for (std::uint32_t lane = 0; lane < lanes.size(); ++lane)
      if (lanes[lane].at == Lane::At::waiting && tag_of(g, lane, lanes[lane].step) == tag) return true;
  }
  return false;
}

Doing GraphDie::doing_now(SimTime now) const {
  if (state_.computing.is_busy) return Doing::computing;
  if (state_.reduced > now) return Doing::reducing;
  const bool exchanges =
      !state_.receives.empty() || std::any_of(state_.groups.begin(), state_.groups.end(),
                                              [](const GroupProgress& group) { return group.is_running; });
  if (exchanges) return Doing::exchanging;
  if (state_.accessing.is_busy || state_.under_way > 0) return Doing::accessing;
  return state_.has_ended && state_.window.empty() ? Doing::finished : Doing::exchanging;
}

void GraphDie::account(SimTime now) {
  const auto elapsed = static_cast<std::uint64_t>((now - state_.since).ps);
  state_.since = now;
  DieCounters& counters = totals_.counters;
  switch (state_.doing) {
    case Doing::computing:
      counters.matrix_ps += elapsed;
      break;
    case Doing::reducing:
      counters.vector_ps += elapsed;
      break;
    case Doing::exchanging:
      counters.nop_ps += elapsed;
      break;
    case Doing::accessing:
      counters.dram_ps += elapsed;
      break;
    case Doing::finished:
      break;
  }
}

std::string GraphDie::text_of(std::uint64_t number) const {
  const Node& node = state_.window.node(number);
  std::string printable;
  for (const char c : node.name.substr(0, 60)) printable += c >= ' ' && c != '"' && c != 127 ? c : '?';
  return "node " + std::to_string(node.id) + " \"" + printable + "\"";
}

std::string GraphDie::blocked_collective(std::size_t group) const {
  const GroupProgress& progress = state_.groups[group];
  const Op op = operation_at(group);
  std::string text = text_of(progress.number) + " (" + std::string(name_of(kind_of(op.code))) +
                     " of communicator \"" + setup_.names_of_groups->at(setup_.groups[group].group) + "\")";
  for (std::uint32_t number = 0; number < progress.lanes.size(); ++number) {
    const Lane& lane = progress.lanes[number];
    if (lane.at != Lane::At::waiting) continue;
    const Exchange now = exchange_of(op, way_at(group), setup_.groups[group], root_at(group), lane, number);
    text += " waits in step " + std::to_string(lane.step) + " of " + std::to_string(lane.steps) + " for " +
            std::to_string(now.receive_bytes) + " bytes from die " + std::to_string(now.from.value);
  }
  return text;
}

std::string GraphDie::blocked_on() const {
  if (finished()) return {};
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (std::size_t g = 0; g < state_.groups.size(); ++g)
    if (state_.groups[g].is_running) add(blocked_collective(g));
  for (const Receive& receive : state_.receives) {
    if (text.size() > 500) break;
    const Node& node = state_.window.node(receive.number);
    add(text_of(receive.number) + " waits for message " + std::to_string(node.order) + " of tag " +
        std::to_string(node.tag) + " from rank " + std::to_string(node.peer));
  }
  for (std::size_t g = 0; g < state_.groups.size() && text.size() < 500; ++g) {
    const GroupProgress& group = state_.groups[g];
    if (group.is_running || group.turns.empty()) continue;
    const auto ready = std::find_if(group.turns.begin(), group.turns.end(),
                                    [](const GroupProgress::Turn& turn) { return turn.is_ready; });
    if (ready == group.turns.end() || ready == group.turns.begin()) continue;
    add(text_of(ready->number) + " waits in communicator \"" +
        setup_.names_of_groups->at(setup_.groups[g].group) + "\" until " +
        text_of(group.turns.front().number) + " is over, which stands before it");
  }
  if (state_.under_way > 0) add("DRAM: " + state_.dram.describe(dram_slots));
  if (state_.window.full())
    add("no node is read beyond " + std::to_string(setup_.window) + " unfinished ones");
  if (text.empty())
    text = std::to_string(state_.window.added() - totals_.nodes) + " nodes wait for each other";
  return text;
}

}  // namespace hecaton::chiplet::graph
