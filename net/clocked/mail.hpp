// What is on its way, by the cycle in which it comes: a list for every cycle ahead. No port gets more than
// one flit or credit in a cycle, so lists of fixed capacity never overflow; what was never used of them was
// never touched. As many lists as the longest way needs, and a box for each kind of way: memory that is
// written and read again after a few cycles should stay in the cache.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

// A router (high bits) and one of its channels (low 6 bits, see Router); the two bits between them say more.
using Place = std::uint32_t;
inline constexpr std::uint32_t at_interface = 0x80;   // of a credit: for the interface of the die
inline constexpr std::uint32_t tail_place_shift = 6;  // of a flit: it is the last one of its packet
inline constexpr std::uint32_t tail_place = 1u << tail_place_shift;
inline constexpr std::uint32_t channel_places = 0x40;  // more than a router has
constexpr Place place_of(std::uint32_t router, std::uint32_t id) {
  return router << 8 | id;
}
constexpr std::uint32_t router_of(Place place) {
  return place >> 8;
}
constexpr std::uint32_t id_of(Place place) {
  return place & (channel_places - 1);
}

// A flit on its way to an input channel.
struct Arrival {
  Place place;
  std::uint32_t depth;  // see RouterState

  bool tail() const { return (place & tail_place) != 0; }
};

// And of which packet it is, if it is the first one (`head_bit` is set), or if the last one takes the number
// of its worm along: see Network::end_worm().
struct Mark {
  Place place;
  std::uint32_t worm;
};

// A free slot, on its way to an output channel or to the interface of the die.
struct Credit {
  Place place;
  std::uint32_t depth;

  std::uint8_t channel() const { return static_cast<std::uint8_t>(place); }
  bool to_interface() const { return (place & at_interface) != 0; }
};

template <class Record>
class Mail {
 public:
  // Nothing takes longer than `horizon` cycles, and no cycle gets more than `most` records.
  Mail(Cycle horizon, std::size_t most)
      : horizon_(horizon),
        capacity_(most),
        ends_(std::bit_ceil(lists())),
        records_(std::make_unique_for_overwrite<Record[]>(lists() * most)) {
    for (Cycle cycle = 0; cycle <= horizon_; ++cycle) end(cycle) = begin(cycle);
  }

  Cycle horizon() const { return horizon_; }
  // From now on delays count from this cycle; those before it are over.
  void open(Cycle now) {
    for (Cycle cycle = std::max(now_ + horizon_ + 1, now); cycle <= now + horizon_; ++cycle)
      end(cycle) = begin(cycle);
    now_ = now;
  }
  // Of a cycle that is not over.
  std::span<const Record> at(Cycle cycle) const {
    if (cycle > now_ + horizon_) return {};
    return {begin(cycle), ends_[slot_of(cycle)]};
  }
  // The first cycle after `now` that something comes in; negative: none.
  Cycle next_after(Cycle now) const {
    for (Cycle cycle = now + 1; cycle <= now + horizon_; ++cycle)
      if (!at(cycle).empty()) return cycle;
    return -1;
  }
  // False: there is no place for it. Precondition: at is no further from the cycle that is open than the
  // horizon.
  bool add(Cycle at, const Record& record) {
    if (this->at(at).size() == capacity_) return false;
    *end(at)++ = record;
    return true;
  }
  // What comes in this cycle.
  std::span<const Record> take() {
    const std::span<const Record> taken = at(now_);
    end(now_) = begin(now_);
    return taken;
  }

  // Where a loop puts what it sends in this cycle.
  class Sender {
   public:
    explicit Sender(Mail& mail)
        : ends_(mail.ends_.data()), slot_(slot(mail.now_)), mask_(slot(mail.ends_.size()) - 1) {}
    // Precondition: 0 < cycles <= horizon().
    void send(std::uint32_t cycles, const Record& record) const {
      *ends_[(slot_ + cycles) & mask_]++ = record;
    }

   private:
    template <class Number>
    static std::uint32_t slot(Number number) {
      return static_cast<std::uint32_t>(number);
    }

    Record** ends_;
    std::uint32_t slot_, mask_;
  };

 private:
  std::size_t lists() const { return static_cast<std::size_t>(horizon_) + 1; }
  std::size_t slot_of(Cycle cycle) const { return static_cast<std::size_t>(cycle) & (ends_.size() - 1); }
  Record*& end(Cycle cycle) { return ends_[slot_of(cycle)]; }
  Record* begin(Cycle cycle) const {
    return &records_[static_cast<std::size_t>(cycle) % lists() * capacity_];
  }

  Cycle horizon_;
  std::size_t capacity_;
  Cycle now_ = 0;
  std::vector<Record*> ends_;  // by cycle, as many as a power of two
  std::unique_ptr<Record[]> records_;
};

}  // namespace hecaton::net::clocked
