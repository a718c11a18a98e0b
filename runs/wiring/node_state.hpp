// The state of a run between two instants, node by node: what a node is, and what is pending for it.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "io/checkpoint/checkpoint.hpp"
#include "io/checkpoint/state_archive.hpp"
#include "net/clocked/node_state.hpp"
#include "runs/wiring/results.hpp"

namespace hecaton::runs {

using PendingEvent = engine::Event<net::Payload>;

// Of this rank's nodes, ascending. Nothing in it depends on which other nodes are on this rank.
template <class AnyModel, class Engine>
std::vector<io::NodeState> save_state(const AnyModel& model, const Engine& engine, SimTime) {
  std::vector<PendingEvent> pending;
  engine.for_each_pending([&](const PendingEvent& event) { pending.push_back(event); });
  std::sort(pending.begin(), pending.end(), [](const PendingEvent& a, const PendingEvent& b) {
    if (a.receiver() != b.receiver()) return a.receiver() < b.receiver();
    return engine::precedes(a, b);
  });
  std::vector<io::NodeState> states;
  auto next = pending.begin();
  for (const auto& node : model.nodes()) {
    const auto end = std::find_if(next, pending.end(),
                                  [&](const PendingEvent& event) { return event.receiver() != node.id; });
    io::StateWriter writer;
    model.save(writer, node);
    writer(std::vector<PendingEvent>(next, end));
    states.push_back({node.id.value, writer.take()});
    next = end;
  }
  return states;
}

// `restore`(reader) takes the node's state. Throws std::runtime_error if there is anything wrong with it.
template <class Restore>
void restore_node(io::CheckpointReader& checkpoint, NodeId node, Restore&& restore) {
  const std::vector<unsigned char> bytes = checkpoint.state_of(node.value);
  try {
    io::StateReader reader(bytes);
    restore(reader);
    reader.expect_end();
  } catch (const std::exception& error) {
    throw std::runtime_error("the checkpoint's state of node " + std::to_string(node.value) +
                             " makes no sense: " + error.what());
  }
}

// Gives the model its state, and the engine what was pending for this rank's nodes. Throws
// std::runtime_error.
template <class AnyModel, class Engine>
void load_state(io::CheckpointReader& checkpoint, AnyModel& model, Engine& engine) {
  std::vector<PendingEvent> pending;
  for (auto& node : model.nodes()) {
    std::vector<PendingEvent> of_node;
    restore_node(checkpoint, node.id, [&](io::StateReader& reader) {
      model.load(reader, node);
      reader(of_node);
    });
    pending.insert(pending.end(), of_node.begin(), of_node.end());
  }
  engine.restore(checkpoint.head().halt, pending);
}

// The same of a clocked network, where what is pending is on its way to the node.
template <class Engine>
std::vector<io::NodeState> save_state(const ClockedModel& model, const Engine& engine, SimTime halt) {
  std::vector<net::clocked::Network::Pending> pending;
  engine.for_each_pending([&](const PendingEvent& event) {
    if (event.payload.kind == net::EventKind::settle) return;
    pending.push_back({event.receiver(), model.cycle_of(event.time), event.payload, event.depth});
  });
  const net::clocked::Network& network = model.network();
  std::vector<io::NodeState> states;
  for (const auto& state : network.states(model.first_cycle_from(halt), pending)) {
    io::StateWriter writer;
    writer(state);
    states.push_back({network.nodes()[states.size()].value, writer.take()});
  }
  return states;
}

template <class Engine>
void load_state(io::CheckpointReader& checkpoint, ClockedModel& model, Engine& engine) {
  const SimTime halt = checkpoint.head().halt;
  net::clocked::Network& network = model.network();
  for (std::size_t i = 0; i < network.nodes().size(); ++i)
    restore_node(checkpoint, network.nodes()[i], [&](io::StateReader& reader) {
      net::clocked::Network::NodeState state;
      reader(state);
      network.restore(i, state, model.first_cycle_from(halt));
    });
  engine.restore(halt, std::vector<PendingEvent>{});
  model.resume(model.first_cycle_from(halt), engine);
}

}  // namespace hecaton::runs
