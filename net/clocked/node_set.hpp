// A set of nodes as bits, visited in ascending order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace hecaton::net::clocked {

class NodeSet {
 public:
  explicit NodeSet(std::size_t nodes) : words_((nodes + 63) / 64) {}

  void put(std::uint32_t node) { words_[node / 64] |= std::uint64_t{1} << (node % 64); }
  // Without a branch: who is in is as good as random.
  void put_if(std::uint32_t node, bool in) { words_[node / 64] |= std::uint64_t{in} << (node % 64); }
  void remove_if(std::uint32_t node, bool out) { words_[node / 64] &= ~(std::uint64_t{out} << (node % 64)); }
  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
  }
  // What `visit` puts into the set it may or may not see.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (std::uint64_t bits = words_[w]; bits != 0; bits &= bits - 1)
        visit(static_cast<std::uint32_t>(w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits))));
  }
  // Visits all and takes them out; `visit` may put nodes in again, for the next time.
  template <class Visit>
  void take_each(Visit&& visit) {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      std::uint64_t bits = words_[w];
      words_[w] = 0;
      for (; bits != 0; bits &= bits - 1)
        visit(static_cast<std::uint32_t>(w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits))));
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace hecaton::net::clocked
