// A set of nodes as bits, visited in ascending order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace hecaton::net::clocked {

class NodeSet {
 public:
  explicit NodeSet(std::size_t nodes) : words_((nodes + 63) / 64) {}

  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
  }
  void put(std::uint32_t node) { Putter(*this).put_if(node, true); }

  // Where a loop puts nodes in.
  class Putter {
   public:
    explicit Putter(NodeSet& set) : words_(set.words_.data()) {}
    // Without a branch: who is in is as good as random.
    void put_if(std::uint32_t node, bool in) const { words_[node / 64] |= std::uint64_t{in} << (node % 64); }

   private:
    std::uint64_t* words_;
  };

  // Takes out all of which `keep` is false. What `keep` puts in is lost.
  template <class Keep>
  void keep_if(Keep&& keep) {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      std::uint64_t kept = 0;
      for (std::uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::uint32_t>(__builtin_ctzll(bits));
        kept |= std::uint64_t{keep(static_cast<std::uint32_t>(w * 64) + bit)} << bit;
      }
      words_[w] = kept;
    }
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
