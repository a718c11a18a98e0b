// What one message of a trace says, as a node of a graph.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/groups.hpp"

namespace hecaton::execution {
class Node;
}  // namespace hecaton::execution

namespace hecaton::io::execution {

// What an error about a node names: `node 17 "name"`.
std::string key_of_node(std::uint64_t id, std::string_view name);

class Conversion {
 public:
  // The groups outlive it.
  Conversion(std::string file, std::uint32_t rank, std::uint32_t ranks, const Groups& groups);

  // Throws InputError.
  chiplet::graph::Node operator()(const hecaton::execution::Node& message);

 private:
  bool is_member(std::uint32_t group);

  std::string file_;
  std::uint32_t rank_;
  std::uint32_t ranks_;
  const Groups* groups_;
  enum class Member : std::uint8_t { unknown, no, yes };
  std::vector<Member> member_;  // by group, as far as it has been asked for: groups may be many and large

  friend struct NodeConversion;
};

}  // namespace hecaton::io::execution
