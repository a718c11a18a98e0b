#include "core/training/collective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "core/engine/base/time.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

namespace {

using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;
using Algorithm = CollectiveAlgorithm;

OpCode code_of(CollectiveOperation operation) {
  switch (operation) {
    case CollectiveOperation::all_gather:
      return OpCode::all_gather;
    case CollectiveOperation::reduce_scatter:
      return OpCode::reduce_scatter;
    case CollectiveOperation::broadcast:
      return OpCode::broadcast;
    case CollectiveOperation::reduce:
      return OpCode::reduce;
    case CollectiveOperation::all_to_all:
      return OpCode::all_to_all;
    case CollectiveOperation::all_reduce:
      break;
  }
  return OpCode::all_reduce;
}

// Around a ring, a broadcast or reduction goes in chunks.
Schedule schedule_of(OpCode code, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::tree:
      return Schedule::tree;
    case Algorithm::halving_doubling:
      return Schedule::halving_doubling;
    case Algorithm::direct:
      return Schedule::direct;
    case Algorithm::star:
      return Schedule::star;
    case Algorithm::two_phase:
      return Schedule::two_phase;
    case Algorithm::swing:
      return Schedule::swing;
    default:
      return chiplet::has_root(code) ? Schedule::pipelined : Schedule::ring;
  }
}

constexpr std::uint64_t most_payload = std::uint64_t{1} << 50;
// A message says its length in 32 bits; so that its last flit, however large, ends within them.
constexpr std::uint64_t most_message_bytes = 0xffff0000;

bool is_ring(Algorithm algorithm) {
  return algorithm <= Algorithm::hamiltonian_ring;
}

std::uint64_t group_dies(CollectiveGroup group, MeshShape mesh) {
  switch (group) {
    case CollectiveGroup::rows:
      return mesh.columns;
    case CollectiveGroup::columns:
      return mesh.rows;
    case CollectiveGroup::package:
      break;
  }
  return mesh.dies();
}

void check_sizes(const CollectiveConfig& config, MeshShape mesh) {
  if (config.bytes == 0 || config.bytes > most_payload) {
    throw PlanError("collective.bytes", "is out of range", fmt::format("{} bytes", config.bytes),
                    fmt::format("use 1 to {}", most_payload));
  }
  if (mesh.rows == 0 || mesh.columns == 0) {
    throw PlanError("package.rows", "makes no mesh of dies", "rows and columns are at least 1",
                    "choose another mesh");
  }
  const std::uint64_t dies = group_dies(config.group, mesh);
  if (chiplet::has_root(code_of(config.operation)) && config.root >= dies) {
    throw PlanError("collective.root", "is not in the group",
                    fmt::format("a group has {} dies, counted from 0", dies), "choose one of them");
  }
}

// The largest message is `parts` of the `messages` parts of the payload, each rounded up.
struct LargestMessage {
  std::uint64_t parts;
  std::uint64_t messages;
  std::uint64_t of(std::uint64_t bytes) const { return (bytes + messages - 1) / messages * parts; }
  std::uint64_t most_payload() const { return most_message_bytes / parts * messages; }
};

LargestMessage largest_message(const CollectiveConfig& config, MeshShape mesh) {
  const OpCode code = code_of(config.operation);
  const bool all_axes = config.axes == CollectiveAxes::all;
  if (config.operation == CollectiveOperation::all_to_all && (all_axes || config.directions > 1)) {
    // Half of what is for a line of dies; around rings no more than all.
    if (all_axes && config.algorithm == Algorithm::direct)
      return {std::max(mesh.rows, mesh.columns), 2 * mesh.dies()};
    return {1, 1};
  }
  const std::uint64_t lanes = config.directions * (all_axes ? 2U : 1U);
  const std::uint64_t chunks = lanes * (config.form == CollectiveForm::chunked ? config.chunks : 1);
  if (all_axes && !chiplet::has_root(code)) return {1, std::min(mesh.rows, mesh.columns) * chunks};
  // A torus ring sends parts of a column's share along columns, but shares of the whole along rows.
  if (config.algorithm == Algorithm::torus_ring)
    return {1, (mesh.columns > 1 ? mesh.columns : std::uint64_t{mesh.rows}) * chunks};
  const std::uint64_t dies = group_dies(config.group, mesh);
  if (dies == 1) return {0, 1};
  switch (schedule_of(code, config.algorithm)) {
    case Schedule::tree:
    case Schedule::star:
      return {1, 1};
    case Schedule::pipelined:
    case Schedule::two_phase:
      return {1, config.chunks * lanes};
    case Schedule::halving_doubling:
    case Schedule::swing:
      return {dies / 2, dies};
    case Schedule::direct:
      return {1, dies};
    case Schedule::ring:
      break;
  }
  if (code == OpCode::all_to_all) return {dies - 1, dies};
  return {1, dies * chunks};
}

