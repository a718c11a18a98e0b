// Runs a program's loops, operation by operation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::training::test {

// Tells `act` of every operation that is done, as often as it is done.
template <class Act>
void walk(const chiplet::Program& program, Act&& act) {
  struct Loop {
    std::size_t begin;
    std::uint32_t remaining;
  };
  std::vector<Loop> loops;
  const auto skips = [&loops](const chiplet::Op& op) {
    return op.skip_last > 0 && std::all_of(loops.end() - op.skip_last, loops.end(),
                                           [](const Loop& l) { return l.remaining == 0; });
  };
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (program[i].code == chiplet::OpCode::loop) {
      loops.push_back({i, program[i].count - 1});
    } else if (program[i].code == chiplet::OpCode::end_loop) {
      if (loops.back().remaining-- > 0) {
        i = loops.back().begin;
      } else {
        loops.pop_back();
      }
    } else if (!skips(program[i])) {
      act(program[i]);
    }
  }
}

}  // namespace hecaton::training::test
