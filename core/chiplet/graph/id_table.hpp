// Two small numbers for each of a changing set of ids: a hash table without an allocation per id.
//
// Invariants: an entry is in use as long as one of its numbers is not `none`, so whoever makes one sets one at once;
// entries move whenever one is made or removed. The order of the entries means nothing, and nobody can ask for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hecaton::chiplet::graph {

class IdTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Entry {
    std::uint64_t id = 0;
    std::uint32_t slot = none;
    std::uint32_t edge = none;
    bool is_used() const { return slot != none || edge != none; }
  };

  // Null if there is none.
  const Entry* find(std::uint64_t id) const {
    for (std::size_t at = home(id);; at = next(at)) {
      if (!entries_[at].is_used()) return nullptr;
      if (entries_[at].id == id) return &entries_[at];
    }
  }

  // The entry, made if there is none.
  Entry& make(std::uint64_t id) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    for (std::size_t at = home(id);; at = next(at)) {
      if (!entries_[at].is_used()) {
        ++used_;
        entries_[at].id = id;
        return entries_[at];
      }
      if (entries_[at].id == id) return entries_[at];
    }
  }

  // Entries that had to make way for it move back, so that no search meets a gap.
  void remove(const Entry& entry) {
    std::size_t gap = index(entry);
    --used_;
    for (std::size_t at = next(gap); entries_[at].is_used(); at = next(at)) {
      const std::size_t way = (at - home(entries_[at].id)) & (entries_.size() - 1);
      if (way < ((at - gap) & (entries_.size() - 1))) continue;
      entries_[gap] = entries_[at];
      gap = at;
    }
    entries_[gap] = {};
  }

 private:
  std::size_t index(const Entry& entry) const { return static_cast<std::size_t>(&entry - entries_.data()); }
  std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  // The finalizer of SplitMix64: ids that follow each other, or are multiples of a power of two, spread.
  std::size_t home(std::uint64_t id) const {
    id = (id ^ (id >> 30U)) * 0xbf58476d1ce4e5b9U;
    id = (id ^ (id >> 27U)) * 0x94d049bb133111ebU;
    return (id ^ (id >> 31U)) & (entries_.size() - 1);
  }
  void grow() {
    std::vector<Entry> old(2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (!entry.is_used()) continue;
      std::size_t at = home(entry.id);
      while (entries_[at].is_used()) at = next(at);
      entries_[at] = entry;
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(16);  // a power of two, at most half of them in use
  std::size_t used_ = 0;
};

}  // namespace hecaton::chiplet::graph