void check_messages(const CollectiveConfig& config, MeshShape mesh) {
  const LargestMessage largest = largest_message(config, mesh);
  if (largest.of(config.bytes) <= most_message_bytes) return;
  throw PlanError("collective.bytes", "makes a message too large",
                  fmt::format("{} bytes in one message; a message has at most {} bytes",
                              largest.of(config.bytes), most_message_bytes),
                  fmt::format("use at most {}, a larger group, or an algorithm that sends smaller parts",
                              largest.most_payload()));
}

void check_package_ring(MeshShape mesh) {
  if (mesh.rows >= 2 && mesh.columns >= 2 && mesh.dies() % 2 == 0) return;
  throw PlanError(
      "collective.group", "has no ring over the package",
      fmt::format("a cycle through all dies needs an even number of them and two rows and columns; the "
                  "mesh is {} x {}",
                  mesh.rows, mesh.columns),
      "choose another mesh, or the group \"rows\" or \"columns\"");
}

// A ring along a row or a column does not go round a package, nor the other way about.
void check_ring(const CollectiveConfig& config, MeshShape mesh, const RingLinks& links) {
  const bool over_package = config.group == CollectiveGroup::package && config.axes == CollectiveAxes::one;
  if (config.algorithm == Algorithm::hamiltonian_ring && config.group != CollectiveGroup::package) {
    throw PlanError("collective.algorithm", "does not fit the group",
                    "a hamiltonian-ring runs over the whole package",
                    "choose group = \"package\" or another algorithm");
  }
  const bool is_line_ring =
      config.algorithm == Algorithm::naive_ring || config.algorithm == Algorithm::bypass_ring;
  if (is_line_ring && over_package) {
    throw PlanError("collective.algorithm", "does not fit the group",
                    "this ring runs along a row or a column", "choose \"hamiltonian-ring\" or another group");
  }
  if (config.algorithm == Algorithm::bypass_ring && !links.has_bypass) {
    throw PlanError("collective.algorithm", "does not fit the topology",
                    "the dies of a plain mesh have no bypass",
                    "choose package.topology = \"bypass-ring\" or the algorithm \"naive-ring\"");
  }
  if (over_package && is_ring(config.algorithm)) check_package_ring(mesh);
}

bool goes_along_lines(Algorithm algorithm) {
  return algorithm <= Algorithm::bypass_ring;
}

void check_axes(const CollectiveConfig& config, MeshShape mesh) {
  if (config.axes == CollectiveAxes::one) return;
  if (!goes_along_lines(config.algorithm) && config.algorithm != Algorithm::direct) {
    throw PlanError(
        "collective.axes", "does not fit the algorithm",
        "the algorithms \"ring\", \"naive-ring\" and \"bypass-ring\" go along rows and columns at once, and "
        "\"direct\" all-to-all",
        "choose one of these or axes = \"one\"");
  }
  if (config.group != CollectiveGroup::package) {
    throw PlanError("collective.axes", "does not fit the group", "a row or a column has one axis",
                    "choose group = \"package\" or axes = \"one\"");
  }
  if (mesh.rows < 2 || mesh.columns < 2) {
    throw PlanError(
        "collective.axes", "does not fit the package",
        fmt::format("one of its axes has a single die; the mesh is {} x {}", mesh.rows, mesh.columns),
        "choose another mesh, or axes = \"one\" and the group \"rows\" or \"columns\"");
  }
  if (config.form == CollectiveForm::step_synchronous) {
    throw PlanError("collective.form", "does not make steps of equal length",
                    "rings along rows and columns at once have steps of different lengths",
                    "choose another form or axes = \"one\"");
  }
}

void check_directions(const CollectiveConfig& config, const RingLinks& links) {
  if (config.directions <= 1) return;
  if (config.directions > chiplet::most_directions) {
    throw PlanError("collective.directions", "is out of range", fmt::format("{}", config.directions),
                    "use 1 or 2");
  }
  if (config.algorithm == Algorithm::direct) return;  // by turns
  const bool rings = is_ring(config.algorithm) || config.algorithm == Algorithm::torus_ring;
  if (!rings) {
    throw PlanError("collective.directions", "does not fit the algorithm",
                    "two ways round are for rings, and for \"direct\" all-to-all",
                    "choose another algorithm or directions = 1");
  }
  const bool both_axes = config.axes == CollectiveAxes::all || config.algorithm == Algorithm::torus_ring;
  if (config.group == CollectiveGroup::package && !both_axes) return;  // between neighbours all the way round
  const bool needs_rows = both_axes || config.group == CollectiveGroup::rows;
  const bool needs_columns = both_axes || config.group == CollectiveGroup::columns;
  const bool is_bypass = config.algorithm == Algorithm::bypass_ring;
  if (!is_bypass && links.have_two_ways(needs_rows, needs_columns)) return;
  throw PlanError(
      "collective.directions", "finds no second way round",
      "a ring along a row or column without a link from end to end, or of two dies, uses the links of both "
      "ways already",
      "use directions = 1, or topology = \"torus\" and three dies or more");
}

