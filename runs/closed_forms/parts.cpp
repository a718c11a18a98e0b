// A ring whose chunks are cut into parts: part t of all that a die sends leaves as soon as part t - count has
// come. Two things take the time: the last part of a chunk leaves behind the others and goes from die to die;
// and every die has to send all its parts, one after the other.
#include <algorithm>

#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

namespace {

using chiplet::OpCode;

// The longest way of a part of one of the first `chunks` chunks: see ring.cpp for the edges that it passes.
Time longest_way(const Collective& collective, std::uint64_t part, std::uint32_t chunks) {
  const std::uint32_t p = collective.size();
  Time sum, longest;
  for (const Way& way : collective.ring) sum += collective.messages.message(part, way);
  for (std::uint32_t c = 0; c < chunks; ++c) {
    const Time out = collective.messages.message(part, collective.ring[c]);
    const Time in = collective.messages.message(part, collective.ring[(c + p - 1) % p]);
    Time all = sum;
    Time left_out = collective.op.code == OpCode::all_gather ? in : out;
    if (collective.op.code == OpCode::all_reduce) {
      all += sum;
      left_out += in;
    }
    longest = later(longest, {all.all - left_out.all, all.bytes - left_out.bytes});
  }
  return longest;
}

}  // namespace

Form parts_form(const Collective& collective) {
  const chiplet::Op& op = collective.op;
  const std::uint32_t p = collective.size();
  const bool adds = op.code != OpCode::all_gather;
  // The most that any die adds: all parts of the larger chunks.
  const std::uint64_t chunk_units = chiplet::chunk_units(op.units, p, 0);
  const std::uint64_t larger = chunk_units % op.count, units = chunk_units / op.count;
  Checked additions;
  if (adds)
    additions = (p - 1) * (larger * collective.addition((units + 1) * op.unit_bytes) +
                           (op.count - larger) * collective.addition(units * op.unit_bytes));

  // The smallest part; where some are empty, there is still the first part of chunk 0.
  const std::uint64_t least = op.units / p / op.count * op.unit_bytes;
  const std::uint64_t part = least > 0 ? least : op.unit_bytes;
  const Checked addition = adds ? collective.addition(part) : Checked{};
  Time way = longest_way(collective, part, least > 0 ? p : 1);
  way.all += (p - 1) * addition;
  if (least == 0) return {way, additions};
  const Checked sending = collective.messages.sending(part);
  way += (op.count - 1) * Time{sending, sending};
  Time sent;
  const std::uint64_t parts = std::uint64_t{chiplet::step_count(op.code, p)} * op.count;
  for (const Way& edge : collective.ring) sent = later(sent, collective.messages.stream(parts, part, edge));
  if (op.code == OpCode::reduce_scatter) sent.all += addition;
  return {later(way, sent), additions};
}

}  // namespace hecaton::runs
