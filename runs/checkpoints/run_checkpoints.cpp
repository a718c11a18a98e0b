#include "runs/checkpoints/run_checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <chrono>
#include <cstdio>
#include <set>

#include "io/files/durable_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/shared_failure.hpp"
#include "io/report/quantity.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kept_checkpoints = 2;
constexpr std::string_view checkpoint_start = "checkpoint-";
constexpr std::string_view checkpoint_end = ".hck";
constexpr std::string_view stretch_start = "operations-";

std::string checkpoint_name(SimTime halt) {
  return fmt::format("{}{:019}{}", checkpoint_start, halt.ps, checkpoint_end);
}
bool is_checkpoint(const std::string& name) {
  return name.starts_with(checkpoint_start) && name.ends_with(checkpoint_end);
}
// What a run may leave in the folder, half written or not.
bool is_ours(const std::string& name) {
  return name.starts_with(checkpoint_start) || name.starts_with(stretch_start);
}

std::string simulated(SimTime time) {
  return io::format_si(static_cast<double>(time.ps) * 1e-12, "s");
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code none;  // no such folder: nothing in it
  for (const auto& entry : fs::directory_iterator(folder, none)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void tell(std::string_view message) {
  fmt::print(stderr, "hecaton: {}\n", message);
  std::fflush(stderr);
}

[[noreturn]] void refuse(const fs::path& checkpoint, const std::string& why, const std::string& suggestion) {
  throw io::InputError({checkpoint.string()}, "", "cannot be gone on from", why, suggestion);
}

void expect_same_run(const fs::path& path, const io::CheckpointHead& head, const io::RunIdentity& run,
                     bool with_operations) {
  if (head.run.version != run.version || head.run.git != run.git)
    refuse(path,
           fmt::format("it was written by version {} ({}), this is {} ({})", head.run.version, head.run.git,
                       run.version, run.git),
           "go on with the program that wrote it, or begin anew without --restart");
  if (head.run.deck != run.deck)
    refuse(path, "it is of another deck", "use the deck and the --set of the run that wrote it");
  if (head.run.way != run.way)
    refuse(path,
           fmt::format("it was written with --trains {} --clocked {}", head.run.way.trains ? "on" : "off",
                       head.run.way.clocked ? "on" : "off"),
           "use the same");
  if (with_operations && !head.operations)
    refuse(path, "the run before it did not record operations", "use --trace summary or --trace none");
}

void verify(const fs::path& path, const io::RunIdentity& run, bool with_operations) {
  io::CheckpointReader reader(path);
  expect_same_run(path, reader.head(), run, with_operations);
  reader.verify();
}

std::optional<fs::path> latest(const fs::path& folder, const io::RunIdentity& run, bool with_operations) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [](const std::string& name) { return !is_checkpoint(name); });
  std::string damage;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const fs::path path = folder / *name;
    try {
      io::CheckpointReader(path).verify();
    } catch (const io::InputError& error) {
      damage = error.what();
      tell("warning: " + damage + "; looking for the one before it");
      continue;
    }
    verify(path, run, with_operations);
    return path;
  }
  if (damage.empty()) return std::nullopt;
  throw io::InputError({folder.string()}, "", "holds no checkpoint to go on from", "each of them is damaged",
                       "begin anew without --restart");
}

std::optional<Clock::Time> end_of(const std::optional<Clock::Duration>& most_wall) {
  if (!most_wall) return std::nullopt;
  const auto margin = std::min<Clock::Duration>(*most_wall / 20, std::chrono::seconds(60));
  return std::chrono::steady_clock::now() + *most_wall - margin;
}

}  // namespace

std::optional<fs::path> find_checkpoint(const std::string& wanted, const fs::path& folder,
                                        const io::RunIdentity& run, bool with_operations) {
  if (wanted != "latest") {
    verify(wanted, run, with_operations);
    return fs::path(wanted);
  }
  const auto found = latest(folder, run, with_operations);
  if (!found) tell("no checkpoint in " + folder.string() + ": the run begins at its start");
  return found;
}

Keeper::Keeper(KeepOptions options, const Workload& workload, const io::Provenance& provenance,
               engine::Requests& requests, const boost::mpi::communicator& world)
    : options_(std::move(options)),
      deck_(workload.deck()),
      provenance_(provenance),
      requests_(requests),
      world_(world),
      facts_(model_facts(workload)) {
  if (world.rank() == 0) clock_.emplace(requests, options_.every, end_of(options_.most_wall));
  if (!options_.restart || !options_.operations) io::on_root(world, [&] { begin_anew(); });
  if (!options_.restart) return;
  io::together(world, [&] { resume_.emplace(*options_.restart); });
  const io::CheckpointHead& head = resume_->head();
  recorded_ = head.halt;
  if (options_.operations) stretches_ = head.stretches;
  if (world.rank() == 0 && options_.tells)
    tell(fmt::format("goes on from {}, at {} of simulated time", options_.restart->string(),
                     simulated(head.halt)));
  bring_home(head);
}

