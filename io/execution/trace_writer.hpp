// Writes the nodes of a rank's graph as an execution trace that TraceReader reads back, one after the other. Beside
// Chakra's whole microseconds each duration stands in picoseconds, as the attribute duration_ps.
//
// Invariants: the file has its name only when it is complete, see io/files/atomic_file.hpp; memory does not grow with
// it. The same nodes are the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/groups.hpp"

namespace hecaton::io::execution {

class TraceWriter {
 public:
  // The groups outlive it. Throws std::system_error if the file cannot be written, as add() and publish() do.
  TraceWriter(const std::filesystem::path& file, std::uint32_t rank, const Groups& groups);
  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;
  ~TraceWriter();  // without publish() nothing is left

  // Node::order is not written: it follows from the order of the file. Throws std::runtime_error for what a reader
  // would refuse because it is too large.
  void add(const chiplet::graph::Node& node);
  void publish();

  std::uint64_t nodes() const;
  std::uint64_t bytes() const;

 private:
  struct Writing;
  std::unique_ptr<Writing> writing_;
};

}  // namespace hecaton::io::execution
