// Finds the checkpoint that a run goes on from, and compares all of its content with its digests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/checkpoint/checkpoint.hpp"

namespace hecaton::runs {

// What a checkpoint has to be of.
struct WantedCheckpoint {
  io::RunIdentity run;
  bool with_operations = true;
  bool with_waits = false;
  bool with_messages = false;
};

// Throws InputError if the checkpoint is damaged, or of another run.
void verify_checkpoint(const std::filesystem::path& file, const WantedCheckpoint& wanted);

// The newest sound checkpoint of a folder that is of this run; a damaged one is passed over with a warning. One of
// another run is an InputError, or is passed over too (`others`). Nothing if there is none; but if all of those there
// are damaged, and others are not passed over, an InputError.
enum class OthersCheckpoints : std::uint8_t { are_refused, are_passed_over };
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder,
                                                       const WantedCheckpoint& wanted,
                                                       OthersCheckpoints others);

// Throws InputError if there are checkpoints in the folder: with what has to be said for a run that would lose them.
void expect_no_checkpoint(const std::filesystem::path& folder, const WantedCheckpoint& wanted);
// Likewise, but only for those of other runs.
void expect_no_other_run(const std::filesystem::path& folder, const WantedCheckpoint& wanted);
bool has_other_run(const std::filesystem::path& folder, const WantedCheckpoint& wanted);

}  // namespace hecaton::runs
