// Where the queue keeps what is not due yet, in buckets by time: days for the near future, months for what
// comes after. Neither sorts anything. Both are rings of a fixed number of buckets with a bitmap of those
// that are not empty, and another one of its words, so that the next one is found in a few steps.
//
// A day is a time divided by the width of a day, a month is a day divided by the days of a month.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/engine/queue/entry.hpp"

namespace hecaton::engine {

// Which buckets of a ring are filled.
template <std::size_t count>
class FilledBuckets {
 public:
  static_assert(std::has_single_bit(count) && count >= 64 && count <= 64 * 64);
  static constexpr std::int64_t none = -1;

  static constexpr std::size_t bucket(std::int64_t number) {
    return static_cast<std::size_t>(number) & (count - 1);
  }
  void set(std::size_t b) {
    words_[b / 64] |= bit(b);
    filled_words_ |= bit(b / 64);
  }
  void clear(std::size_t b) {
    words_[b / 64] &= ~bit(b);
    if (words_[b / 64] == 0) filled_words_ &= ~bit(b / 64);
  }

  // The first number from `from` to `from` + count - 1 whose bucket is filled, or none.
  std::int64_t next(std::int64_t from) const {
    const std::size_t start = bucket(from);
    std::size_t w = start / 64;
    std::uint64_t bits = words_[w] & from_bit(start);
    if (bits == 0) {
      if (filled_words_ == 0) return none;
      const std::uint64_t later = filled_words_ & (from_bit(w) << 1);
      w = static_cast<std::size_t>(std::countr_zero(later != 0 ? later : filled_words_));
      bits = words_[w];
    }
    const std::size_t found = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    return from + static_cast<std::int64_t>((found - start) & (count - 1));
  }

 private:
  static constexpr std::uint64_t bit(std::size_t b) { return std::uint64_t{1} << (b % 64); }
  // That bit of a word and all above.
  static constexpr std::uint64_t from_bit(std::size_t b) { return ~std::uint64_t{0} << (b % 64); }

  std::array<std::uint64_t, count / 64> words_{};
  std::uint64_t filled_words_ = 0;  // a bit for each word that is not zero
};

// Lists of entries. Their nodes are few and used again at once, so they stay in the cache.
class Days {
 public:
  static constexpr std::int64_t count = 1024;
  static constexpr std::int64_t none = FilledBuckets<count>::none;

  Days() { heads_.fill(end); }

  void add(std::int64_t day, const Entry& entry) {
    const std::size_t b = filled_.bucket(day);
    std::uint32_t node = free_;
    if (node == end) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node] = {entry, heads_[b]};
    heads_[b] = node;
    filled_.set(b);
  }

  // Empties a day.
  template <class Take>
  void take(std::int64_t day, Take&& visit) {
    const std::size_t b = filled_.bucket(day);
    filled_.clear(b);
    std::uint32_t node = std::exchange(heads_[b], end);
    while (node != end) {
      visit(nodes_[node].entry);
      const std::uint32_t next = std::exchange(nodes_[node].next, free_);
      free_ = std::exchange(node, next);
    }
  }

  template <class Visit>
  void visit(std::int64_t day, Visit&& visit) const {
    for (std::uint32_t node = heads_[filled_.bucket(day)]; node != end; node = nodes_[node].next)
      visit(nodes_[node].entry);
  }

  std::int64_t next_filled(std::int64_t from) const { return filled_.next(from); }

 private:
  static constexpr std::uint32_t end = 0xFFFFFFFFu;
  struct Node {
    Entry entry;
    std::uint32_t next;
  };

  std::array<std::uint32_t, count> heads_;
  FilledBuckets<count> filled_;
  std::vector<Node> nodes_;
  std::uint32_t free_ = end;
};

// Lists of chunks of entries: written and read one after the other, however many there are.
class Months {
 public:
  static constexpr std::int64_t count = 1024;
  static constexpr std::int64_t none = FilledBuckets<count>::none;

  Months() { months_.fill({}); }

  void add(std::int64_t month, const Entry& entry) {
    const std::size_t b = filled_.bucket(month);
    Month& m = months_[b];
    if (m.room == 0) {
      m.head = new_chunk(m.head);
      m.room = chunk_entries;
      filled_.set(b);
    }
    chunks_[m.head].entries[--m.room] = entry;
    m.least = std::min(m.least, entry.time);
  }

  // Empties a month.
  template <class Take>
  void take(std::int64_t month, Take&& take) {
    const std::size_t b = filled_.bucket(month);
    filled_.clear(b);
    const Month m = std::exchange(months_[b], {});
    std::uint32_t first = m.room;
    for (std::uint32_t c = m.head; c != end; first = 0) {
      for (std::uint32_t i = first; i < chunk_entries; ++i) take(chunks_[c].entries[i]);
      const std::uint32_t next = std::exchange(chunks_[c].next, free_);
      free_ = std::exchange(c, next);
    }
  }

  template <class Visit>
  void visit(std::int64_t month, Visit&& visit) const {
    const Month& m = months_[filled_.bucket(month)];
    std::uint32_t first = m.room;
    for (std::uint32_t c = m.head; c != end; c = chunks_[c].next, first = 0)
      for (std::uint32_t i = first; i < chunk_entries; ++i) visit(chunks_[c].entries[i]);
  }

  SimTime least(std::int64_t month) const { return months_[filled_.bucket(month)].least; }
  std::int64_t next_filled(std::int64_t from) const { return filled_.next(from); }

 private:
  static constexpr std::uint32_t end = 0xFFFFFFFFu;
  static constexpr std::uint32_t chunk_entries = 15;
  struct Chunk {
    std::array<Entry, chunk_entries> entries;
    std::uint32_t next;
  };
  struct Month {
    SimTime least = SimTime::never();
    std::uint32_t head = end;  // the chunk that is being filled, from its end
    std::uint32_t room = 0;    // in it
  };

  std::uint32_t new_chunk(std::uint32_t next) {
    std::uint32_t chunk = free_;
    if (chunk == end) {
      chunk = static_cast<std::uint32_t>(chunks_.size());
      chunks_.emplace_back();
    } else {
      free_ = chunks_[chunk].next;
    }
    chunks_[chunk].next = next;
    return chunk;
  }

  std::array<Month, count> months_;
  FilledBuckets<count> filled_;
  std::vector<Chunk> chunks_;
  std::uint32_t free_ = end;
};

}  // namespace hecaton::engine
