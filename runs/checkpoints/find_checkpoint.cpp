#include "runs/checkpoints/find_checkpoint.hpp"

#include <fmt/format.h>

#include <vector>

#include "io/files/input_error.hpp"
#include "io/report/message.hpp"
#include "io/report/quantity.hpp"
#include "runs/checkpoints/checkpoint_files.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

// Why a checkpoint cannot be gone on from, and what to do about it.
struct Obstacle {
  std::string why;
  std::string suggestion;
};

std::optional<Obstacle> obstacle(const io::CheckpointHead& head, const WantedCheckpoint& wanted) {
  const io::RunIdentity& run = wanted.run;
  if (head.run.version != run.version || head.run.git != run.git)
    return Obstacle{fmt::format("it was written by version {} ({}), this is {} ({})", head.run.version,
                                head.run.git, run.version, run.git),
                    "go on with the program that wrote it, or begin anew with --fresh"};
  if (head.run.deck != run.deck)
    return Obstacle{"it is of another deck",
                    "use the deck and the --set of the run that wrote it, or another --output"};
  if (head.run.way != run.way)
    return Obstacle{fmt::format("it was written with --trains {} --clocked {}",
                                head.run.way.trains ? "on" : "off", head.run.way.clocked ? "on" : "off"),
                    "use the same"};
  if (wanted.with_operations && !head.operations)
    return Obstacle{"the run before it did not record operations", "use --trace summary or --trace none"};
  if (wanted.with_waits && !head.waits)
    return Obstacle{"the run before it did not record what dies waited for", "use --trace ops"};
  if (wanted.with_messages && !head.messages)
    return Obstacle{"the run before it did not record messages", "use --trace path"};
  for (const io::Stretch& stretch : head.stretches)
    if (!is_stretch(stretch.file)) return Obstacle{"its rows are in a file of another name", ""};
  return std::nullopt;
}

std::vector<std::string> checkpoints_in(const fs::path& folder) {
  std::vector<std::string> names = checkpoint_files(folder);
  std::erase_if(names, [](const std::string& name) { return !is_checkpoint(name); });
  return names;
}

// Nothing if it is damaged.
std::optional<io::CheckpointHead> head_of(const fs::path& file) {
  try {
    return io::CheckpointReader(file).head();
  } catch (const io::InputError&) {
    return std::nullopt;
  }
}

std::optional<Obstacle> other_run(const fs::path& folder, const WantedCheckpoint& wanted) {
  for (const std::string& name : checkpoints_in(folder)) {
    const auto head = head_of(folder / name);
    if (!head) continue;
    if (auto found = obstacle(*head, wanted)) return found;
  }
  return std::nullopt;
}

[[noreturn]] void refuse_other(const fs::path& folder, const Obstacle& found) {
  throw io::InputError({folder.string()}, "", "holds a checkpoint of another run", found.why,
                       "choose another --output; --fresh removes it and begins anew");
}

}  // namespace

void verify_checkpoint(const fs::path& file, const WantedCheckpoint& wanted) {
  io::CheckpointReader reader(file);
  if (const auto found = obstacle(reader.head(), wanted))
    throw io::InputError({file.string()}, "", "cannot be gone on from", found->why, found->suggestion);
  reader.verify();
}

std::optional<fs::path> latest_checkpoint(const fs::path& folder, const WantedCheckpoint& wanted,
                                          OthersCheckpoints others) {
  const std::vector<std::string> names = checkpoints_in(folder);
  bool is_damaged = false;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const fs::path path = folder / *name;
    try {
      io::CheckpointReader reader(path);
      if (others == OthersCheckpoints::are_passed_over && obstacle(reader.head(), wanted)) continue;
      reader.verify();
    } catch (const io::InputError& error) {
      is_damaged = true;
      io::print_warning(std::string(error.what()) + "; looking for the one before it");
      continue;
    }
    verify_checkpoint(path, wanted);
    return path;
  }
  if (!is_damaged || others == OthersCheckpoints::are_passed_over) return std::nullopt;
  throw io::InputError({folder.string()}, "", "holds no checkpoint to go on from", "each of them is damaged",
                       "begin anew with --fresh");
}

void expect_no_checkpoint(const fs::path& folder, const WantedCheckpoint& wanted) {
  const std::vector<std::string> names = checkpoints_in(folder);
  if (names.empty()) return;
  const auto head = head_of(folder / names.back());
  if (!head)
    throw io::InputError(
        {folder.string()}, "", "holds checkpoints",
        "the newest is damaged; without --restart all would be lost",
        "--restart latest goes on from the one before it; --fresh removes them and begins anew");
  if (const auto found = obstacle(*head, wanted)) refuse_other(folder, *found);
  throw io::InputError({folder.string()}, "", "holds a checkpoint of this run",
                       fmt::format("at {} of simulated time, which would be lost",
                                   io::format_si(static_cast<double>(head->halt.ps) * 1e-12, "s")),
                       "--restart latest goes on from it; --fresh removes it and begins anew");
}

void expect_no_other_run(const fs::path& folder, const WantedCheckpoint& wanted) {
  if (const auto found = other_run(folder, wanted)) refuse_other(folder, *found);
}

bool has_other_run(const fs::path& folder, const WantedCheckpoint& wanted) {
  return other_run(folder, wanted).has_value();
}

}  // namespace hecaton::runs
