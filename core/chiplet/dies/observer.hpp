// An observer follows what dies compute: products, passes of the vector unit, collectives as they go, and
// what each of their messages carries. `verify` uses it. A host that has none pays nothing for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet {

template <class H>
concept ObservedHost = DieHost<H> && requires(H& h) {
  h.observer();
};

// The operation that a die is at work on.
struct Work {
  std::size_t index;  // in the program
  const Op& op;
  Places places;
  std::uint32_t root;
  std::int32_t layer;
  std::int32_t minibatch;
  std::uint32_t lane = 0;  // of a collective (lanes.hpp)
};

}  // namespace hecaton::chiplet
