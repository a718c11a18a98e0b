#include "runs/checkpoints/run_checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "io/files/atomic_file.hpp"
#include "io/files/durable_file.hpp"
#include "io/files/shared_failure.hpp"
#include "io/report/message.hpp"
#include "io/report/quantity.hpp"
#include "runs/checkpoints/checkpoint_files.hpp"
#include "runs/checkpoints/output_lock.hpp"
#include "runs/checkpoints/signals.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kept_checkpoints = 2;

std::string simulated(SimTime time) {
  return io::format_si(static_cast<double>(time.ps) * 1e-12, "s");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::optional<WallClock::Time> end_of(const std::optional<WallClock::Duration>& most_wall) {
  if (!most_wall) return std::nullopt;
  const auto margin = std::min<WallClock::Duration>(*most_wall / 20, std::chrono::seconds(60));
  return std::chrono::steady_clock::now() + *most_wall - margin;
}

void remove_file(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error)
    throw std::runtime_error(fmt::format("{}: cannot be removed: {}", path.string(), error.message()));
}

void copy_whole(const fs::path& from, const fs::path& to) {
  io::AtomicFile file(to);
  fs::copy_file(from, file.temporary(), fs::copy_options::overwrite_existing);
  file.publish();
}

}  // namespace

RunCheckpoints::RunCheckpoints(CheckpointOptions options, const Workload& workload,
                               const io::Provenance& provenance, engine::Requests& requests,
                               const boost::mpi::communicator& world)
    : options_(std::move(options)),
      deck_(workload.deck()),
      provenance_(provenance),
      requests_(requests),
      world_(world),
      facts_(model_facts(workload)) {
  if (world.rank() == 0) clock_.emplace(requests, options_.every, end_of(options_.most_wall));
  io::on_root(world, [&] {
    if (!options_.restart) remove_earlier_run();
    if (options_.restart && !options_.operations) remove_unfinished_trace();
  });
  if (!options_.restart) return;
  io::together(world, [&] { resume_.emplace(*options_.restart); });
  const io::CheckpointHead& head = resume_->head();
  recorded_ = head.halt;
  if (options_.operations) stretches_ = head.stretches;
  if (world.rank() == 0 && options_.prints)
    io::print_notice(fmt::format("goes on from {}, at {} of simulated time", options_.restart->string(),
                                 simulated(head.halt)));
  adopt_restart(head);
}

// Synced, so that what is in it has a name after a crash of the host.
void RunCheckpoints::make_folder() {
  if (fs::create_directories(options_.folder)) io::sync_name(options_.folder);
  if (!options_.locked && !lock_) lock_ = lock_output(options_.folder.parent_path());
}

// Removes rows that this run does not build on, after the unfinished trace that shows them.
void RunCheckpoints::remove_earlier_run() const {
  const std::vector<std::string> names = checkpoint_files(options_.folder);
  if (options_.prints && std::any_of(names.begin(), names.end(), is_checkpoint))
    io::print_notice("begins anew; removes the checkpoints of an earlier run from " +
                     options_.folder.string());
  remove_unfinished_trace();
  for (const std::string& name : names) remove_file(options_.folder / name);
}

// It shows rows that will go: those of another run, or of this one if no more are recorded.
void RunCheckpoints::remove_unfinished_trace() const {
  const std::vector<std::string> names = checkpoint_files(options_.folder);
  if (std::any_of(names.begin(), names.end(), is_stretch)) remove_file(options_.trace);
}

// What the checkpoint builds on has to be where the next one will look for it.
void RunCheckpoints::adopt_restart(const io::CheckpointHead& head) {
  fs::path from = options_.restart->parent_path();
  if (from.empty()) from = ".";
  io::on_root(world_, [&] {
    make_folder();
    if (fs::equivalent(from, options_.folder)) {
      kept_.push_back({options_.folder / options_.restart->filename(), head.stretches});
      return;
    }
    for (const io::Stretch& stretch : head.stretches)
      copy_whole(from / stretch.file, options_.folder / stretch.file);
    const fs::path copy = options_.folder / checkpoint_name(head.halt);
    copy_whole(*options_.restart, copy);
    kept_.push_back({copy, head.stretches});
  });
  io::on_root(world_, [&] {
    if (options_.removes_others) remove_others();
  });
}

HaltPlan RunCheckpoints::plan() {
  return {options_.every_simulated, &requests_, [this](Halted& halted) { return at_halt(halted); }};
}

