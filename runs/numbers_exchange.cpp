// What is in a die's messages: the collectives of DieNumbers.
#include <algorithm>

#include "core/training/models.hpp"
#include "runs/numbers.hpp"

namespace hecaton::runs {

using chiplet::Exchange;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;
using chiplet::Work;
using training::Spread;
using training::Verb;

namespace {

std::uint64_t width_of(const chiplet::Op& op) {
  return op.unit_bytes / training::element_bytes;
}

struct Range {
  std::uint64_t begin, end;  // in the buffer
};

Range chunk_range(const chiplet::Op& op, std::uint32_t count, std::uint32_t index) {
  const std::uint64_t begin = chunk_start(op.units, count, index);
  const std::uint64_t end = begin + chiplet::chunk_units(op.units, count, index);
  return {begin * width_of(op), end * width_of(op)};
}

std::uint32_t position_of(const Work& work) {
  return chiplet::uses_ring(work.op) ? work.places.ring.position : work.places.line.position;
}

bool is_root(const Work& work) {
  return position_of(work) == work.root % chiplet::group_size(work.op, work.places);
}

// The part of the payload that a message of this step is.
Range sent_range(const Work& work, const Exchange& now, std::uint32_t step) {
  const chiplet::RingPlace& ring = work.places.ring;
  if (work.op.schedule == Schedule::ring)
    return chunk_range(work.op, ring.size,
                       chiplet::ring_step(work.op.code, ring.size, ring.position, step).send_chunk);
  if (work.op.schedule == Schedule::pipelined) return chunk_range(work.op, work.op.count, now.send_step);
  return {0, work.op.units * width_of(work.op)};
}

Range received_range(const Work& work, std::uint32_t step) {
  const chiplet::RingPlace& ring = work.places.ring;
  if (work.op.schedule == Schedule::ring)
    return chunk_range(work.op, ring.size,
                       chiplet::ring_step(work.op.code, ring.size, ring.position, step).receive_chunk);
  if (work.op.schedule == Schedule::pipelined) return chunk_range(work.op, work.op.count, step);
  return {0, work.op.units * width_of(work.op)};
}

}  // namespace

void DieNumbers::begin(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::none) return;
  const chiplet::Op& op = work.op;
  const std::uint64_t size = op.units * width_of(op);
  const bool is_1d = m.spread == Spread::outputs || m.spread == Spread::inputs;
  const Tensor gathered = m.pass == Pass::input_gradient ? Tensor::dy : Tensor::x;
  buffer_.assign(size, 0.0);
  if (m.verb == Verb::gather) {
    Numbers own = result_;
    if (m.part == 0 && is_1d) own = share(gathered, work);
    if (m.part == 0 && !is_1d) {
      const Blocks blocks = blocks_of(work, {op.units, width_of(op), width_of(op)});
      own = cut(gathered, work, gathered == Tensor::x ? blocks.x : blocks.y, tiles_done(work) * op.units);
    }
    const Range range = chunk_range(op, work.places.ring.size, work.places.ring.position);
    if (fits(own, range.end - range.begin, work))
      std::copy(own.begin(), own.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(range.begin));
    return;
  }
  if (m.verb == Verb::scatter || chiplet::OpCode::reduce == op.code) {
    const Numbers& from = m.verb == Verb::scatter && m.part > 0 ? result_ : product_;
    if (fits(from, size, work)) buffer_ = from;
    return;
  }
  if (!is_root(work)) return;
  if (m.verb == Verb::input_panel) {
    const Blocks blocks = blocks_of(work, {op.units, width_of(op), 0});
    buffer_ = cut(Tensor::x, work, blocks.x, tiles_done(work) * op.units * ring(Ring::row).size);
  } else {
    Block w = blocks_of(work, {0, op.units, width_of(op) * m.blocks}).w;
    w.column += panels_ % m.blocks * width_of(op);
    w.columns = width_of(op);
    buffer_ = cut(Tensor::w, work, w, 0);
  }
}

