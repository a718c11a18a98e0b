// Starting other programs: no shell in between, words stay words.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "io/files/descriptor.hpp"

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

// From a process to another one that is forked from it.
class Pipe {
 public:
  Pipe();
  int write_end() const { return write_end_.id(); }
  // What the other one writes, until it closes its end; this one's is closed first.
  std::string read_to_end();

 private:
  Descriptor read_end_;
  Descriptor write_end_;
};

// The status that waitpid tells.
int wait_for(pid_t child);

}  // namespace hecaton::io
