// The state of a run between two instants, node by node: what a node is, and what is pending for it.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "io/checkpoint.hpp"
#include "io/state_archive.hpp"
#include "runs/collect.hpp"

namespace hecaton::runs {

using PendingEvent = engine::Event<net::Payload>;

// Of this rank's nodes, ascending. Nothing in it depends on which other nodes are on this rank.
template <class Engine>
std::vector<io::NodeState> save_state(const Model& model, const Engine& engine) {
  std::vector<PendingEvent> pending;
  engine.for_each_pending([&](const PendingEvent& event) { pending.push_back(event); });
  std::sort(pending.begin(), pending.end(), [](const PendingEvent& a, const PendingEvent& b) {
    if (a.receiver() != b.receiver()) return a.receiver() < b.receiver();
    return engine::precedes(a, b);
  });
  std::vector<io::NodeState> states;
  auto next = pending.begin();
  for (const Model::Node& node : model.nodes()) {
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

// Gives the model its state, and the engine what was pending for this rank's nodes. Throws
// std::runtime_error.
template <class Engine>
void load_state(io::CheckpointReader& checkpoint, Model& model, Engine& engine) {
  std::vector<PendingEvent> pending;
  for (Model::Node& node : model.nodes()) {
    const std::vector<unsigned char> bytes = checkpoint.state_of(node.id.value);
    std::vector<PendingEvent> of_node;
    try {
      io::StateReader reader(bytes);
      model.load(reader, node);
      reader(of_node);
      reader.expect_end();
    } catch (const std::exception& error) {
      throw std::runtime_error("the checkpoint's state of node " + std::to_string(node.id.value) +
                               " makes no sense: " + error.what());
    }
    pending.insert(pending.end(), of_node.begin(), of_node.end());
  }
  engine.restore(checkpoint.head().halt, pending);
}

}  // namespace hecaton::runs
