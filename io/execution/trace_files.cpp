#include "io/execution/trace_files.hpp"

#include <fmt/format.h>

#include "io/execution/conversion.hpp"
#include "io/execution/trace_reader.hpp"

namespace hecaton::io::execution {

std::string name_again(const TraceFiles& files, std::uint32_t rank, std::uint64_t count,
                       const std::function<bool(const chiplet::graph::Node&)>& is_meant) {
  const std::string file = files.of_rank.at(rank).string();
  TraceReader reader(file, rank, files.ranks(), files.groups);
  while (const auto node = reader.next())
    if (is_meant(*node) && count-- == 0)
      return fmt::format("{} of {}", key_of_node(node->id, node->name), file);
  return fmt::format("a node of {}, which has changed since,", file);
}

}  // namespace hecaton::io::execution
