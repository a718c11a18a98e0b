// What a program does in all, counted here by unrolling its loops on paper: an account of its own, beside the
// static count of the chiplet room.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::training::test {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;
using chiplet::Ring;
using chiplet::Stage;

struct RingSizes {
  std::uint64_t row = 1;
  std::uint64_t column = 1;
  std::uint64_t package = 1;
  std::uint64_t of(Ring ring) const {
    return ring == Ring::row ? row : (ring == Ring::column ? column : package);
  }
};

struct StageTally {
  std::uint64_t nop_bytes = 0;  // sent by all dies of the package together
  std::uint64_t macs = 0;       // of one die, like all that follows
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t vector_bytes = 0;
};

struct Tally {
  std::map<Stage, StageTally> stages;

  std::uint64_t sum(std::uint64_t StageTally::*what) const {
    std::uint64_t total = 0;
    for (const auto& [stage, tally] : stages) total += tally.*what;
    return total;
  }
  std::uint64_t of(Stage stage, std::uint64_t StageTally::*what) const {
    const auto found = stages.find(stage);
    return found == stages.end() ? 0 : found->second.*what;
  }
  // Scalars of norms and loss, which the closed forms of the linear layers leave out.
  std::uint64_t scalar_nop_bytes() const {
    return of(Stage::norm, &StageTally::nop_bytes) + of(Stage::loss, &StageTally::nop_bytes);
  }
  // All-gathers, reduce-scatters and all-reduces of the Transformer layers.
  std::uint64_t layer_nop_bytes() const {
    return sum(&StageTally::nop_bytes) - scalar_nop_bytes() - of(Stage::head, &StageTally::nop_bytes);
  }
};

// How often an operation runs: its loops multiply, and skip_last takes away the last iterations.
inline std::uint64_t times_of(const Op& op, const std::vector<std::uint64_t>& loops) {
  std::uint64_t all = 1;
  for (const std::uint64_t count : loops) all *= count;
  if (op.skip_last == 0) return all;
  std::uint64_t outer = 1;
  for (std::size_t i = 0; i + op.skip_last < loops.size(); ++i) outer *= loops[i];
  return all - outer;
}

// All dies of a ring together send the payload once per step, whatever the chunks: a die may send a little
// more than another where they are uneven.
inline void add_collective(StageTally& tally, const Op& op, std::uint64_t times, const RingSizes& rings) {
  const std::uint64_t ring = rings.of(op.ring);
  // The same holds of a broadcast and a reduction: every die but the root receives, or sends, all of it.
  const std::uint64_t steps = (op.code == OpCode::all_reduce ? 2 : 1) * (ring - 1);
  tally.nop_bytes += times * steps * (rings.package / ring) * op.units * op.unit_bytes;
}

inline void add_op(Tally& total, const Op& op, std::uint64_t times, const RingSizes& rings) {
  StageTally& tally = total.stages[op.stage];
  if (chiplet::is_collective(op.code)) add_collective(tally, op, times, rings);
  if (op.code == OpCode::matmul) tally.macs += times * op.count * op.m * op.k * op.n;
  if (op.code == OpCode::vector) tally.vector_bytes += times * op.bytes;
  if (op.code == OpCode::dram_read) tally.read_bytes += times * op.bytes;
  if (op.code == OpCode::dram_write) tally.written_bytes += times * op.bytes;
}

// The operations from `begin` up to, not including, `end`.
inline Tally tally(const Program& program, std::size_t begin, std::size_t end, const RingSizes& rings) {
  Tally total;
  std::vector<std::uint64_t> loops;
  for (std::size_t i = 0; i < end; ++i) {
    const Op& op = program[i];
    if (op.code == OpCode::loop) {
      loops.push_back(op.count);
    } else if (op.code == OpCode::end_loop) {
      loops.pop_back();
    } else if (i >= begin) {
      add_op(total, op, times_of(op, loops), rings);
    }
  }
  return total;
}

inline Tally tally(const Program& program, const RingSizes& rings) {
  return tally(program, 0, program.size(), rings);
}

// Steps of rings that the linear layers of the Transformer layers take, one after another: each costs the
// latency of a ring's edge.
inline std::uint64_t ring_steps(const Program& program, const RingSizes& rings) {
  std::uint64_t steps = 0;
  std::vector<std::uint64_t> loops;
  for (const Op& op : program) {
    if (op.code == OpCode::loop) loops.push_back(op.count);
    if (op.code == OpCode::end_loop) loops.pop_back();
    const bool is_linear = op.stage != Stage::head && op.stage != Stage::loss && op.stage != Stage::norm;
    if (!chiplet::is_collective(op.code) || !is_linear) continue;
    steps += times_of(op, loops) * (rings.of(op.ring) - 1) * (op.code == OpCode::all_reduce ? 2 : 1);
  }
  return steps;
}

// Forward ends where the output head starts: its operations lie between forward and backward of the layers.
struct Halves {
  Tally forward, backward;
};
inline Halves halves(const Program& program, const RingSizes& rings) {
  std::size_t head = 0;
  while (program[head].stage != Stage::head) ++head;
  return {tally(program, 0, head, rings), tally(program, head, program.size(), rings)};
}

}  // namespace hecaton::training::test
