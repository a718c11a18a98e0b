// The execution trace of one rank, node by node in the order of its file, as nodes of a graph. The format is Chakra's, see
// execution_trace.proto.
//
// Invariants: a node that is given out is sound by itself: its group is there and this rank is a member, its peer is
// another rank, sizes and operations are within most_moved_bytes, most_sent_bytes and most_operations, and `after`
// is sorted and without the node's own id. What refers to other nodes is for survey.hpp to check. A collective that moves
// nothing is Verb::nothing, as is what only describes the run or was work of the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/groups.hpp"

namespace hecaton::io::execution {

inline constexpr std::uint64_t most_moved_bytes = std::uint64_t{1} << 50U;  // of a tensor, of a member's part
inline constexpr std::uint64_t most_sent_bytes = 0xffffffff;                // of one send
inline constexpr std::uint64_t most_operations = std::uint64_t{1} << 62U;
inline constexpr std::uint64_t most_recorded_ps = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint64_t barrier_bytes = 16;  // of the message that each member of a barrier sends
inline constexpr std::size_t most_dependencies = 1U << 20U;  // of one node
inline constexpr std::size_t longest_name = 256;             // the rest of a node's name is cut off

class TraceReader {
 public:
  // The groups outlive the reader. Throws InputError, as next() does.
  TraceReader(const std::filesystem::path& file, std::uint32_t rank, std::uint32_t ranks,
              const Groups& groups);
  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  // Nothing at the end.
  std::optional<chiplet::graph::Node> next();

  std::uint64_t nodes() const;           // read so far
  std::uint64_t unknown_fields() const;  // passed over so far
  const std::string& version() const;    // of the schema, as the trace says

 private:
  struct Reading;
  std::unique_ptr<Reading> reading_;
};

}  // namespace hecaton::io::execution
