// Where a die is in its program: the next operation, the loops around it, and the labels that rows get.
//
// Invariant: depth_ loops are entered, and the first depth_ entries of loops_ say how many iterations follow.
#pragma once

#include <array>
#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

class ProgramPosition {
 public:
  std::uint32_t index() const { return index_; }
  const Op& op(const Program& program) const { return program[index_]; }
  bool at_end(const Program& program) const { return index_ == program.size(); }
  std::int32_t layer() const { return layer_; }
  std::int32_t minibatch() const { return minibatch_; }

  void next() { ++index_; }
  // Goes on from an operation that is a loop or a label, or that Op::skip_last passes over; false if it is
  // none.
  bool control(const Program& program);
  // Of a broadcast or reduction: its root, as a place in the order of the schedule.
  std::uint32_t root(const Program& program) const;

  // Whether the innermost loop is in this round; 0 is the first.
  bool in_round(const Program& program, std::uint32_t round) const {
    return round == every_round || round == round_of(program, loops_.at(depth_ - 1U));
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(depth_, index_, layer_, minibatch_, loops_);
  }

 private:
  struct Loop {
    std::uint32_t begin = 0;      // first operation of the body
    std::uint32_t remaining = 0;  // iterations after this one

    template <class Archive>
    void serialize(Archive& archive) {
      archive(begin, remaining);
    }
  };

  static std::uint32_t round_of(const Program& program, const Loop& loop) {
    return program[loop.begin - 1].count - 1 - loop.remaining;
  }
  bool skips(const Op& op) const;
  void repeat_or_leave();

  std::uint8_t depth_ = 0;  // loops entered
  std::uint32_t index_ = 0;
  std::int32_t layer_ = -1;  // -1: outside the layers, or of no mini-batch
  std::int32_t minibatch_ = -1;
  std::array<Loop, max_loop_depth> loops_{};
};

}  // namespace hecaton::chiplet
