// A node of an execution graph: a piece of one die's work and what it has to wait for. Where programs (program.hpp) say
// in which order a die works, a graph says only what must be over before what.
//
// Invariants (of whoever makes nodes): `after` names ids of nodes of the same graph, each once; what `verb` does not
// use is 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/program/program.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::chiplet::graph {

enum class Verb : std::uint8_t { nothing, compute, load, store, send, receive, collective };
constexpr auto enum_names(std::type_identity<Verb>) {
  using enum Verb;
  return named<Verb>({{nothing, "nothing"},
                      {compute, "computation"},
                      {load, "load"},
                      {store, "store"},
                      {send, "send"},
                      {receive, "receive"},
                      {collective, "collective"}});
}

struct Node {
  std::uint64_t id = 0;
  std::string name;
  Verb verb = Verb::nothing;
  OpCode operation = OpCode::all_reduce;  // of a collective
  std::uint32_t group = 0;                // of a collective: number of the communicator
  std::uint32_t root = 0;                 // of a broadcast or reduction: a place in that communicator
  std::uint32_t peer = 0;                 // send, receive: the rank at the other end
  std::uint32_t tag = 0;         // send, receive: messages between two ranks match by tag, then by order
  std::uint64_t operations = 0;  // compute: floating-point operations
  // compute: of its tensors; load, store, send, receive: what is moved; collective: what each member puts in.
  std::uint64_t bytes = 0;
  std::uint64_t recorded_ps = 0;  // how long it took where it was recorded; 0: that is not known
  // send, receive: how many of the same verb, peer and tag stand before it in the graph; the die that reads it counts.
  std::uint64_t order = 0;
  std::vector<std::uint64_t> after;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(id, name, verb, operation, group, root, peer, tag, operations, bytes, recorded_ps, order, after);
  }
  friend bool operator==(const Node&, const Node&) = default;
};

}  // namespace hecaton::chiplet::graph
