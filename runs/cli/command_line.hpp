// Parses the command line: which command, with which options. Knows no MPI and reads no files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "runs/cli/command.hpp"

namespace hecaton::runs {

// Nothing to do but to print `text` and exit with `code`: help, version, or what is wrong with the usage.
struct UsageText {
  int code = 0;
  std::string text;
};

// The command that the first word names, before its options are looked at. Null if there is none of that name.
const Command* find_command(std::span<const Command* const> commands, std::span<const char* const> arguments);

// Whether the command has to run on ranks, with these options.
bool runs_on_ranks(const Command& command, std::span<const char* const> arguments);

// The action of the command that was named, its options parsed.
std::variant<UsageText, Action> parse_command_line(std::span<const Command* const> commands,
                                                   std::span<const char* const> arguments);

}  // namespace hecaton::runs
