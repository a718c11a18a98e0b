// A plan of one collective operation, to be compared with its closed form.
#include <limits>

#include "core/training/method.hpp"

namespace hecaton::training {

namespace {

chiplet::OpCode code_of(CollectiveOperation operation) {
  switch (operation) {
    case CollectiveOperation::all_gather:
      return chiplet::OpCode::all_gather;
    case CollectiveOperation::reduce_scatter:
      return chiplet::OpCode::reduce_scatter;
    case CollectiveOperation::all_reduce:
      break;
  }
  return chiplet::OpCode::all_reduce;
}

void check(const CollectiveConfig& config, MeshShape mesh) {
  if (config.bytes == 0 || config.bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw PlanError("collective.bytes", "is out of range",
                    "a chunk is one message of at most 4294967295 bytes", "use 1 to 4294967295");
  }
  if (mesh.rows == 0 || mesh.columns == 0) {
    throw PlanError("package.rows", "makes no mesh of dies", "rows and columns are at least 1",
                    "choose another mesh");
  }
  if (config.group != CollectiveGroup::package) return;
  if (mesh.rows < 2 || mesh.columns < 2 || mesh.dies() % 2 != 0) {
    throw PlanError(
        "collective.group", "has no ring over the package",
        "a cycle through all dies needs an even number of them and two rows and columns; the mesh is " +
            std::to_string(mesh.rows) + " x " + std::to_string(mesh.columns),
        "choose another mesh, or the group \"rows\" or \"columns\"");
  }
}

}  // namespace

chiplet::Ring ring_of(CollectiveGroup group) {
  switch (group) {
    case CollectiveGroup::rows:
      return chiplet::Ring::row;
    case CollectiveGroup::columns:
      return chiplet::Ring::column;
    case CollectiveGroup::package:
      break;
  }
  return chiplet::Ring::package;
}

Plan plan_collective(const CollectiveConfig& config, MeshShape mesh) {
  check(config, mesh);
  chiplet::Op op;
  op.code = code_of(config.operation);
  op.ring = ring_of(config.group);
  op.units = config.bytes;
  op.unit_bytes = 1;
  Plan plan;
  plan.roles = {{op}};
  plan.role_of_die.assign(mesh.dies(), 0);
  return plan;
}

}  // namespace hecaton::training
