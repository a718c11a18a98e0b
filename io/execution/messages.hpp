// Whether the sends and receives of all ranks fit together: between two ranks and with one tag, as many sends as
// receives, and the n-th of each of the same size, in the order of the files.
//
// Ranks come one after the other. What one of them leaves open is kept for the later one of the two and goes as soon as
// that one is through, so memory follows what is open between the ranks that were read and those that were not.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/chiplet/graph/node.hpp"
#include "io/execution/trace_files.hpp"

namespace hecaton::io::execution {

class Messages {
 public:
  // The files outlive it.
  explicit Messages(const TraceFiles& files) : files_(&files), open_(files.ranks()) {}

  // The sends and receives of rank 0 in the order of its file, then of rank 1, and so on. Throws InputError.
  void add(std::uint32_t rank, const chiplet::graph::Node& node);
  void end_of(std::uint32_t rank);

 private:
  struct Key {  // of what goes from one of two ranks to the other
    std::uint32_t lower = 0;
    std::uint32_t tag = 0;
    bool lower_sends = false;
    auto operator<=>(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t all = (std::uint64_t{key.lower} << 32U | key.tag) * 2 + (key.lower_sends ? 1 : 0);
      return (all ^ (all >> 29U)) * 0x9e3779b97f4a7c15U;
    }
  };
  struct Run {  // messages of one size that follow each other
    std::uint64_t bytes = 0;
    std::uint64_t count = 0;
  };
  struct Flow {
    std::vector<Run> runs;      // of the lower rank
    std::size_t run = 0;        // that the next message of the other rank belongs to
    std::uint64_t passed = 0;   // messages of that run that have their other end
    std::uint64_t matched = 0;  // of all
  };

  void match(std::uint32_t rank, const chiplet::graph::Node& node, const Key& key, Flow& flow) const;

  const TraceFiles* files_;
  std::vector<std::unordered_map<Key, Flow, Hash>> open_;  // by the higher of the two ranks
};

}  // namespace hecaton::io::execution
