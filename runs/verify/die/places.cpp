#include "runs/verify/die/places.hpp"

#include <algorithm>
#include <utility>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;
using training::Meaning;
using training::Spread;
using training::Verb;

bool is_one_d(const training::Meanings& meanings) {
  return std::any_of(meanings.begin(), meanings.end(), [](const Meaning& m) {
    return m.verb == Verb::product && (m.spread == Spread::outputs || m.spread == Spread::inputs);
  });
}

bool is_summa(const training::Meanings& meanings) {
  return std::any_of(meanings.begin(), meanings.end(),
                     [](const Meaning& m) { return m.verb == Verb::product && m.spread == Spread::summa; });
}

DiePlaces::DiePlaces(DieRole role, const StepShape& shape) : role_(std::move(role)), shape_(&shape) {
  if (hecaton::runs::is_one_d(*role_.meanings)) layout_ = Layout::one_d;
  if (hecaton::runs::is_summa(*role_.meanings)) layout_ = Layout::summa;
  for (const Meaning& m : *role_.meanings) {
    if (m.verb == Verb::to_heads) by_head_ = true;
    if (m.verb == Verb::input_panel) along_rings_ = m.along_rings;
  }
}

std::int32_t DiePlaces::block_of(const Work& work) const {
  if (work.layer < 0) return -1;
  return work.layer * static_cast<std::int32_t>(shape_->model().operators.size()) + meaning(work).place;
}

Linear DiePlaces::linear_of(const Work& work) const {
  const Stage stage = meaning(work).linear;
  return {stage == Stage::none ? work.op.stage : stage, block_of(work)};
}

std::uint64_t DiePlaces::size_of(Ring group) const {
  return group == Ring::package ? dies() : role_.groups.rings[static_cast<std::size_t>(group)].size;
}

std::uint64_t DiePlaces::place_in(Ring group) const {
  const auto index = static_cast<std::size_t>(group);
  if (group == Ring::package) return place_1d();
  return along_rings_ ? role_.groups.rings[index].position : role_.groups.lines[index].position;
}

// With a ring over the package, along it; else by places in rows, then in columns.
std::uint64_t DiePlaces::place_1d() const {
  const auto& rings = role_.groups.rings;
  if (rings[static_cast<std::size_t>(Ring::package)].size > 1)
    return rings[static_cast<std::size_t>(Ring::package)].position;
  return std::uint64_t{rings[static_cast<std::size_t>(Ring::row)].position} * size_of(Ring::column) +
         rings[static_cast<std::size_t>(Ring::column)].position;
}

std::uint32_t DiePlaces::line_place(Ring group) const {
  return role_.groups.lines[static_cast<std::size_t>(group)].position;
}

std::uint64_t DiePlaces::place_of(Ring group, std::uint32_t line_place) const {
  if (!along_rings_) return line_place;
  return (group == Ring::row ? role_.row_ring : role_.column_ring).at(line_place);
}

std::uint64_t DiePlaces::ring_place(Ring group, std::uint64_t place) const {
  if (along_rings_) return place;
  return (group == Ring::row ? role_.row_ring : role_.column_ring).at(place);
}

std::uint64_t DiePlaces::input_place(const Meaning& m) const {
  if (m.spread == Spread::grid || m.spread == Spread::summa) return place_in(Ring::column);
  if (m.spread == Spread::grid_transposed) return place_in(Ring::row);
  return m.spread == Spread::inputs ? place_1d() : 0;
}

std::uint64_t DiePlaces::output_place(const Meaning& m) const {
  if (m.spread == Spread::grid || m.spread == Spread::summa) return place_in(Ring::row);
  if (m.spread == Spread::grid_transposed) return place_in(Ring::column);
  return m.spread == Spread::outputs ? place_1d() : 0;
}

}  // namespace hecaton::runs
