// All commands, in the order of --help.
#pragma once

#include "runs/commands/commands.hpp"

namespace hecaton::runs {

inline constexpr const Command* all_commands[] = {
    &run_command,           &dry_run_command,      &verify_command,  &validate_command, &partition_command,
    &dump_default_command,  &summary_command,      &compare_command, &report_command,   &export_command,
    &export_chakra_command, &import_astra_command, &sweep_command,   &watch_command,    &cost_command,
    &search_command,        &power_command,
};

}  // namespace hecaton::runs