void check_torus(const CollectiveConfig& config, MeshShape mesh) {
  if (config.operation > CollectiveOperation::all_reduce) {
    throw PlanError("collective.algorithm", "does not fit the operation",
                    "\"torus-ring\" does all-gather, reduce-scatter and all-reduce",
                    "choose another algorithm or operation");
  }
  if (config.group != CollectiveGroup::package) {
    throw PlanError("collective.algorithm", "does not fit the group",
                    "\"torus-ring\" goes along rows and columns", "choose group = \"package\"");
  }
  if (config.bytes % mesh.columns != 0) {
    throw PlanError("collective.bytes", "does not divide among the columns",
                    fmt::format("{} bytes, {} columns", config.bytes, mesh.columns),
                    fmt::format("use a multiple of {}", mesh.columns));
  }
}

void check_algorithm(const CollectiveConfig& config, MeshShape mesh) {
  const OpCode code = code_of(config.operation);
  if (config.algorithm == Algorithm::torus_ring) return check_torus(config, mesh);
  if (!chiplet::goes_with(code, schedule_of(code, config.algorithm))) {
    throw PlanError(
        "collective.algorithm", "does not fit the operation",
        "\"tree\", \"star\" and \"two-phase\" do broadcast and reduce, \"halving-doubling\" and "
        "\"swing\" all-gather, reduce-scatter and all-reduce, \"direct\" all-to-all; rings do all",
        "choose another algorithm or operation");
  }
  const std::uint64_t dies = group_dies(config.group, mesh);
  const bool halves = config.algorithm == Algorithm::halving_doubling || config.algorithm == Algorithm::swing;
  if (halves && !std::has_single_bit(dies)) {
    throw PlanError(
        "collective.algorithm", "does not fit the group",
        fmt::format("\"{}\" needs a power of two; a group has {} dies", name_of(config.algorithm), dies),
        "choose another mesh or algorithm");
  }
}

void check_form(const CollectiveConfig& config, MeshShape mesh) {
  const OpCode code = code_of(config.operation);
  const bool is_torus = config.algorithm == Algorithm::torus_ring;
  if (config.form == CollectiveForm::step_synchronous && (is_torus || config.step_ns <= 0)) {
    throw PlanError(is_torus ? "collective.form" : "collective.step_ns",
                    "does not make steps of equal length",
                    is_torus ? "\"torus-ring\" is several operations, one after the other"
                             : "\"step-synchronous\" begins a step every step_ns",
                    is_torus ? "choose another algorithm or form" : "give the time of the slowest step");
  }
  const bool by_turns = code == OpCode::all_to_all && config.directions > 1;
  if (config.form == CollectiveForm::step_synchronous && by_turns) {
    throw PlanError("collective.form", "does not make steps of equal length",
                    "an all-to-all both ways round takes them by turns",
                    "choose another form or directions = 1");
  }
  if (config.form != CollectiveForm::chunked) return;
  const bool has_parts = schedule_of(code, config.algorithm) == Schedule::ring && code != OpCode::all_to_all;
  if (!has_parts) {
    throw PlanError("collective.form", "does not fit operation and algorithm",
                    "\"chunked\" is for all-gather, reduce-scatter and all-reduce along rings",
                    "choose another form; broadcast and reduce along rings go in chunks anyway");
  }
  constexpr std::uint64_t most_steps = (1U << 24) - 1;  // a message says its step in 24 bits
  if ((2 * group_dies(config.group, mesh) + 1) * config.chunks > most_steps) {
    throw PlanError(
        "collective.chunks", "makes too many steps",
        fmt::format("{} parts of each of {} chunks", config.chunks, group_dies(config.group, mesh)),
        "use fewer chunks or a smaller group");
  }
}

Ring ring_of(CollectiveGroup group) {
  switch (group) {
    case CollectiveGroup::rows:
      return Ring::row;
    case CollectiveGroup::columns:
      return Ring::column;
    case CollectiveGroup::package:
      break;
  }
  return Ring::package;
}

chiplet::Op operation(OpCode code, Ring ring, std::uint64_t bytes) {
  chiplet::Op op;
  op.code = code;
  op.ring = ring;
  op.units = bytes;
  op.unit_bytes = 1;
  return op;
}

