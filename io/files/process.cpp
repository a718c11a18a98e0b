#include "io/files/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace hecaton::io {
namespace {

constexpr int cannot_execute = 127;

[[noreturn]] void fail(const std::string& action) {
  throw std::system_error(errno, std::generic_category(), action);
}

std::vector<char*> arguments_of(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void become(char* const* arguments, pid_t parent, int death_signal) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  if (::getppid() != parent) ::_exit(cannot_execute);
  ::execvp(arguments[0], arguments);
  const char* reason = std::strerror(errno);
  for (const char* text : {static_cast<const char*>(arguments[0]), ": cannot be executed: ", reason, "\n"}) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  }
  ::_exit(cannot_execute);
}

int open_or_fail(const char* path, int flags) {
  constexpr mode_t any_user = 0666;  // less the caller's umask
  const int file = ::open(path, flags | O_CLOEXEC, any_user);
  if (file < 0) fail(std::string(path) + ": cannot be opened");
  return file;
}

}  // namespace

pid_t start_process(const std::vector<std::string>& words, const std::filesystem::path& log,
                    int death_signal) {
  const std::vector<char*> arguments = arguments_of(words);
  const int nothing = open_or_fail("/dev/null", O_RDONLY);
  const int output = open_or_fail(log.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::setpgid(0, 0);
    become(arguments.data(), parent, death_signal);
  }
  const int reason = errno;
  ::close(nothing);
  ::close(output);
  if (child < 0) throw std::system_error(reason, std::generic_category(), "starting a process");
  return child;
}

int exit_code_of(int wait_status) {
  constexpr int killed = 128;
  return WIFSIGNALED(wait_status) ? killed + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

FinishedProcess run_process(const std::vector<std::string>& words) {
  const std::vector<char*> arguments = arguments_of(words);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("opening a pipe");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    become(arguments.data(), parent, SIGTERM);
  }
  const int reason = errno;
  ::close(ends[1]);
  FinishedProcess finished;
  std::array<char, 4096> block{};
  for (ssize_t got = 1; child > 0 && got != 0;) {
    got = ::read(ends[0], block.data(), block.size());
    if (got < 0 && errno != EINTR) break;
    if (got > 0) finished.output.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (child < 0) throw std::system_error(reason, std::generic_category(), "starting a process");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  finished.code = exit_code_of(status);
  return finished;
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace hecaton::io
