#include "core/chiplet/program/passes.hpp"

#include <algorithm>

namespace hecaton::chiplet {

PassFinder::PassFinder(std::span<const OperationRow> rows_of_a_die) {
  for (const OperationRow& row : rows_of_a_die) {
    if (row.stage != Stage::head && row.stage != Stage::loss) continue;
    head_start_ps_ = has_head_ ? std::min(head_start_ps_, row.start_ps) : row.start_ps;
    head_end_ps_ = has_head_ ? std::max(head_end_ps_, row.end_ps) : row.end_ps;
    has_head_ = true;
  }
}

Pass PassFinder::pass_of(const OperationRow& row) const {
  if (!has_head_) return Pass::whole;
  if (row.stage == Stage::optimizer) return Pass::optimizer;
  if (row.start_ps < head_start_ps_) return Pass::forward;
  return row.start_ps < head_end_ps_ ? Pass::head : Pass::backward;
}

}  // namespace hecaton::chiplet
