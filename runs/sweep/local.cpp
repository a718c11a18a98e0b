#include "runs/sweep/local.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>
#include <unordered_map>

#include "io/files/process.hpp"
#include "io/files/system_call.hpp"
#include "io/report/message.hpp"
#include "io/report/quantity.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/sweep/forecast.hpp"
#include "runs/sweep/point_log.hpp"

namespace hecaton::runs {
namespace {

using Clock = std::chrono::steady_clock;

// Asks a run to stop with a checkpoint, through a launcher too: mpirun, asked to end, leaves its ranks a second only.
constexpr int ask_to_stop = SIGUSR2;

// Signals arrive where they are waited for and nowhere else: those of ended children, and those that stop.
class WaitedSignals {
 public:
  WaitedSignals() {
    io::done_or_throw(::sigemptyset(&waited_), "choosing signals");
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGXCPU})
      io::done_or_throw(::sigaddset(&waited_, signal), "choosing signals");
    io::done_or_throw(::sigprocmask(SIG_BLOCK, &waited_, &before_), "blocking signals");
  }
  WaitedSignals(const WaitedSignals&) = delete;
  WaitedSignals& operator=(const WaitedSignals&) = delete;
  ~WaitedSignals() { static_cast<void>(::sigprocmask(SIG_SETMASK, &before_, nullptr)); }  // the sweep is over

  // 0 if none comes within a second.
  int next() const {
    constexpr timespec second{1, 0};
    for (;;) {
      const int signal = ::sigtimedwait(&waited_, nullptr, &second);
      if (signal > 0) return signal;
      if (errno == EAGAIN) return 0;
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waiting for a signal");
    }
  }

 private:
  sigset_t waited_{};
  sigset_t before_{};
};

struct RunningPoint {
  const SweepPoint* point;
  std::uintmax_t log_bytes;  // before it started
};

class LocalRunner {
 public:
  LocalRunner(const Sweep& sweep, const std::vector<std::string>& points, const LocalOptions& options)
      : sweep_(sweep), options_(options), forecast_(sweep) {
    std::unordered_map<std::string_view, const SweepPoint*> by_name;
    for (const SweepPoint& point : sweep.points) by_name.emplace(point.name, &point);
    for (const std::string& name : points) {
      waiting_.push_back(by_name.at(name));
      const auto percent = progress_of(log_of(sweep, name)).percent;
      if (percent) done_.emplace(waiting_.back(), *percent / 100.0);
    }
    all_ = waiting_.size();
  }

  LocalResult run() {
    const WaitedSignals signals;
    if (all_ > 0)
      io::print_notice(fmt::format("{} points to run: about {}, at {}, {} at a time", all_,
                                   io::format_duration(seconds_left()), forecast_.basis(), options_.at_once));
    for (start_some(); is_at_work(); start_some()) {
      const int signal = signals.next();
      if (signal == SIGCHLD) {
        reap();
      } else if (signal != 0) {
        stop(signal);
      }
      if (options_.until && Clock::now() >= *options_.until && !is_stopping()) run_out_of_time();
      tell_progress();
    }
    return result_;
  }

 private:
  bool is_stopping() const {
    return result_.stopped_by != 0 || result_.is_out_of_time || !result_.no_start.empty();
  }
  bool is_at_work() const { return !running_.empty() || (!is_stopping() && !waiting_.empty()); }

  // A point that somebody else runs goes to the end, and is looked at again a second later.
  void start_some() {
    for (std::size_t tries = waiting_.size();
         tries > 0 && !is_stopping() && running_.size() < static_cast<std::size_t>(options_.at_once);
         --tries) {
      const SweepPoint* point = waiting_.front();
      waiting_.pop_front();
      if (options_.is_wanted && !options_.is_wanted(*point)) {
        --all_;
        continue;
      }
      try {
        if (told_.contains(point) && is_finished(sweep_, *point)) {
          say(*point, "finished");
        } else {
          start(*point);
        }
      } catch (const io::LockHeld& held) {
        if (told_.insert(point).second)
          io::print_notice(fmt::format("{}: is being run by {}; waits for its end", describe(sweep_, *point),
                                       held.what()));
        waiting_.push_back(point);
      } catch (const std::runtime_error& error) {  // this point alone
        ++result_.failed;
        say(*point, fmt::format("FAILED: {}", error.what()));
      }
    }
  }

