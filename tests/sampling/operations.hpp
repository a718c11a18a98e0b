// Operations of programs made by hand.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::sampling {

inline chiplet::Op op_of(chiplet::OpCode code, std::uint64_t bytes = 0, std::uint8_t slot = 0) {
  chiplet::Op op;
  op.code = code;
  op.bytes = bytes;
  op.slot = slot;
  return op;
}

inline chiplet::Op loop_of(chiplet::Iterates iterates, std::uint32_t count) {
  chiplet::Op op = op_of(chiplet::OpCode::loop);
  op.iterates = iterates;
  op.count = count;
  return op;
}

}  // namespace hecaton::sampling
