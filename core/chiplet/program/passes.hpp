// The pass of a training step that each operation of a die belongs to. Rows do not name it; it follows from their
// order: all mini-batches pass forward, then through the output head, then backward, and the optimizer is a stage.
// Programs without an output head have no passes.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"

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

}  // namespace hecaton::chiplet