  void start(const SweepPoint& point) {
    prepare_point(sweep_, point);
    auto words = launcher_words(options_.launcher, sweep_.study.ranks, options_.at_once > 1);
    words.push_back(io::own_program().string());
    for (std::string& word : run_words(sweep_, point)) words.push_back(std::move(word));
    const std::filesystem::path log = log_of(sweep_, point.name);
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(log, error);
    running_.emplace(io::start_process(words, log, ask_to_stop), RunningPoint{&point, error ? 0 : bytes});
  }

  void reap() {
    int status = 0;
    for (pid_t child = ::waitpid(-1, &status, WNOHANG); child > 0; child = ::waitpid(-1, &status, WNOHANG)) {
      const auto found = running_.find(child);
      if (found == running_.end()) continue;
      const RunningPoint ended = found->second;
      running_.erase(found);
      report(ended, io::exit_code_of(status));
    }
  }

  void report(const RunningPoint& ended, int code) {
    const SweepPoint& point = *ended.point;
    const std::filesystem::path log = log_of(sweep_, point.name);
    if (const auto summary = finished_summary(sweep_, point); code == 0 && summary) {
      forecast_.learn(*summary);
      has_begun_ = true;
      return say(point, "finished");
    }
    const bool is_stopped = result_.stopped_by != 0 || result_.is_out_of_time || code == exit_stopped;
    ++(is_stopped ? result_.stopped : result_.failed);
    note_end(sweep_, point.name, is_stopped ? PointEnd::stopped : PointEnd::failed, code);
    say(point, fmt::format("{}, see {}", is_stopped ? "stopped" : fmt::format("FAILED with {}", code),
                           log.string()));
    constexpr int killed = 128;
    const bool may_be_launcher = !is_stopped && !has_begun_ && code < killed;
    const auto failure = may_be_launcher ? launcher_failure(log, ended.log_bytes) : std::nullopt;
    has_begun_ = has_begun_ || !failure;
    if (failure) result_.no_start = *failure;
  }

  void say(const SweepPoint& point, const std::string& end) {
    const std::string left = ended_ + 1 < all_ && !is_stopping()
                                 ? fmt::format("; about {} left", io::format_duration(seconds_left()))
                                 : "";
    fmt::print(stderr, "hecaton: point {} of {}: {}: {}{}\n", ++ended_, all_, describe(sweep_, point), end,
               left);
    std::fflush(stderr);
  }

  double seconds_left() const {
    std::vector<PointShare> shares;
    for (const SweepPoint* point : waiting_) {
      const auto begun = done_.find(point);
      shares.push_back({point->events, begun == done_.end() ? 0 : begun->second});
    }
    for (const auto& [child, running] : running_) {
      const auto percent = progress_of(log_of(sweep_, running.point->name)).percent;
      shares.push_back({running.point->events, percent.value_or(0) / 100.0});
    }
    return forecast_.seconds_left(shares, options_.at_once);
  }

  // Often at first, then once in a minute.
  void tell_progress() {
    constexpr std::chrono::seconds at_first{5}, in_the_long_run{60};
    const Clock::duration passed = Clock::now() - start_;
    const Clock::duration due = std::clamp<Clock::duration>(passed / 10, at_first, in_the_long_run);
    if (running_.empty() || Clock::now() - told_progress_ < due) return;
    told_progress_ = Clock::now();
    std::string points;
    for (const auto& [child, running] : running_) {
      const std::string progress = describe(progress_of(log_of(sweep_, running.point->name)));
      points +=
          fmt::format("{}: {}; ", describe(sweep_, *running.point), progress.empty() ? "runs" : progress);
    }
    io::print_notice(fmt::format("{} of {} points ended; {}about {} left", ended_, all_, points,
                                 io::format_duration(seconds_left())));
  }

  void run_out_of_time() {
    result_.is_out_of_time = true;
    send(ask_to_stop);
  }

  // A second signal leaves no choice.
  void stop(int signal) {
    const bool is_first = result_.stopped_by == 0 && !result_.is_out_of_time;
    result_.stopped_by = signal;
    send(is_first ? ask_to_stop : SIGKILL);
  }

  void send(int sent) {
    for (const auto& [child, running] : running_)
      static_cast<void>(::kill(child, sent));  // it may have ended
  }

  const Sweep& sweep_;
  const LocalOptions& options_;
  SweepForecast forecast_;
  std::deque<const SweepPoint*> waiting_;
  std::unordered_map<const SweepPoint*, double> done_;  // before, of those that were begun
  std::set<const SweepPoint*> told_;                    // that somebody else runs them
  std::map<pid_t, RunningPoint> running_;
  std::size_t all_ = 0;
  std::size_t ended_ = 0;
  bool has_begun_ = false;  // whether any point could be started
  Clock::time_point start_ = Clock::now();
  Clock::time_point told_progress_ = start_;
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
