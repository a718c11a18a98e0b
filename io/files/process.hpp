// Starting other programs: no shell in between, words stay words.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hecaton::io {

// Starts a program whose output is appended to a file. It gets a signal should this process die, but none
// of the terminal's, and begins with no signal blocked. Throws std::system_error if no process can be made; a program that cannot be
// executed ends with 127 and a line in the file.
pid_t start_process(const std::vector<std::string>& words, const std::filesystem::path& log,
                    int death_signal);

// Of waitpid(): the exit code, or 128 + the signal that ended it.
int exit_code_of(int wait_status);

struct FinishedProcess {
  int code = 0;
  std::string output;  // what it printed on stdout
};

// Runs a program to its end; its errors go to this process's stderr.
FinishedProcess run_process(const std::vector<std::string>& words);

// This program's own file.
std::filesystem::path own_program();

}  // namespace hecaton::io
