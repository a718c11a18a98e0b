#include "runs/commands/dump_default.hpp"

#include <fmt/format.h>

#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"
#include "runs/cli/exit_code.hpp"

namespace hecaton::runs {

int print_default(const DumpDefaultArguments& arguments) {
  fmt::print("{}", io::dump_default(*io::find_workload_kind(arguments.kind)));
  return exit_done;
}

}  // namespace hecaton::runs
