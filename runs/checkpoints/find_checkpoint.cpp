#include "runs/checkpoints/find_checkpoint.hpp"

#include <fmt/format.h>

#include <vector>

#include "io/files/input_error.hpp"
#include "io/report/message.hpp"
#include "runs/checkpoints/checkpoint_files.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

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
  for (const io::Stretch& stretch : head.stretches)
    if (!is_stretch(stretch.file)) refuse(path, "its rows are in a file of another name", "");
}

void verify(const fs::path& path, const io::RunIdentity& run, bool with_operations) {
  io::CheckpointReader reader(path);
  expect_same_run(path, reader.head(), run, with_operations);
  reader.verify();
}

std::optional<fs::path> latest(const fs::path& folder, const io::RunIdentity& run, bool with_operations) {
  std::vector<std::string> names = checkpoint_files(folder);
  std::erase_if(names, [](const std::string& name) { return !is_checkpoint(name); });
  std::string damage;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const fs::path path = folder / *name;
    try {
      io::CheckpointReader(path).verify();
    } catch (const io::InputError& error) {
      damage = error.what();
      io::print_warning(damage + "; looking for the one before it");
      continue;
    }
    verify(path, run, with_operations);
    return path;
  }
  if (damage.empty()) return std::nullopt;
  throw io::InputError({folder.string()}, "", "holds no checkpoint to go on from", "each of them is damaged",
                       "begin anew without --restart");
}

}  // namespace

std::optional<fs::path> find_checkpoint(const std::string& wanted, const fs::path& folder,
                                        const io::RunIdentity& run, bool with_operations) {
  if (wanted != "latest") {
    verify(wanted, run, with_operations);
    return fs::path(wanted);
  }
  const auto found = latest(folder, run, with_operations);
  if (!found) io::print_notice("no checkpoint in " + folder.string() + ": the run begins at its start");
  return found;
}

}  // namespace hecaton::runs
