#include "io/files/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "io/files/system_call.hpp"

namespace hecaton::io {
namespace {

constexpr int cannot_execute = 127;

std::vector<char*> arguments_of(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void become(char* const* arguments, pid_t parent, int death_signal) {
  sigset_t none;
  const bool is_ready = ::sigemptyset(&none) == 0 && ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
                        ::prctl(PR_SET_PDEATHSIG, death_signal) == 0;
  if (is_ready && ::getppid() != parent) ::_exit(cannot_execute);
  if (is_ready) static_cast<void>(::execvp(arguments[0], arguments));  // returns only if it fails
  const char* reason = std::strerror(errno);
  for (const char* text : {static_cast<const char*>(arguments[0]), ": cannot be executed: ", reason, "\n"}) {
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  }
  ::_exit(cannot_execute);
}

Descriptor open_or_fail(const char* path, int flags) {
  constexpr mode_t any_user = 0666;  // less the caller's umask
  return Descriptor(
      done_or_throw(::open(path, flags | O_CLOEXEC, any_user), std::string(path) + ": cannot be opened"));
}

}  // namespace

Pipe::Pipe() : read_end_(-1), write_end_(-1) {
  std::array<int, 2> ends{};
  done_or_throw(::pipe2(ends.data(), O_CLOEXEC), "opening a pipe");
  read_end_ = Descriptor(ends[0]);
  write_end_ = Descriptor(ends[1]);
}

std::string Pipe::read_to_end() {
  write_end_ = Descriptor(-1);
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t got = done_or_throw(
        uninterrupted([&] { return ::read(read_end_.id(), block.data(), block.size()); }), "reading a pipe");
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  done_or_throw(uninterrupted([&] { return ::waitpid(child, &status, 0); }), "waiting for a process");
  return status;
}

pid_t start_process(const std::vector<std::string>& words, const std::filesystem::path& log,
                    int death_signal) {
  const std::vector<char*> arguments = arguments_of(words);
  const Descriptor nothing = open_or_fail("/dev/null", O_RDONLY);
  const Descriptor output = open_or_fail(log.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  const pid_t parent = ::getpid();
  const pid_t child = done_or_throw(::fork(), "starting a process");
  if (child == 0) {
    if (::dup2(nothing.id(), STDIN_FILENO) < 0 || ::dup2(output.id(), STDOUT_FILENO) < 0 ||
        ::dup2(output.id(), STDERR_FILENO) < 0 || ::setpgid(0, 0) != 0)
      ::_exit(cannot_execute);
    become(arguments.data(), parent, death_signal);
  }
  return child;
}

int exit_code_of(int wait_status) {
  constexpr int killed = 128;
  return WIFSIGNALED(wait_status) ? killed + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

FinishedProcess run_process(const std::vector<std::string>& words) {
  const std::vector<char*> arguments = arguments_of(words);
  Pipe pipe;
  const pid_t parent = ::getpid();
  const pid_t child = done_or_throw(::fork(), "starting a process");
  if (child == 0) {
    if (::dup2(pipe.write_end(), STDOUT_FILENO) < 0) ::_exit(cannot_execute);
    become(arguments.data(), parent, SIGTERM);
  }
  FinishedProcess finished;
  finished.output = pipe.read_to_end();
  finished.code = exit_code_of(wait_for(child));
  return finished;
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace hecaton::io
