// The rows of all commands; each is defined in the file of its name, with its options and its action.
#pragma once

#include "runs/cli/command.hpp"

namespace hecaton::runs {

extern const Command run_command;
extern const Command dry_run_command;
extern const Command verify_command;
extern const Command validate_command;
extern const Command partition_command;
extern const Command dump_default_command;
extern const Command summary_command;
extern const Command compare_command;
extern const Command report_command;
extern const Command export_command;
extern const Command export_chakra_command;
extern const Command import_astra_command;
extern const Command cost_command;
extern const Command power_command;
extern const Command search_command;
extern const Command sweep_command;
extern const Command watch_command;

}  // namespace hecaton::runs
