#include "runs/cli/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "io/report/message.hpp"

namespace hecaton::runs {

void open_standard_streams() {
  for (const int id : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(id, F_GETFD) >= 0) continue;
    // The lowest free number is this one. Opened the wrong way round, so that its use is an error.
    if (::open("/dev/null", id == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

bool everything_printed() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  io::print_error("standard output could not be written");
  return false;
}

}  // namespace hecaton::runs
