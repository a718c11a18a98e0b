#include "io/page/time_spent.hpp"

namespace hecaton::io {

void TimeSpent::add(std::span<const chiplet::OperationRow> rows_of_a_die) {
  const chiplet::PassFinder passes_of_die(rows_of_a_die);
  for (const chiplet::OperationRow& row : rows_of_a_die) {
    Cell& cell = cells_[{passes_of_die.pass_of(row), row.stage, row.kind, row.layer}];
    ++cell.rows;
    cell.ps += static_cast<std::uint64_t>(row.end_ps - row.start_ps);
    cell.bytes += row.bytes;
    cell.macs += row.macs;
  }
}

std::map<TimeSpent::On, TimeSpent::Cell> TimeSpent::cells() const {
  return {cells_.begin(), cells_.end()};
}

}  // namespace hecaton::io
