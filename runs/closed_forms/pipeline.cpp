// A broadcast or a reduction in chunks from die to die, along all edges of a ring but one: the last chunk
// leaves each die behind the others, and goes on.
#include <algorithm>

#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

namespace {

using chiplet::OpCode;

struct Chunks {
  std::uint64_t count;  // that are not empty
  std::uint64_t bytes;  // of the last of them, the smallest
  Checked adding;       // it to a die's own part
};

// The way of the last chunk along the chain, from `from` on.
Time way_of_last(const Collective& collective, std::uint32_t head, std::uint32_t from, const Chunks& chunks) {
  const std::uint32_t p = collective.size();
  Time time;
  for (std::uint32_t edge = from; edge + 1 < p; ++edge) {
    time += collective.messages.message(chunks.bytes, collective.ring[(head + edge) % p]);
    time.all += chunks.adding;
  }
  return time;
}

// What the other chunks hold it up at an edge, or where they are added behind it.
Time hold_up(const Collective& collective, const Way& way, const Chunks& chunks) {
  const Checked sending = collective.messages.sending(chunks.bytes);
  const Checked slower = Checked{chunks.count - 1} * collective.messages.flits(chunks.bytes) * way.slow;
  const Checked caught_up = std::min(slower, way.catch_up);
  const Checked sent = (chunks.count - 1) * sending + slower - caught_up;
  return {std::max(sent, (chunks.count - 1) * chunks.adding), sent};
}

// Steps begin at equal intervals: the last chunk starts in the step of its number, and all dies pass it on in
// the next.
Time slotted(const Collective& collective, std::uint32_t head, const Chunks& chunks) {
  const Checked slot = collective.op.slot_ps;
  const Time whole = Time{(chunks.count - 1) * slot, 0} + way_of_last(collective, head, 0, chunks);
  if (collective.size() == 2) return whole;
  return later(whole, Time{chunks.count * slot, 0} + way_of_last(collective, head, 1, chunks));
}

}  // namespace

Form pipeline_form(const Collective& collective) {
  const chiplet::Op& op = collective.op;
  const std::uint32_t p = collective.size();
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t head = (collective.root + (reduces ? 1 : 0)) % p;
  const std::uint64_t bytes = std::max<std::uint64_t>(1, op.units / op.count) * op.unit_bytes;
  const Chunks chunks{std::min<std::uint64_t>(op.count, op.units), bytes,
                      reduces ? collective.addition(bytes) : Checked{}};
  Time longest;
  for (std::uint32_t edge = 0; edge + 1 < p; ++edge)
    longest = later(longest, hold_up(collective, collective.ring[(head + edge) % p], chunks));
  longest += way_of_last(collective, head, 0, chunks);
  longest = later(longest, slotted(collective, head, chunks));
  const std::uint64_t largest = chiplet::chunk_bytes(op, op.count, 0);
  return {longest, reduces ? chunks.count * collective.addition(largest) : Checked{}};
}

}  // namespace hecaton::runs
