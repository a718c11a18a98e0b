// What will happen in which cycle, for as many cycles ahead as anything takes: a list per cycle, used again
// and again.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace hecaton::net::clocked {

// Cycles of the routers' clock since the start of the simulation.
using Cycle = std::int64_t;

template <class Record>
class CycleLists {
 public:
  // Nothing is put on a list more than `horizon` cycles ahead.
  explicit CycleLists(Cycle horizon)
      : lists_(std::bit_ceil(static_cast<std::size_t>(horizon) + 1)), mask_(lists_.size() - 1) {}

  std::vector<Record>& at(Cycle cycle) { return lists_[slot(cycle)]; }
  const std::vector<Record>& at(Cycle cycle) const { return lists_[slot(cycle)]; }
  Cycle size() const { return static_cast<Cycle>(lists_.size()); }

 private:
  std::size_t slot(Cycle cycle) const { return static_cast<std::size_t>(cycle) & mask_; }

  std::vector<std::vector<Record>> lists_;
  std::size_t mask_;
};

}  // namespace hecaton::net::clocked
