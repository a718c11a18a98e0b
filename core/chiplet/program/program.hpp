// The program of a die role: a short list of operations with counted loops, shared by every die of the role.
// A step of 126 layers and many mini-batches is a few dozen operations; it is never unrolled.
//
// Invariants (checked by validate()): loops nest at most max_loop_depth deep and are not empty, counts and
// matrix shapes are >= 1, slots are below dram_slots and every dram_wait names a slot that some dram_read or
// dram_write uses, payloads fit into 64 bits, skip_last counts loops that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::chiplet {

enum class OpCode : std::uint8_t {
  matmul,      // count x [m,k] x [k,n] on the matrix engine
  vector,      // `bytes` through the vector unit
  all_gather,  // collectives over the dies of `ring`, see core/chiplet/schedules
  reduce_scatter,
  all_reduce,
  broadcast,
  reduce,
  all_to_all,
  dram_read,   // asynchronous: start moving `bytes` from DRAM to this die, completion counted in `slot`
  dram_write,  // asynchronous: the other way
  dram_wait,   // stand still until nothing started in `slot` is outstanding
  loop,        // repeat what follows up to the matching end_loop `count` times
  end_loop,
  set_layer,  // labels for traces: layer = value / layer += value / minibatch likewise
  add_layer,
  set_minibatch,
  add_minibatch,
  allocate,  // `bytes` of `buffer` are in use from now on (occupancy.hpp); takes no time
  release,   // no longer; value >= 0: as soon as nothing is outstanding in that DRAM slot
  mark,      // the die notes the time and what it has waited so far (mark.hpp); takes no time
  pause      // stand still for slot_ps, while transfers go on; no row, no counter
};

// A die's SRAM.
enum class Buffer : std::uint8_t { activation, weight };

// Which ring a collective runs over. The wiring gives each die its place in each ring its program uses.
enum class Ring : std::uint8_t { row, column, package };
constexpr auto enum_names(std::type_identity<Ring>) {
  using enum Ring;
  return named<Ring>({{row, "row"}, {column, "column"}, {package, "package"}});
}
inline constexpr std::size_t ring_count = names_of<Ring>().size();

// Whether a collective over the package goes round one ring, or along rows and columns at once, see lanes.hpp.
enum class Axes : std::uint8_t { one, all };
constexpr auto enum_names(std::type_identity<Axes>) {
  using enum Axes;
  return named<Axes>({{one, "one"}, {all, "all"}});
}
inline constexpr std::uint32_t most_directions = 2;
inline constexpr std::uint32_t most_lanes = 2 * most_directions;

// How a collective is done; which goes with which operation is said in core/chiplet/schedules/exchange.hpp.
enum class Schedule : std::uint8_t {
  ring,
  tree,
  pipelined,
  halving_doubling,
  direct,
  star,
  two_phase,
  swing
};

// What a loop goes through, for those who shorten or describe programs; dies do not ask.
enum class Iterates : std::uint8_t { other, groups, minibatches, layers, tiles, chunks };
constexpr auto enum_names(std::type_identity<Iterates>) {
  using enum Iterates;
  return named<Iterates>({{other, "other"},
                          {groups, "group"},
                          {minibatches, "mini-batch"},
                          {layers, "layer"},
                          {tiles, "tile"},
                          {chunks, "chunk"}});
}

// The part of a training step that a loop belongs to.
enum class Section : std::uint8_t { none, embedding, forward, head, backward, embedding_gradient, optimizer };
constexpr auto enum_names(std::type_identity<Section>) {
  using enum Section;
  return named<Section>({{none, "none"},
                         {embedding, "embedding"},
                         {forward, "forward"},
                         {head, "output head"},
                         {backward, "backward"},
                         {embedding_gradient, "embedding gradient"},
                         {optimizer, "optimizer"}});
}

inline constexpr std::size_t max_loop_depth = 8;
inline constexpr std::uint32_t every_round = 0xffffffff;
inline constexpr std::uint8_t dram_slots = 8;

