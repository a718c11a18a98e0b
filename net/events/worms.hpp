// The worms in the buffers of a rank's routers, and what every router works with: the fabric, which never
// changes, and these worms.
#pragma once

#include <cstdint>
#include <vector>

#include "net/package/fabric.hpp"
#include "net/package/packet.hpp"

namespace hecaton::net {

// A worm in an input buffer, arriving and leaving at the same time. Of what has arrived, `base` flits came in
// earlier runs; the run under way brings segment j at run_start + j * segment.
struct Worm {
  WormHeader header;
  SimTime head_latched;
  SimTime run_arrival;  // of the run's event: what a cut names it by
  SimTime run_start;
  std::uint32_t run_flits = 0;
  std::uint32_t base = 0;
  // When the last segment of these is latched: after a missed bypass perhaps still to come.
  SimTime base_last;
  std::uint32_t sent = 0;
  std::uint32_t flits = 0;
  std::uint32_t next = 0;  // in the same buffer

  std::uint32_t announced() const { return base + run_flits; }
  // When the next segment to be sent is (or was) latched; SimTime::never() if that is not known yet.
  SimTime next_arrival(std::int64_t segment_flits, SimDuration segment) const {
    if (sent >= announced()) return SimTime::never();
    if (sent < base) return sent + segment_flits >= base ? base_last : SimTime{};
    return run_start + (sent - base) / segment_flits * segment;
  }

  // All but `next`, which is an index into memory.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(header, head_latched, run_arrival, run_start, run_flits, base, base_last, sent, flits);
  }
};

// Worms of all routers of a rank, linked by index; memory follows the number of worms in flight.
class WormPool {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;

  std::uint32_t take() {
    if (free_ == none) {
      worms_.emplace_back();
      return static_cast<std::uint32_t>(worms_.size() - 1);
    }
    const std::uint32_t index = free_;
    free_ = worms_[index].next;
    return index;
  }
  void give_back(std::uint32_t index) {
    worms_[index].next = free_;
    free_ = index;
  }
  Worm& operator[](std::uint32_t index) { return worms_[index]; }
  const Worm& operator[](std::uint32_t index) const { return worms_[index]; }

 private:
  std::vector<Worm> worms_;
  std::uint32_t free_ = none;
};

// Owned by whoever simulates the rank.
struct RouterContext {
  const Fabric& fabric;
  WormPool worms;
};

}  // namespace hecaton::net
