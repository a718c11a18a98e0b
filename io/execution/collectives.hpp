// Whether the members of each group go through the same collectives: as many, and the n-th of each, in the order of the
// files, the same operation with the same bytes and root.
//
// Ranks come one after the other. The first member of a group says what the others must do; it is forgotten when the last
// member is through.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/trace_files.hpp"

namespace hecaton::io::execution {

class Collectives {
 public:
  // The files outlive it.
  explicit Collectives(const TraceFiles& files);

  // The collectives of rank 0 in the order of its file, then of rank 1, and so on. Throws InputError.
  void add(std::uint32_t rank, const chiplet::graph::Node& node);
  void end_of(std::uint32_t rank);

 private:
  struct Call {
    std::uint64_t bytes = 0;
    std::uint32_t root = 0;
    chiplet::OpCode operation{};
    friend bool operator==(const Call&, const Call&) = default;
  };
  struct Group {
    std::uint32_t first = 0, last = 0;  // the lowest and the highest rank
    std::vector<Call> calls;            // of the first
    std::uint64_t seen = 0;             // of the rank that is being read
  };

  std::string first_call(std::uint32_t group, std::uint64_t number) const;
  std::string quoted_name(std::uint32_t group) const;

  const TraceFiles* files_;
  std::vector<Group> groups_;
  std::vector<std::vector<std::uint32_t>> of_rank_;
};

}  // namespace hecaton::io::execution
