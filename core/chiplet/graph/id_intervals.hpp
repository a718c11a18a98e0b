// A set of ids that mostly follow each other, kept as intervals: a million consecutive ids take the room of one.
//
// Invariants: intervals do not overlap or touch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace hecaton::chiplet::graph {

class IdIntervals {
 public:
  bool contains(std::uint64_t id) const {
    const auto after = first_to_last_.upper_bound(id);
    return after != first_to_last_.begin() && std::prev(after)->second >= id;
  }

  // Nothing happens if it is there already.
  void insert(std::uint64_t id) {
    const auto after = first_to_last_.upper_bound(id);
    const bool meets_after = after != first_to_last_.end() && id + 1 == after->first;
    if (after != first_to_last_.begin()) {
      const auto before = std::prev(after);
      if (before->second >= id) return;
      if (before->second + 1 == id) {
        before->second = meets_after ? after->second : id;
        if (meets_after) first_to_last_.erase(after);
        return;
      }
    }
    std::uint64_t last = id;
    auto hint = after;
    if (meets_after) {
      last = after->second;
      hint = first_to_last_.erase(after);
    }
    first_to_last_.emplace_hint(hint, id, last);
  }

  std::size_t intervals() const { return first_to_last_.size(); }

  // First and last id of each interval in turn, ascending.
  std::vector<std::uint64_t> flat() const {
    std::vector<std::uint64_t> ends;
    ends.reserve(2 * first_to_last_.size());
    for (const auto& [first, last] : first_to_last_) {
      ends.push_back(first);
      ends.push_back(last);
    }
    return ends;
  }

  // False, and nothing changes, if this is no result of flat().
  bool assign(const std::vector<std::uint64_t>& ends) {
    std::map<std::uint64_t, std::uint64_t> read;
    if (ends.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < ends.size(); i += 2) {
      const bool apart = i == 0 || (ends[i - 1] < ends[i] && ends[i] - ends[i - 1] > 1);
      if (!apart || ends[i] > ends[i + 1]) return false;
      read.emplace_hint(read.end(), ends[i], ends[i + 1]);
    }
    first_to_last_ = std::move(read);
    return true;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> first_to_last_;
};

}  // namespace hecaton::chiplet::graph
