#include "io/files/child_process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "io/files/process.hpp"
#include "io/files/system_call.hpp"

namespace hecaton::io {
namespace {

constexpr int cannot_answer = 2;  // the child's status if its words cannot be handed over

bool write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written =
        uninterrupted([&] { return ::write(descriptor, text.data() + done, text.size() - done); });
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

// A crash here is an answer: no handlers of the parent, no core file, no last words on the parent's terminal.
void prepare_to_die_quietly(unsigned most_seconds) {
  bool is_quiet = true;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM})
    is_quiet = std::signal(signal, SIG_DFL) != SIG_ERR && is_quiet;
  const rlimit none{0, 0};
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  is_quiet =
      ::setrlimit(RLIMIT_CORE, &none) == 0 && nowhere >= 0 && ::dup2(nowhere, STDERR_FILENO) >= 0 && is_quiet;
  if (!is_quiet) ::_exit(cannot_answer);
  static_cast<void>(::alarm(most_seconds));  // answers what was left of another one
}

[[noreturn]] void be_the_child(int descriptor, const std::function<std::string()>& work,
                               unsigned most_seconds) {
  prepare_to_die_quietly(most_seconds);
  int status = 0;
  try {
    if (!write_all(descriptor, work())) status = cannot_answer;
  } catch (const std::exception& error) {
    status = write_all(descriptor, error.what()) ? 1 : cannot_answer;
  }
  ::_exit(status);
}

}  // namespace

std::string isolated(const std::function<std::string()>& work, unsigned most_seconds) {
  Pipe pipe;
  const pid_t child = done_or_throw(::fork(), "starting a process");
  if (child == 0) be_the_child(pipe.write_end(), work, most_seconds);
  std::string text = pipe.read_to_end();
  const int status = wait_for(child);
  if (WIFSIGNALED(status)) {
    throw std::runtime_error(WTERMSIG(status) == SIGALRM ? "reading it takes for ever"
                                                         : "reading it crashes");
  }
  if (WEXITSTATUS(status) == cannot_answer) throw std::runtime_error("reading it ends without an answer");
  if (WEXITSTATUS(status) != 0) throw std::runtime_error(text);
  return text;
}

}  // namespace hecaton::io