// One axis at a time.
chiplet::Program torus_program(OpCode code, std::uint64_t bytes, MeshShape mesh) {
  const std::uint64_t part = bytes / mesh.columns;
  if (code == OpCode::all_gather)
    return {operation(code, Ring::column, part), operation(code, Ring::row, bytes)};
  if (code == OpCode::reduce_scatter)
    return {operation(code, Ring::row, bytes), operation(code, Ring::column, part)};
  return {operation(OpCode::reduce_scatter, Ring::row, bytes), operation(code, Ring::column, part),
          operation(OpCode::all_gather, Ring::row, bytes)};
}

}  // namespace

namespace {

bool fits(const CollectiveConfig& config, MeshShape mesh, const RingLinks& links) {
  try {
    check_collective(config, mesh, links);
    return true;
  } catch (const PlanError&) {
    return false;
  }
}

std::vector<CollectiveConfig> all_that_fit(CollectiveConfig config, MeshShape mesh, const RingLinks& links) {
  std::vector<CollectiveConfig> fitting;
  for (const Algorithm algorithm : {Algorithm::ring, Algorithm::naive_ring, Algorithm::torus_ring,
                                    Algorithm::tree, Algorithm::halving_doubling, Algorithm::direct,
                                    Algorithm::star, Algorithm::two_phase, Algorithm::swing}) {
    if (algorithm == Algorithm::naive_ring && !links.has_bypass) continue;  // what "ring" is already
    for (const CollectiveAxes axes : {CollectiveAxes::one, CollectiveAxes::all})
      for (std::uint32_t directions = 1; directions <= chiplet::most_directions; ++directions) {
        config.algorithm = algorithm;
        config.axes = axes;
        config.directions = directions;
        if (fits(config, mesh, links)) fitting.push_back(config);
      }
  }
  return fitting;
}

// Directions and axes are left open with the algorithm.
void check_open(const CollectiveConfig& config, MeshShape mesh, const RingLinks& links) {
  const bool directed = config.directions != 1;
  if (directed || config.axes != CollectiveAxes::one) {
    throw PlanError(directed ? "collective.directions" : "collective.axes", "is chosen with the algorithm",
                    "algorithm = \"auto\" tries one direction and both, one axis and both",
                    "leave it out, or name the algorithm");
  }
  if (chiplet::has_root(code_of(config.operation)) && config.root != 0) {
    throw PlanError(
        "collective.root", "is counted in the order of the algorithm",
        "with algorithm = \"auto\" that is not known; only the first place is the same die in all of them",
        "use root = 0, or name the algorithm");
  }
  if (!all_that_fit(config, mesh, links).empty()) return;
  CollectiveConfig ring = config;
  ring.algorithm = Algorithm::ring;
  check_collective(ring, mesh, links);  // which says why
}

}  // namespace

std::vector<CollectiveConfig> candidates_of(const CollectiveConfig& config, MeshShape mesh,
                                            const RingLinks& links) {
  if (config.algorithm != Algorithm::automatic) return {config};
  return all_that_fit(config, mesh, links);
}

void check_collective(const CollectiveConfig& config, MeshShape mesh, const RingLinks& links) {
  if (config.algorithm == Algorithm::automatic) return check_open(config, mesh, links);
  check_axes(config, mesh);
  check_ring(config, mesh, links);
  check_directions(config, links);
  check_sizes(config, mesh);
  check_algorithm(config, mesh);
  check_form(config, mesh);
  check_messages(config, mesh);
}

Plan plan_collective(const CollectiveConfig& config, MeshShape mesh) {
  const OpCode code = code_of(config.operation);
  Plan plan;
  plan.role_of_die.assign(mesh.dies(), 0);
  if (config.algorithm == Algorithm::torus_ring) {
    plan.roles = {torus_program(code, config.bytes, mesh)};
    if (config.form == CollectiveForm::chunked) {
      for (chiplet::Op& op : plan.roles[0]) op.count = config.chunks;
    }
    for (chiplet::Op& op : plan.roles[0]) op.directions = static_cast<std::uint8_t>(config.directions);
    return plan;
  }
  chiplet::Op op = operation(code, ring_of(config.group), config.bytes);
  op.schedule = schedule_of(code, config.algorithm);
  op.directions = static_cast<std::uint8_t>(config.directions);
  op.axes = config.axes == CollectiveAxes::all ? chiplet::Axes::all : chiplet::Axes::one;
  const bool by_turns = op.schedule == Schedule::direct && chiplet::has_lanes(op);
  if (chiplet::goes_in_chunks(op) || by_turns || config.form == CollectiveForm::chunked)
    op.count = config.chunks;
  if (config.form == CollectiveForm::step_synchronous) {
    op.slot_ps = static_cast<std::uint64_t>(from_nanoseconds(config.step_ns).ps);
  }
  if (chiplet::has_root(code)) op.value = static_cast<std::int32_t>(config.root);
  plan.roles = {{op}};
  return plan;
}

}  // namespace hecaton::training
