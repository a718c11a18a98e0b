// What is on its way, by the cycle in which it comes: a list for every cycle ahead. No port gets more than
// one flit or credit in a cycle, so lists of fixed capacity never overflow; what was never used of them was
// never touched.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

// A router (high bits) and one of its channels (low 8 bits, see Router).
using Place = std::uint32_t;
constexpr Place place_of(std::uint32_t router, std::uint32_t id) {
  return router << 8 | id;
}
constexpr std::uint32_t router_of(Place place) {
  return place >> 8;
}
constexpr std::uint32_t id_of(Place place) {
  return place & 0xFFu;
}

// A flit on its way to an input channel.
struct Arrival {
  Place place;
  std::uint32_t flit;
  std::uint32_t depth;  // see RouterState
};

// A free slot, on its way to an output channel or (from `at_interface` on) to the interface of the die.
struct Credit {
  Place place;
  std::uint32_t depth;
};
inline constexpr std::uint32_t at_interface = 0x80;

template <class Record>
class Mail {
 public:
  // Nothing takes longer than `horizon` cycles, and no cycle gets more than `most` records.
  Mail(Cycle horizon, std::size_t most)
      : capacity_(most),
        slots_(static_cast<std::size_t>(horizon) + 1),
        ends_(slots_),
        records_(std::make_unique_for_overwrite<Record[]>(slots_ * most)) {
    for (std::size_t slot = 0; slot < slots_; ++slot) ends_[slot] = begin(slot);
  }

  Cycle horizon() const { return static_cast<Cycle>(slots_) - 1; }
  std::span<const Record> at(Cycle cycle) const { return contents(slot_of(cycle)); }
  // False: there is no place for it.
  bool add(Cycle at, const Record& record) {
    const std::size_t slot = slot_of(at);
    if (contents(slot).size() == capacity_) return false;
    *ends_[slot]++ = record;
    return true;
  }

  // From now on delays count from this cycle, and its list is the one to take.
  void open(Cycle now) { slot_ = slot_of(now); }
  // Precondition: 0 < cycles <= horizon().
  void send(std::uint32_t cycles, Record record) {
    const std::size_t slot = slot_ + cycles;
    *ends_[slot < slots_ ? slot : slot - slots_]++ = record;
  }
  std::span<const Record> take() {
    const std::span<const Record> taken = contents(slot_);
    ends_[slot_] = begin(slot_);
    return taken;
  }

 private:
  std::size_t slot_of(Cycle cycle) const { return static_cast<std::size_t>(cycle) % slots_; }
  Record* begin(std::size_t slot) const { return &records_[slot * capacity_]; }
  std::span<const Record> contents(std::size_t slot) const { return {begin(slot), ends_[slot]}; }

  std::size_t capacity_, slots_;
  std::size_t slot_ = 0;
  std::vector<Record*> ends_;  // by slot
  std::unique_ptr<Record[]> records_;
};

}  // namespace hecaton::net::clocked