// Synced, so that what is in it has a name after a crash of the host.
void Keeper::make_folder() {
  if (fs::create_directories(options_.folder)) io::sync_name(options_.folder);
  if (!options_.claimed && !claim_) claim_ = FolderClaim::take(options_.folder, {});
}

// Rows that this run does not build on go, but first the unfinished trace that shows them.
void Keeper::begin_anew() const {
  std::vector<std::string> names = names_in(options_.folder);
  std::erase_if(names, [&](const std::string& name) {
    return !is_ours(name) || (options_.restart && !name.starts_with(stretch_start));
  });
  if (names.empty()) return;
  if (options_.tells && std::any_of(names.begin(), names.end(), is_checkpoint))
    tell("begins anew; removes the checkpoints of an earlier run from " + options_.folder.string());
  const auto is_stretch = [](const std::string& name) { return name.starts_with(stretch_start); };
  if (std::any_of(names.begin(), names.end(), is_stretch)) fs::remove(options_.trace);
  for (const std::string& name : names) fs::remove(options_.folder / name);
}

// What the checkpoint builds on has to be where the next one will look for it.
void Keeper::bring_home(const io::CheckpointHead& head) {
  fs::path from = options_.restart->parent_path();
  if (from.empty()) from = ".";
  io::on_root(world_, [&] {
    make_folder();
    if (fs::equivalent(from, options_.folder)) {
      kept_.push_back({options_.folder / options_.restart->filename(), head.stretches});
      return;
    }
    for (const io::Stretch& stretch : stretches_)
      fs::copy_file(from / stretch.file, options_.folder / stretch.file,
                    fs::copy_options::overwrite_existing);
  });
}

HaltPlan Keeper::plan() {
  return {options_.every_simulated, &requests_, [this](Halted& halted) { return at_halt(halted); }};
}

bool Keeper::at_halt(Halted& halted) {
  const bool stop = (halted.halt.requests & ask_stop) != 0;
  if (unkept_) {
    io::append_rows(*unkept_, halted.so_far.local);
    halted.so_far.local.operations = std::move(unkept_->operations);
    halted.so_far.local.operations_per_die = std::move(unkept_->operations_per_die);
    unkept_.reset();
  }
  try {
    keep(halted);
  } catch (const std::runtime_error& error) {
    if (stop) throw;
    if (world_.rank() == 0) tell(fmt::format("warning: no checkpoint: {}; the run goes on", error.what()));
    unkept_ = std::move(halted.so_far.local);
  }
  if (clock_) clock_->checkpoint_done();
  return !stop;
}

void Keeper::keep(Halted& halted) {
  const SimTime halt = halted.halt.at;
  io::on_root(world_, [&] { make_folder(); });
  std::vector<io::Stretch> stretches = stretches_;
  if (options_.operations) stretches.push_back(record(halt, halted.so_far));

  io::CheckpointHead head;
  head.run = io::identity_of(deck_.resolved_toml, {deck_.network.trains, deck_.network.clocked});
  head.halt = halt;
  for (const io::RankAccounting& rank : halted.so_far.accounting) head.events += rank.events;
  head.operations = options_.operations;
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
  if (options_.tells)
    tell(fmt::format("checkpoint at {} of simulated time: {} in {}", simulated(halt),
                     io::format_si(static_cast<double>(bytes), "B"), io::format_duration(seconds)));
}

std::string Keeper::describe_costs() const {
  if (costs_.checkpoints == 0) return {};
  return fmt::format("{} checkpoint{}: {} written, {}, {:.2f} % of the time", costs_.checkpoints,
                     costs_.checkpoints == 1 ? "" : "s",
                     io::format_si(static_cast<double>(costs_.bytes), "B"),
                     io::format_duration(costs_.seconds), 100 * costs_.seconds / seconds_since(start_));
}

io::Stretch Keeper::record(SimTime halt, const io::RunResult& so_far) {
  const io::Summary summary = io::make_summary(deck_, so_far, facts_, world_);
  return io::write_stretch(options_.folder, recorded_, halt, deck_, so_far, summary, provenance_, world_);
}

// A file that cannot be removed is in nobody's way.
void Keeper::remove_others() const {
  std::set<std::string> needed;
  for (const Kept& kept : kept_) {
    needed.insert(kept.file.filename());
    for (const io::Stretch& stretch : kept.stretches) needed.insert(stretch.file);
  }
  std::error_code ignored;
  for (const std::string& name : names_in(options_.folder))
    if (is_ours(name) && !needed.contains(name)) fs::remove(options_.folder / name, ignored);
}

void Keeper::complete(io::RunResult& result) const {
  if (unkept_) {
    io::LocalRecords rows = *unkept_;
    io::append_rows(rows, result.local);
    result.local.operations = std::move(rows.operations);
    result.local.operations_per_die = std::move(rows.operations_per_die);
  }
  io::add_stretches(result.local, options_.folder, stretches_, world_);
}

void Keeper::clear() const {
  std::error_code ignored;
  for (const std::string& name : names_in(options_.folder))
    if (is_ours(name)) fs::remove(options_.folder / name, ignored);
  fs::remove(options_.folder, ignored);  // if nothing else is in it
}

}  // namespace hecaton::runs
