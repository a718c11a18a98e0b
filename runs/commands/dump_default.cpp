#include "runs/commands/dump_default.hpp"

#include <fmt/format.h>

#include "io/deck/registry.hpp"
#include "io/deck/writer.hpp"
#include "runs/cli/exit_code.hpp"

namespace hecaton::runs {

int print_default(const DumpDefaultArguments& arguments) {
  for (const io::WorkloadKind kind : io::all_kinds) {
    if (arguments.kind == io::to_string(kind)) fmt::print("{}", io::dump_default(kind));
  }
  return exit_done;
}

}  // namespace hecaton::runs
