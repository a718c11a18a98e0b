#include "runs/sweep/local.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <system_error>

#include "runs/cli/exit_code.hpp"
#include "runs/sweep/process.hpp"

namespace hecaton::runs {
namespace {

// Signals arrive where they are waited for and nowhere else: those of ended children, and those that stop.
class WaitedSignals {
 public:
  WaitedSignals() {
    ::sigemptyset(&waited_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&waited_, signal);
    ::sigprocmask(SIG_BLOCK, &waited_, &before_);
  }
  WaitedSignals(const WaitedSignals&) = delete;
  WaitedSignals& operator=(const WaitedSignals&) = delete;
  ~WaitedSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  int next() const {
    for (;;) {
      const int signal = ::sigwaitinfo(&waited_, nullptr);
      if (signal > 0) return signal;
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waiting for a signal");
    }
  }

 private:
  sigset_t waited_{};
  sigset_t before_{};
};

class LocalRunner {
 public:
  LocalRunner(const Sweep& sweep, const std::vector<std::string>& points, const LocalOptions& options)
      : sweep_(sweep), points_(points), options_(options) {}

  LocalResult run() {
    const WaitedSignals signals;
    for (start_some(); !running_.empty(); start_some()) {
      const int signal = signals.next();
      if (signal == SIGCHLD) {
        reap();
      } else {
        stop(signal);
      }
    }
    return result_;
  }

 private:
  void start_some() {
    while (result_.stopped_by == 0 && next_ < points_.size() &&
           running_.size() < static_cast<std::size_t>(options_.at_once)) {
      const std::string& name = points_[next_++];
      try {
        start(name);
      } catch (const std::runtime_error& error) {  // this point alone
        ++result_.failed;
        say(name, fmt::format("FAILED: {}", error.what()));
      }
    }
  }

  void start(const std::string& name) {
    prepare_point(sweep_, find_point(sweep_, name));
    auto words = launcher_words(options_.launcher, sweep_.study.ranks, options_.at_once > 1);
    words.push_back(own_program().string());
    for (std::string& word : run_words(sweep_, name)) words.push_back(std::move(word));
    running_.emplace(start_process(words, folder_of(sweep_, name) / "log"), name);
  }

  void reap() {
    int status = 0;
    for (pid_t child = ::waitpid(-1, &status, WNOHANG); child > 0; child = ::waitpid(-1, &status, WNOHANG)) {
      const auto found = running_.find(child);
      if (found == running_.end()) continue;
      report(found->second, exit_code_of(status));
      running_.erase(found);
    }
  }

  void report(const std::string& name, int code) {
    if (code == 0 && is_finished(sweep_, name)) return say(name, "finished");
    const bool is_stopped = result_.stopped_by != 0 || code == exit_stopped;
    if (!is_stopped) ++result_.failed;
    note_end(sweep_, name, is_stopped ? PointEnd::stopped : PointEnd::failed, code);
    say(name, fmt::format("{}, see {}", is_stopped ? "stopped" : fmt::format("FAILED with {}", code),
                          (folder_of(sweep_, name) / "log").string()));
  }

  void say(const std::string& name, const std::string& end) {
    fmt::print(stderr, "hecaton: point {} of {}: {}: {}\n", ++ended_, points_.size(),
               describe(sweep_, find_point(sweep_, name)), end);
    std::fflush(stderr);
  }

  // A second signal leaves no choice.
  void stop(int signal) {
    const int sent = result_.stopped_by == 0 ? SIGTERM : SIGKILL;
    result_.stopped_by = signal;
    for (const auto& [child, name] : running_) ::kill(child, sent);
  }

  const Sweep& sweep_;
  const std::vector<std::string>& points_;
  const LocalOptions& options_;
  std::map<pid_t, std::string> running_;
  std::size_t next_ = 0;
  std::size_t ended_ = 0;
  LocalResult result_;
};

}  // namespace

std::vector<std::string> launcher_words(const std::string& launcher, int ranks, bool beside_others) {
  if (launcher == "srun")
    return {"srun", "--mpi=pmix", "--kill-on-bad-exit=1", fmt::format("--ntasks={}", ranks)};
  if (ranks == 1) return {};
  std::vector<std::string> words{"mpirun", "-n", fmt::format("{}", ranks)};
  // Each mpirun would bind its ranks to the same first cores.
  if (beside_others) words.insert(words.end(), {"--bind-to", "none"});
  return words;
}

LocalResult run_points(const Sweep& sweep, const std::vector<std::string>& points,
                       const LocalOptions& options) {
  return LocalRunner(sweep, points, options).run();
}

}  // namespace hecaton::runs
