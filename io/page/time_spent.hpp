// Where the operations of all dies spent their time: rows, picoseconds and bytes by pass, stage and kind. Exact sums.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {

class TimeSpent {
 public:
  struct Cell {
    std::uint64_t rows = 0;
    std::uint64_t ps = 0;
    std::uint64_t bytes = 0;
  };

  void add(std::span<const chiplet::OperationRow> rows_of_a_die);

  // Calls f(pass, stage, kind, cell) for each cell that has rows.
  template <class F>
  void for_each(F&& f) const {
    for (const chiplet::Pass pass : values_of<chiplet::Pass>())
      for (const chiplet::Stage stage : values_of<chiplet::Stage>())
        for (const chiplet::OperationKind kind : values_of<chiplet::OperationKind>())
          if (const Cell& cell = cells_[index(pass, stage, kind)]; cell.rows > 0) f(pass, stage, kind, cell);
  }

 private:
  static constexpr std::size_t passes = names_of<chiplet::Pass>().size();
  static constexpr std::size_t stages = names_of<chiplet::Stage>().size();
  static constexpr std::size_t kinds = names_of<chiplet::OperationKind>().size();
  static constexpr std::size_t index(chiplet::Pass pass, chiplet::Stage stage, chiplet::OperationKind kind) {
    return (static_cast<std::size_t>(pass) * stages + static_cast<std::size_t>(stage)) * kinds +
           static_cast<std::size_t>(kind);
  }

  std::array<Cell, passes * stages * kinds> cells_{};
};

}  // namespace hecaton::io