struct Op {
  OpCode code = OpCode::vector;
  Stage stage = Stage::none;
  Ring ring = Ring::row;
  std::uint8_t slot = 0;  // dram_*: 0 .. 7
  // Not loop or end_loop: passed over when the innermost skip_last loops around it are all in their last
  // iteration. So a loop can prefetch for its next iteration, and the last time nothing is left to fetch.
  std::uint8_t skip_last = 0;
  Schedule schedule = Schedule::ring;
  Axes axes = Axes::one;        // of a collective around rings, and of a direct all-to-all
  std::uint8_t directions = 1;  // likewise: ways round, 1 or 2
  // broadcast, reduce: not 0: the root is the iteration of the loop that is so many out, 1 the innermost.
  std::uint8_t root_loop = 0;
  Buffer buffer = Buffer::activation;   // allocate, release
  Iterates iterates = Iterates::other;  // loop
  Section section = Section::none;      // loop, mark
  // loop: iterations; matmul: how many products; pipelined, two_phase: chunks; all-gather, reduce-scatter, all-reduce
  // along a ring: parts of a chunk that follow each other; direct: messages of a die that may be under way.
  std::uint32_t count = 1;
  std::int32_t value = 0;             // set_* / add_*; broadcast, reduce: the root; release: a slot or -1
  std::uint64_t m = 0, k = 0, n = 0;  // matmul
  // vector, dram_*, allocate, release: bytes. Collectives: the whole payload is units * unit_bytes (what
  // every die holds after an all-gather, what every die starts a reduce-scatter or all-to-all with); chunks
  // are whole units.
  std::uint64_t bytes = 0;
  std::uint64_t units = 0;
  std::uint32_t unit_bytes = 1;
  // Collectives: step s begins no earlier than s times this after the operation; 0: as soon as it can. Pause: how long.
  std::uint64_t slot_ps = 0;
  std::uint32_t only_round =
      every_round;  // mark, pause: passed over in all other rounds of the innermost loop
};

using Program = std::vector<Op>;

constexpr bool is_collective(OpCode code) {
  return code >= OpCode::all_gather && code <= OpCode::all_to_all;
}
constexpr bool has_root(OpCode code) {
  return code == OpCode::broadcast || code == OpCode::reduce;
}
// Whether a collective sends around the ring of its group, or between any places along the line.
constexpr bool uses_ring(const Op& op) {
  return op.schedule == Schedule::ring || op.schedule == Schedule::pipelined;
}
// Whether the chunks of a ring are cut into parts.
constexpr bool is_cut(const Op& op) {
  return op.schedule == Schedule::ring && op.code != OpCode::all_to_all && op.count > 1;
}
// Whether the collective can go both ways round and along both axes.
constexpr bool can_have_lanes(const Op& op) {
  return uses_ring(op) || op.schedule == Schedule::direct;
}
// What of it runs side by side, see lanes.hpp. An all-to-all takes both ways round by turns, in one lane.
constexpr std::uint32_t lane_count(const Op& op) {
  return (op.code == OpCode::all_to_all ? 1U : op.directions) * (op.axes == Axes::all ? 2U : 1U);
}
constexpr bool has_lanes(const Op& op) {
  return op.directions > 1 || op.axes != Axes::one;
}
// Whether the schedule is one of this operation.
constexpr bool goes_with(OpCode code, Schedule schedule) {
  if (has_root(code)) {
    return schedule == Schedule::tree || schedule == Schedule::pipelined || schedule == Schedule::star ||
           schedule == Schedule::two_phase;
  }
  if (code == OpCode::all_to_all) return schedule == Schedule::direct || schedule == Schedule::ring;
  return schedule == Schedule::ring || schedule == Schedule::halving_doubling || schedule == Schedule::swing;
}
// Whether its payload goes in `count` chunks.
constexpr bool goes_in_chunks(const Op& op) {
  return op.schedule == Schedule::pipelined || op.schedule == Schedule::two_phase;
}

// Throws std::logic_error naming the operation: a broken program is a bug of whoever made it, not bad input.
void validate(const Program& program);

// The kind of the row that an operation leaves behind; idle for loops and labels, which leave none.
OperationKind kind_of(OpCode code);

}  // namespace hecaton::chiplet
