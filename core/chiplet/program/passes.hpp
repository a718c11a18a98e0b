// The pass of a training step that each operation of a die belongs to. Rows do not name it; it follows from their
// order: all mini-batches pass forward, then through the output head, then backward, and the optimizer is a stage.
// Programs without an output head have no passes. And its phases: when it goes from one pass, layer or mini-batch to the next.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton::chiplet {

enum class Pass : std::uint8_t { whole, forward, head, backward, optimizer };
constexpr auto enum_names(std::type_identity<Pass>) {
  using enum Pass;
  return named<Pass>({{whole, "whole program"},
                      {forward, "forward"},
                      {head, "output head"},
                      {backward, "backward"},
                      {optimizer, "optimizer"}});
}

// Of the rows of one die: from the start of its first row of the output head to the end of the last one.
class PassFinder {
 public:
  explicit PassFinder(std::span<const OperationRow> rows_of_a_die);
  Pass pass_of(const OperationRow& row) const;

 private:
  bool has_head_ = false;
  std::int64_t head_start_ps_ = 0;
  std::int64_t head_end_ps_ = 0;
};

// Operations of a die that follow each other and are of one pass, layer and mini-batch.
struct PhaseRow {
  std::uint32_t die = 0;
  Pass pass = Pass::whole;
  std::int16_t layer = -1;
  std::int32_t minibatch = -1;
  std::int64_t start_ps = 0;  // of the first one
  std::int64_t end_ps = 0;    // of the last one

  static constexpr auto fields() {
    using P = PhaseRow;
    return FieldList(field<&P::die>("die", "1", "Number of the die"),
                     field<&P::pass>("pass", "1", "Pass of the step; the attribute names lists the passes"),
                     field<&P::layer>("layer", "1", "Layer of the model; -1: none"),
                     field<&P::minibatch>("minibatch", "1", "Mini-batch; -1: none"),
                     field<&P::start_ps>("start_ps", "ps", "Start of the first operation"),
                     field<&P::end_ps>("end_ps", "ps", "End of the last operation"));
  }
  friend bool operator==(const PhaseRow&, const PhaseRow&) = default;
};
static_assert(lists_every_member<PhaseRow>);

// Of the rows of one die, by time. DRAM transfers, which overlap other operations, do not count: what waits for them
// does.
std::vector<PhaseRow> phases_of(std::span<const OperationRow> rows_of_a_die);

// How many a program has, without running it: rounds of a loop but the first have as many as the second.
std::uint64_t count_phases(const Program& program);

}  // namespace hecaton::chiplet
