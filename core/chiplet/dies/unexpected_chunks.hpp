// Chunks of collectives that came before the die waits for them: what MPI calls unexpected messages. A chunk
// is known by its tag. A die may be many steps ahead of its neighbour, and messages may overtake each other,
// but most come in order, so the set is kept as sorted intervals [first, last] of tags: usually one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace hecaton::chiplet {

class UnexpectedChunks {
 public:
  // A tag is inserted at most once while it is in the set.
  void insert(std::uint64_t tag) {
    auto next = after(tag);
    const bool joins_next = next != intervals_.end() && next->first == tag + 1;
    if (next != intervals_.begin() && std::prev(next)->last + 1 == tag) {
      std::prev(next)->last = joins_next ? next->last : tag;
      if (joins_next) intervals_.erase(next);
    } else if (joins_next) {
      next->first = tag;
    } else {
      intervals_.insert(next, {tag, tag});
    }
  }

  // Removes the tag; false if it is not there.
  bool take(std::uint64_t tag) {
    const auto next = after(tag);
    if (next == intervals_.begin()) return false;
    const auto at = std::prev(next);
    if (at->last < tag) return false;
    const Interval rest{tag + 1, at->last};
    const bool keeps_front = at->first < tag;
    if (keeps_front) at->last = tag - 1;
    if (tag < rest.last) {
      if (keeps_front) {
        intervals_.insert(next, rest);
      } else {
        *at = rest;
      }
    } else if (!keeps_front) {
      intervals_.erase(at);
    }
    return true;
  }

  bool empty() const { return intervals_.empty(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(intervals_);
  }

 private:
  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(first, last);
    }
  };

  // The first interval that starts beyond the tag.
  std::vector<Interval>::iterator after(std::uint64_t tag) {
    return std::upper_bound(intervals_.begin(), intervals_.end(), tag,
                            [](std::uint64_t t, const Interval& i) { return t < i.first; });
  }

  std::vector<Interval> intervals_;
};

}  // namespace hecaton::chiplet