void DieNumbers::send(const Work& work, const Exchange& now, std::uint32_t step,
                      const chiplet::Message& message) {
  if (meaning(work).verb == Verb::none) return;
  const Range range = sent_range(work, now, step);
  mailbox_->post(message.destination, message.tag,
                 Numbers(buffer_.begin() + static_cast<std::ptrdiff_t>(range.begin),
                         buffer_.begin() + static_cast<std::ptrdiff_t>(range.end)));
}

void DieNumbers::receive(const Work& work, const Exchange& now, std::uint32_t step, std::uint64_t tag) {
  if (meaning(work).verb == Verb::none) return;
  const Numbers contents = mailbox_->take(id_, tag);
  const Range range = received_range(work, step);
  if (!fits(contents, range.end - range.begin, work)) return;
  for (std::uint64_t i = 0; i < contents.size(); ++i) {
    double& to = buffer_[range.begin + i];
    to = now.reduces ? to + contents[i] : contents[i];
  }
}

void DieNumbers::end(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::scatter) return end_scatter(work);
  if (m.verb == Verb::input_panel || m.verb == Verb::weight_panel) return end_panel(work);
  if (m.verb != Verb::gather) return;
  result_ = buffer_;
  if (m.part + 1 < m.parts) return;
  const std::uint64_t tokens =
      m.spread == Spread::outputs || m.spread == Spread::inputs ? work.op.units / m.width : work.op.units;
  (m.pass == Pass::input_gradient ? dy_ : x_) = {buffer_, tiles_done(work) * tokens};
}

void DieNumbers::end_scatter(const Work& work) {
  const Meaning& m = meaning(work);
  const chiplet::Op& op = work.op;
  const Range own = chunk_range(op, work.places.ring.size, work.places.ring.position);
  result_.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(own.begin),
                 buffer_.begin() + static_cast<std::ptrdiff_t>(own.end));
  if (m.part + 1 < m.parts) return;
  const bool forward = m.pass == Pass::forward;
  if (m.spread == Spread::outputs || m.spread == Spread::inputs) {
    const std::uint64_t elements = op.units * (m.parts == 2 ? ring(Ring::row).size : 1);
    compare_share(result_, tiles_done(work) * (elements / m.width), work);
  } else {
    const Blocks blocks = blocks_of(work, {op.units, width_of(op), width_of(op)});
    Block block = forward ? blocks.y : blocks.x;
    block.row += tiles_done(work) * op.units;
    compare_block(result_, block, work);
  }
  ++tiles_done(work);
}

void DieNumbers::compare_share(const Numbers& got, std::uint64_t first_token, const Work& work) {
  const std::uint64_t width = meaning(work).width;
  for (std::uint64_t i = 0; i < got.size(); ++i) {
    const std::uint64_t e = index_1d() * got.size() + i;
    compare_block({got[i]}, {first_token + e / width, 1, e % width, 1}, work);
  }
}

void DieNumbers::end_panel(const Work& work) {
  const Meaning& m = meaning(work);
  const chiplet::Op& op = work.op;
  if (op.code == OpCode::broadcast) {
    (m.verb == Verb::input_panel ? x_ : weights_).numbers = buffer_;
    return;
  }
  const std::uint64_t first = tiles_done(work) * op.units * ring(Ring::row).size;
  if (is_root(work) && m.verb == Verb::input_panel) {
    Block dx = blocks_of(work, {op.units, width_of(op), 0}).x;
    dx.row += first;
    compare_block(buffer_, dx, work);
  } else if (is_root(work)) {
    const Block whole = blocks_of(work, {0, op.units, width_of(op) * m.blocks}).w;
    Numbers padded(whole.size(), 0.0);
    const std::uint64_t at = (panels_ - 1) % m.blocks * width_of(op);
    for (std::uint64_t i = 0; i < buffer_.size(); ++i)
      padded[i / width_of(op) * whole.columns + at + i % width_of(op)] = buffer_[i];
    add_gradient(work, padded, whole);
  }
  if (panels_ < std::uint64_t{ring(Ring::row).size} * m.blocks) return;
  panels_ = 0;
  ++tiles_done(work);
}

}  // namespace hecaton::runs
