#include "core/training/step_collectives.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

using chiplet::Axes;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;

bool is_over_package(const Op& op) {
  return op.ring == Ring::package && op.axes == Axes::one;
}

bool has_two_ways(const Op& op, const RingLinks& links) {
  if (!chiplet::can_have_lanes(op)) return false;
  if (is_over_package(op)) return true;  // between neighbours all the way round
  const bool both_axes = op.axes == Axes::all;
  return links.have_two_ways(both_axes || op.ring == Ring::row, both_axes || op.ring == Ring::column);
}

bool can_take_both_axes(const Op& op, MeshShape mesh) {
  return is_over_package(op) && chiplet::uses_ring(op) && mesh.rows >= 2 && mesh.columns >= 2;
}

std::uint64_t dies_of(const Op& op, MeshShape mesh) {
  if (op.ring == Ring::package) return mesh.dies();
  return op.ring == Ring::row ? mesh.columns : mesh.rows;
}

// Only sums that all get: who has which part of others follows from the ring.
bool can_halve(const Op& op, MeshShape mesh) {
  const std::uint64_t dies = dies_of(op, mesh);
  return op.code == OpCode::all_reduce && op.axes == Axes::one && dies > 1 && std::has_single_bit(dies);
}

// Of an all-to-all so many messages of a die may be under way, so that both ways have some.
constexpr std::uint32_t messages_under_way = 8;

Op both_ways(Op op) {
  op.directions = 2;
  if (op.schedule == Schedule::direct) op.count = messages_under_way;
  return op;
}
Op over_both_axes(Op op) {
  op.axes = Axes::all;
  return op;
}
Op halved(Op op) {
  op.schedule = Schedule::halving_doubling;
  op.count = 1;
  return op;
}

// Returns how many operations were changed.
template <class Can, class Change>
std::size_t change_all(Plan& plan, Can&& can, Change&& change) {
  std::size_t changed = 0;
  for (chiplet::Program& program : plan.roles)
    for (Op& op : program) {
      if (!chiplet::is_collective(op.code) || !can(op)) continue;
      op = change(op);
      ++changed;
    }
  return changed;
}

[[noreturn]] void refuse(Collectives how, const char* why, const char* suggestion) {
  throw PlanError("training.collectives", "fits no collective of this step",
                  fmt::format("\"{}\": {}", name_of(how), why), suggestion);
}

void set_axes(Plan& plan, Collectives how, MeshShape mesh) {
  const auto can = [&](const Op& op) { return can_take_both_axes(op, mesh); };
  if (change_all(plan, can, over_both_axes) > 0) return;
  refuse(how, "only exchanges of all dies go along rows and columns at once, on a mesh that has both",
         "use \"paper\" or \"auto\", or a method with one dimension");
}

void set_directions(Plan& plan, Collectives how, const RingLinks& links) {
  const auto can = [&](const Op& op) { return has_two_ways(op, links); };
  if (change_all(plan, can, both_ways) > 0) return;
  refuse(
      how,
      "a ring along a row or column without a link from end to end, or of two dies, uses the links of both "
      "ways already",
      "use \"paper\" or \"auto\", or topology = \"torus\" and three dies or more");
}

void set_halving(Plan& plan, Collectives how, MeshShape mesh) {
  const auto can = [&](const Op& op) { return can_halve(op, mesh); };
  if (change_all(plan, can, halved) > 0) return;
  refuse(how, "it is for all-reduces of a power of two of dies",
         "use \"paper\" or \"auto\", or another mesh");
}

std::string_view group_of(const Op& op) {
  if (op.axes == Axes::all) return "rows and columns at once";
  if (op.ring == Ring::package) return "the package";
  return op.ring == Ring::row ? "rows" : "columns";
}

std::string schedule_of(const Op& op) {
  switch (op.schedule) {
    case Schedule::ring:
      return op.directions > 1 ? "rings both ways" : "rings";
    case Schedule::pipelined:
      return fmt::format("chains of {} chunks{}", op.count, op.directions > 1 ? ", both ways" : "");
    case Schedule::tree:
      return "trees";
    case Schedule::halving_doubling:
      return "halving and doubling";
    case Schedule::star:
      return "stars";
    case Schedule::two_phase:
      return fmt::format("two phases, {} chunks", op.count);
    case Schedule::swing:
      return "Swing";
    case Schedule::direct:
      break;
  }
  return op.directions > 1 ? "each to each, both ways by turns" : "each to each";
}

}  // namespace

void set_collectives(Plan& plan, Collectives how, MeshShape mesh, const RingLinks& links) {
  if (goes_over_all_axes(how)) set_axes(plan, how, mesh);
  if (how == Collectives::both_directions || how == Collectives::all_axes_both_directions)
    set_directions(plan, how, links);
  if (how == Collectives::halving_doubling) set_halving(plan, how, mesh);
}

std::vector<Op> ways_of(const Op& op, const RingLinks& links) {
  std::vector<Op> ways{op};
  if (has_two_ways(op, links)) ways.push_back(both_ways(op));
  return ways;
}

std::vector<PlanFact> collective_facts(const Plan& plan) {
  std::vector<std::pair<OpCode, std::vector<std::string>>> kinds;
  for (const chiplet::Program& program : plan.roles)
    for (const Op& op : program) {
      if (!chiplet::is_collective(op.code)) continue;
      auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == op.code; });
      if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {op.code, {}});
      const std::string how = fmt::format("{}: {}", group_of(op), schedule_of(op));
      if (std::find(kind->second.begin(), kind->second.end(), how) == kind->second.end())
        kind->second.push_back(how);
    }
  std::vector<PlanFact> facts;
  for (const auto& [code, hows] : kinds)
    facts.push_back(
        {std::string(name_of(chiplet::kind_of(code))), fmt::format("{}", fmt::join(hows, "; ")), ""});
  return facts;
}

}  // namespace hecaton::training
