// Manual pages (man(7)) of the program and of each command.
#pragma once

#include <string>
#include <string_view>

#include "runs/manual/words.hpp"

namespace hecaton::runs {

std::string program_page(const ProgramWords& words, std::string_view version);
std::string command_page(const CommandWords& command, std::string_view version);

}  // namespace hecaton::runs
