// The traces of all ranks of a run, and the groups in which they communicate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/groups.hpp"

namespace hecaton::io::execution {

struct TraceFiles {
  std::vector<std::filesystem::path> of_rank;
  Groups groups;

  std::uint32_t ranks() const { return static_cast<std::uint32_t>(of_rank.size()); }
};

// How errors name a node of another file: `node 17 "name" of FILE`. It is looked for by reading the file again: the
// `count`-th, from 0, that `is_meant` says is one. Only what is wrong needs a name, so nobody keeps any.
std::string name_again(const TraceFiles& files, std::uint32_t rank, std::uint64_t count,
                       const std::function<bool(const chiplet::graph::Node&)>& is_meant);

}  // namespace hecaton::io::execution
