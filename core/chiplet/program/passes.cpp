#include "core/chiplet/program/passes.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>

#include "core/engine/base/checked.hpp"

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

namespace {

bool is_transfer(const OperationRow& row) {
  return row.kind == OperationKind::dram_read || row.kind == OperationKind::dram_write;
}

bool goes_on(const PhaseRow& phase, const PhaseRow& next) {
  return std::tie(phase.pass, phase.layer, phase.minibatch) ==
         std::tie(next.pass, next.layer, next.minibatch);
}

bool is_of_head(const Op& op) {
  return op.stage == Stage::head || op.stage == Stage::loss;
}

// Goes through a program as its text says, two rounds of each loop.
class PhaseCounter {
 public:
  explicit PhaseCounter(const Program& program) : program_(program) {
    for (std::size_t i = 0; i < program.size(); ++i) {
      if (!is_of_head(program[i])) continue;
      if (!first_of_head_) first_of_head_ = i;
      last_of_head_ = i;
    }
  }

  std::uint64_t count() {
    go(0, program_.size());
    return count_.value();
  }

 private:
  struct Labels {
    std::int64_t layer = -1, minibatch = -1;
    friend bool operator==(const Labels&, const Labels&) = default;
  };
  struct Place {
    Pass pass;
    Labels labels;
    friend bool operator==(const Place&, const Place&) = default;
  };

  Pass pass_of(std::size_t index) const {
    if (!first_of_head_) return Pass::whole;
    if (program_[index].stage == Stage::optimizer) return Pass::optimizer;
    if (index < *first_of_head_) return Pass::forward;
    return index <= last_of_head_ ? Pass::head : Pass::backward;
  }

  std::size_t end_of_loop(std::size_t loop) const {
    std::size_t depth = 0, index = loop;
    do {
      if (program_[index].code == OpCode::loop) ++depth;
      if (program_[index].code == OpCode::end_loop) --depth;
      ++index;
    } while (depth > 0);
    return index;
  }

  void go(std::size_t index, std::size_t end) {
    while (index < end) {
      const std::size_t next = program_[index].code == OpCode::loop ? end_of_loop(index) : index + 1;
      if (next > index + 1)
        repeat(index + 1, next - 1, program_[index].count);
      else
        go(index);
      index = next;
    }
  }

  void repeat(std::size_t begin, std::size_t end, std::uint32_t rounds) {
    go(begin, end);
    if (rounds == 1) return;
    const Labels labels = labels_;
    const std::uint64_t before = count_.value();
    go(begin, end);
    const std::int64_t more = std::int64_t{rounds} - 2;
    count_ += Checked{static_cast<std::uint64_t>(more)} * (count_.value() - before);
    const Labels step{labels_.layer - labels.layer, labels_.minibatch - labels.minibatch};
    const auto move_on = [&](Labels& at) {
      at.layer += more * step.layer;
      at.minibatch += more * step.minibatch;
    };
    move_on(labels_);
    if (at_) move_on(at_->labels);
  }

  void go(std::size_t index) {
    const Op& op = program_[index];
    if (op.code == OpCode::set_layer) labels_.layer = op.value;
    if (op.code == OpCode::add_layer) labels_.layer += op.value;
    if (op.code == OpCode::set_minibatch) labels_.minibatch = op.value;
    if (op.code == OpCode::add_minibatch) labels_.minibatch += op.value;
    const bool has_row = kind_of(op.code) != OperationKind::idle;
    if (!has_row || op.code == OpCode::dram_read || op.code == OpCode::dram_write) return;
    const Place here{pass_of(index), labels_};
    if (at_ != here) count_ += 1;
    at_ = here;
  }

  const Program& program_;
  std::optional<std::size_t> first_of_head_;
  std::size_t last_of_head_ = 0;
  Labels labels_;
  std::optional<Place> at_;  // of the latest operation
  Checked count_;
};

}  // namespace

std::uint64_t count_phases(const Program& program) {
  return PhaseCounter(program).count();
}

std::vector<PhaseRow> phases_of(std::span<const OperationRow> rows_of_a_die) {
  const PassFinder passes(rows_of_a_die);
  std::vector<PhaseRow> phases;
  for (const OperationRow& row : rows_of_a_die) {
    if (is_transfer(row)) continue;
    const PhaseRow phase{row.die, passes.pass_of(row), row.layer, row.minibatch, row.start_ps, row.end_ps};
    if (!phases.empty() && goes_on(phases.back(), phase))
      phases.back().end_ps = std::max(phases.back().end_ps, row.end_ps);
    else
      phases.push_back(phase);
  }
  return phases;
}

}  // namespace hecaton::chiplet
