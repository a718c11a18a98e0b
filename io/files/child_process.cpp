#include "io/files/child_process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace hecaton::io {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe open_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "opening a pipe");
  return {ends[0], ends[1]};
}

void write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    done += static_cast<std::size_t>(written);
  }
}

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

// A crash here is an answer: no handlers of the parent, no core file, no last words on the parent's terminal.
void prepare_to_die_quietly(unsigned most_seconds) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) std::signal(signal, SIG_DFL);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  ::alarm(most_seconds);
}

[[noreturn]] void be_the_child(int descriptor, const std::function<std::string()>& work,
                               unsigned most_seconds) {
  prepare_to_die_quietly(most_seconds);
  int status = 0;
  try {
    write_all(descriptor, work());
  } catch (const std::exception& error) {
    write_all(descriptor, error.what());
    status = 1;
  }
  ::_exit(status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::string isolated(const std::function<std::string()>& work, unsigned most_seconds) {
  const Pipe pipe = open_pipe();
  const pid_t child = ::fork();
  if (child == 0) be_the_child(pipe.write_end, work, most_seconds);
  const int reason = errno;
  ::close(pipe.write_end);
  if (child < 0) {
    ::close(pipe.read_end);
    throw std::system_error(reason, std::generic_category(), "starting a process");
  }
  std::string text = read_all(pipe.read_end);
  ::close(pipe.read_end);
  const int status = wait_for(child);
  if (WIFSIGNALED(status)) {
    throw std::runtime_error(WTERMSIG(status) == SIGALRM ? "reading it takes for ever"
                                                         : "reading it crashes");
  }
  if (WEXITSTATUS(status) != 0) throw std::runtime_error(text);
  return text;
}

}  // namespace hecaton::io