bool RunCheckpoints::at_halt(Halted& halted) {
  const bool stop = (halted.halt.requests & ask_stop) != 0;
  if (unwritten_) {
    io::put_before(std::move(*unwritten_), halted.so_far.local);
    unwritten_.reset();
  }
  try {
    write(halted);
  } catch (const std::runtime_error& error) {
    if (stop) throw;
    if (world_.rank() == 0)
      io::print_warning(fmt::format("no checkpoint: {}; the run goes on", error.what()));
    unwritten_ = std::move(halted.so_far.local);
  }
  if (clock_) clock_->checkpoint_done();
  return !stop;
}

void RunCheckpoints::write(Halted& halted) {
  const SimTime halt = halted.halt.at;
  const std::uint32_t bins = std::exchange(halted.so_far.local.bins, {}).grid.count;
  halted.so_far.local.channels.clear();  // with the bins: the state has both, and each stretch would too
  const bool stalls = std::exchange(halted.so_far.local.keeps_stalls, false);  // likewise
  io::on_root(world_, [&] { make_folder(); });
  std::vector<io::Stretch> stretches = stretches_;
  if (options_.operations) stretches.push_back(record(halt, halted.so_far));

  io::CheckpointHead head;
  head.run = io::identity_of(deck_.resolved_toml, {deck_.network.trains, deck_.network.clocked});
  head.halt = halt;
  for (const io::RankAccounting& rank : halted.so_far.accounting) head.events += rank.events;
  head.operations = options_.operations;
  head.waits = options_.waits;
  head.messages = options_.messages;
  head.stalls = stalls;
  head.bins = bins;
  head.stretches = stretches;
  const fs::path file = options_.folder / checkpoint_name(halt);
  if (options_.operations)
    io::on_root(world_, [&] { io::write_unfinished_trace(options_.trace, options_.folder, stretches); });
  const std::uint64_t bytes = io::write_checkpoint(file, head, halted.state, world_);

  stretches_ = stretches;
  recorded_ = halt;
  std::erase_if(kept_, [&](const Kept& kept) { return kept.file == file; });
  kept_.push_back({file, stretches});
  if (kept_.size() > kept_checkpoints) kept_.erase(kept_.begin());
  if (world_.rank() != 0) return;
  remove_others();
  const double seconds = seconds_since(halted.since);
  costs_.checkpoints += 1;
  costs_.bytes += bytes + (options_.operations ? stretches.back().bytes : 0);
  costs_.seconds += seconds;
  if (options_.prints)
    io::print_notice(fmt::format("checkpoint at {} of simulated time: {} in {}", simulated(halt),
                                 io::format_si(static_cast<double>(bytes), "B"),
                                 io::format_duration(seconds)));
}

std::string RunCheckpoints::describe_costs() const {
  if (costs_.checkpoints == 0) return {};
  return fmt::format("{} checkpoint{}: {} written, {}, {:.2f} % of the time", costs_.checkpoints,
                     costs_.checkpoints == 1 ? "" : "s",
                     io::format_si(static_cast<double>(costs_.bytes), "B"),
                     io::format_duration(costs_.seconds), 100 * costs_.seconds / seconds_since(start_));
}

io::Stretch RunCheckpoints::record(SimTime halt, const io::RunResult& so_far) {
  const io::Summary summary = io::make_summary(deck_, so_far, facts_, world_);
  return io::write_stretch(options_.folder, recorded_, halt, deck_, so_far, summary, provenance_, world_);
}

// A file that cannot be removed is in nobody's way.
void RunCheckpoints::remove_others() const {
  std::set<std::string> needed;
  for (const Kept& kept : kept_) {
    needed.insert(kept.file.filename());
    for (const io::Stretch& stretch : kept.stretches) needed.insert(stretch.file);
  }
  std::error_code ignored;
  for (const std::string& name : checkpoint_files(options_.folder))
    if (!needed.contains(name)) fs::remove(options_.folder / name, ignored);
}

void RunCheckpoints::complete(io::RunResult& result) const {
  if (unwritten_) io::put_before(*unwritten_, result.local);
  io::add_stretches(result.local, options_.folder, stretches_, world_);
  if (options_.waits) return;
  result.local.waits.clear();  // of a run before this one that recorded them
  result.local.waits_per_die.assign(result.local.dies.size(), 0);
}

void RunCheckpoints::clear() const {
  clear_checkpoints(options_.folder);
}

}  // namespace hecaton::runs
