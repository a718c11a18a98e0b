// Completions of shells: commands, their options, and words, files or folders that an option takes.
#pragma once

#include <string>

#include "runs/manual/words.hpp"

namespace hecaton::runs {

std::string bash_completion(const ProgramWords& words);
std::string zsh_completion(const ProgramWords& words);
std::string fish_completion(const ProgramWords& words);

}  // namespace hecaton::runs
