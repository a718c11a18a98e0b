// Who a rank talks to, as a value: the engine is a template over it and free of MPI.
//
// Contract of a transport, used by the window synchroniser once per window:
//   send(rank, events)   hands over one batch; the events may be overwritten as soon as the call returns
//   agree(offer)         one fused reduction over all ranks: the least `next`, the union of `flags`; it also
//   tells
//                        each rank how many batches are on their way to it
//   receive(take)        calls take(event) for every event sent to this rank before agree(); blocks until all
//   are in
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/engine/event.hpp"

namespace hecaton::engine {

struct Agreement {
  SimTime next = SimTime::never();  // the earliest event anywhere, in a queue or on its way
  SimTime reach =
      SimTime::never();  // before this, nothing that is still to come can arrive from another rank
  std::uint64_t flags = 0;
};

// One rank, nobody to talk to.
template <class Payload>
class LocalTransport {
 public:
  std::uint32_t ranks() const { return 1; }
  RankId rank() const { return RankId{0}; }
  void send(RankId, std::span<const Event<Payload>>) {}
  Agreement agree(const Agreement& offer) { return offer; }
  template <class Take>
  void receive(Take&&) {}
};

}  // namespace hecaton::engine
