#include "runs/closed_forms/forms.hpp"

#include <algorithm>
#include <array>

namespace hecaton::runs {

namespace {

enum class Family : std::uint8_t { ring, parts, rotation, pipeline, exchanges, direct };

Family family_of(const chiplet::Op& op) {
  using chiplet::Schedule;
  switch (op.schedule) {
    case Schedule::ring:
      if (op.code == chiplet::OpCode::all_to_all) return Family::rotation;
      return chiplet::is_cut(op) ? Family::parts : Family::ring;
    case Schedule::pipelined:
      return Family::pipeline;
    case Schedule::direct:
      return Family::direct;
    default:
      break;
  }
  return Family::exchanges;
}

struct Row {
  Family family;
  Form (*of)(const Collective&);
};
constexpr std::array<Row, 6> forms{{{Family::ring, ring_form},
                                    {Family::parts, parts_form},
                                    {Family::rotation, rotation_form},
                                    {Family::pipeline, pipeline_form},
                                    {Family::exchanges, exchanges_form},
                                    {Family::direct, direct_form}}};

constexpr bool in_order_of_families() {
  for (std::size_t i = 0; i < forms.size(); ++i)
    if (forms[i].family != static_cast<Family>(i)) return false;
  return true;
}
static_assert(in_order_of_families());

}  // namespace

Time without(const Time& time, Checked additions) {
  if (time.all <= additions) return {};
  const Checked left = time.all - additions;
  return {left, std::min(time.bytes, left)};
}

Form undisturbed(const Collective& collective) {
  if (collective.size() <= 1 || collective.op.units == 0 || collective.op.unit_bytes == 0) return {};
  return forms.at(static_cast<std::size_t>(family_of(collective.op))).of(collective);
}

}  // namespace hecaton::runs
