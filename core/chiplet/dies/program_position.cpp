#include "core/chiplet/dies/program_position.hpp"

#include <cstddef>

namespace hecaton::chiplet {

bool ProgramPosition::skips(const Op& op) const {
  if (op.skip_last == 0) return false;
  for (std::size_t level = depth_ - op.skip_last; level < depth_; ++level) {
    if (loops_.at(level).remaining > 0) return false;
  }
  return true;
}

// At the end of a loop's body.
void ProgramPosition::repeat_or_leave() {
  Loop& loop = loops_.at(depth_ - 1U);
  if (loop.remaining > 0) {
    --loop.remaining;
    index_ = loop.begin;
    return;
  }
  --depth_;
  ++index_;
}

bool ProgramPosition::control(const Program& program) {
  const Op& o = op(program);
  if (!skips(o)) {
    switch (o.code) {
      case OpCode::loop:
        loops_.at(depth_++) = {index_ + 1, o.count - 1};
        break;
      case OpCode::end_loop:
        repeat_or_leave();
        return true;
      case OpCode::set_layer:
        layer_ = o.value;
        break;
      case OpCode::add_layer:
        layer_ += o.value;
        break;
      case OpCode::set_minibatch:
        minibatch_ = o.value;
        break;
      case OpCode::add_minibatch:
        minibatch_ += o.value;
        break;
      default:
        return false;
    }
  }
  ++index_;
  return true;
}

std::uint32_t ProgramPosition::root(const Program& program) const {
  const Op& o = op(program);
  if (o.root_loop == 0) return static_cast<std::uint32_t>(o.value);
  return round_of(program, loops_.at(depth_ - std::size_t{o.root_loop}));
}

}  // namespace hecaton::chiplet
