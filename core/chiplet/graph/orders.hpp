// How many messages of a kind there have been, by whom they are exchanged with and their tag: the order by which sends and
// receives of one tag match.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace hecaton::chiplet::graph {

class Orders {
 public:
  // How many there were before.
  std::uint64_t next(bool sends, std::uint32_t peer, std::uint32_t tag) {
    return counts_[{peer, tag, sends}]++;
  }

  template <class Archive>
  void save(Archive& archive) const {
    std::vector<Entry> entries;
    for (const auto& [key, count] : counts_) entries.push_back({key, count});
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    archive(entries);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::vector<Entry> entries;
    archive(entries);
    counts_.clear();
    for (const Entry& entry : entries) counts_.emplace(entry.key, entry.count);
  }

 private:
  struct Key {
    std::uint32_t peer = 0;
    std::uint32_t tag = 0;
    bool sends = false;
    friend auto operator<=>(const Key&, const Key&) = default;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(peer, tag, sends);
    }
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t word =
          std::uint64_t{key.peer} << 33 | std::uint64_t{key.tag} << 1 | (key.sends ? 1U : 0U);
      return static_cast<std::size_t>((word ^ word >> 29) * 0x9e3779b97f4a7c15U);
    }
  };
  struct Entry {
    Key key;
    std::uint64_t count = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(key, count);
    }
  };

  std::unordered_map<Key, std::uint64_t, Hash> counts_;
};

}  // namespace hecaton::chiplet::graph
