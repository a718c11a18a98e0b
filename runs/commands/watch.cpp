// `hecaton watch OUTPUT`: how far a run is, from the files in its output folder, until it runs no more; or once.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/report/facts.hpp"
#include "io/report/quantity.hpp"
#include "io/trace/result_set.hpp"
#include "runs/checkpoints/watched_run.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"

namespace hecaton::runs {
namespace {

constexpr double silent_s = 60;  // then it is worth a word
constexpr std::int64_t two_seconds_ps = 2'000'000'000'000;

struct WatchArguments {
  std::string output;
  bool once = false;
  bool json = false;
  std::int64_t every_ps = two_seconds_ps;
};

std::string of_deck(const std::string& deck, std::int64_t ranks) {
  return fmt::format("{} on {} {}", deck, ranks, ranks == 1 ? "rank" : "ranks");
}

std::string of_deck(const WatchedRun& run) {
  if (run.result) return of_deck(run.result->deck, run.result->ranks);
  return run.status ? of_deck(run.status->deck, run.status->ranks) : "a run";
}

std::string going_on(const WatchedRun& run) {
  return run.checkpoint_s ? "run --restart latest goes on from the checkpoint" : "it left no checkpoint";
}

std::string head(const WatchedRun& run) {
  const std::string ago = io::format_duration(run.told_ago_s);
  switch (run.state) {
    case FolderState::none:
      return "no run: none was started here, or its results are elsewhere";
    case FolderState::queued:
      return fmt::format("queued: Slurm job {} has not begun, or waits to go on", run.job);
    case FolderState::running:
      return fmt::format("running: {}{}", of_deck(run), run.holder.empty() ? "" : ", " + run.holder);
    case FolderState::stopped:
      return fmt::format("stopped: {}, {} ago; {}", of_deck(run), ago, going_on(run));
    case FolderState::failed:
      return fmt::format("failed: {}, {} ago; it has printed why; {}", of_deck(run), ago, going_on(run));
    case FolderState::killed:
      return fmt::format("killed: {} runs no more and has not ended{}; {}", of_deck(run),
                         run.status ? fmt::format(", its last word was {} ago", ago) : "", going_on(run));
    case FolderState::ended:
      break;
  }
  return fmt::format("ended: {}, {} simulated in {}", of_deck(run),
                     io::format_si(static_cast<double>(run.result->simulated_ps) * 1e-12, "s"),
                     io::format_duration(run.result->wall_s));
}

std::string progress_lines(const WatchedRun& run) {
  const io::RunStatus& status = *run.status;
  const io::ProgressSample& sample = status.progress;
  const bool is_running = run.state == FolderState::running;
  std::string text = "progress    ";
  if (sample.fraction >= 0) text += fmt::format("{} %, ", io::whole_percent(sample.fraction));
  text += fmt::format("{} simulated, after {}", io::format_si(sample.simulated_s, "s"),
                      io::format_duration(status.wall_s));
  const auto left = io::seconds_left(sample, status.wall_s);
  if (left && is_running)
    text += fmt::format(", about {} left", io::format_duration(std::max(0.0, *left - run.told_ago_s)));
  text += "\n";
  if (status.wall_s > 0)
    text += fmt::format("rate        {} events per second{}\n",
                        io::format_count(static_cast<double>(sample.events) / status.wall_s),
                        sample.of_all_ranks ? "" : " on rank 0");
  if (is_running && run.told_ago_s > silent_s)
    text += fmt::format("silent      for {}: its host may be busy, or lost\n",
                        io::format_duration(run.told_ago_s));
  return text;
}

std::string text_of(const WatchedRun& run) {
  std::string text = head(run) + "\n";
  if (run.status)
    text += progress_lines(run);
  else if (run.state == FolderState::running)
    text += "progress    it has not said yet how far it is\n";
  if (run.checkpoint_s)
    text += fmt::format("checkpoint  {} simulated, written {} ago\n", io::format_si(*run.checkpoint_s, "s"),
                        io::format_duration(run.checkpoint_ago_s));
  for (std::size_t i = 0; i < run.busiest.size(); ++i)
    text += fmt::format("{:<10}  {} busy, {}\n", i == 0 ? "links" : "",
                        io::format_percent(run.busiest[i].share), io::describe(run.busiest[i]));
  return text;
}

// Of the same.
std::string json_of(const WatchedRun& run) {
  io::Facts facts;
  facts.add("state", name_of(run.state)).add("holder", run.holder).add("slurm_job", run.job);
  if (run.status) {
    const io::RunStatus& status = *run.status;
    const bool has_rate = status.wall_s > 0;
    const double rate = has_rate ? static_cast<double>(status.progress.events) / status.wall_s : 0;
    facts.add("status", io::Facts::Json{io::to_json(status)})
        .add("told_ago_s", run.told_ago_s)
        .add("events_per_s", rate)
        .add("left_s", io::seconds_left(status.progress, status.wall_s));
  }
  if (run.checkpoint_s)
    facts.add("checkpoint_simulated_s", *run.checkpoint_s).add("checkpoint_ago_s", run.checkpoint_ago_s);
  std::vector<io::Facts> links;
  for (const io::BusyLink& link : run.busiest)
    links.push_back(io::Facts().add("link", io::describe(link)).add("busy", link.share));
  facts.add("busiest_links", links);
  if (run.result) facts.add("summary", io::Facts::Json{io::to_json(*run.result)});
  return facts.to_json();
}

int code_of(FolderState state) {
  switch (state) {
    case FolderState::none:
      return exit_bad_input;
    case FolderState::stopped:
      return exit_stopped;
    case FolderState::failed:
    case FolderState::killed:
      return exit_failed;
    default:
      return exit_done;
  }
}

// On a terminal each text takes the place of the one before.
class Screen {
 public:
  void show(const std::string& text) {
    if (is_terminal_ && lines_ > 0) fmt::print("\x1b[{}A\x1b[J", lines_);
    fmt::print("{}", text);
    std::fflush(stdout);
    lines_ = std::count(text.begin(), text.end(), '\n');
  }

 private:
  bool is_terminal_ = ::isatty(STDOUT_FILENO) == 1;
  std::ptrdiff_t lines_ = 0;
};

int watch(const WatchArguments& arguments) {
  int ended = exit_done;
  const int code = guarded([&] {
    Screen screen;
    const auto pause = std::chrono::duration<double, std::pico>(static_cast<double>(arguments.every_ps));
    for (;;) {
      const WatchedRun run = look_at_run(arguments.output);
      screen.show(arguments.json ? json_of(run) : text_of(run));
      ended = code_of(run.state);
      const bool may_go_on = run.state == FolderState::running || run.state == FolderState::queued;
      if (arguments.once || !may_go_on) return;
      std::this_thread::sleep_for(pause);
    }
  });
  return code == exit_done ? ended : code;
}

Action add_watch_options(CLI::App& command) {
  const auto arguments = std::make_shared<WatchArguments>();
  command.add_option("OUTPUT", arguments->output, "The --output of a run")->required()->type_name("DIR");
  command.add_flag("--once", arguments->once, "Say it once, for scripts; the exit code tells the state");
  add_time(command, "--every", arguments->every_ps, "Look so often [2s]");
  add_json(command, arguments->json);
  return [arguments](const Session&) { return watch(*arguments); };
}

}  // namespace

const Command watch_command{.name = "watch",
                            .summary = "Say how far a run is, from the files it writes",
                            .add_options = add_watch_options};

}  // namespace hecaton::runs
