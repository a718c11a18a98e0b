// Finds the checkpoint that a run goes on from, and compares all of its content with its digests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/checkpoint/checkpoint.hpp"

namespace hecaton::runs {

// Called by rank 0: the checkpoint that `wanted` names, a file or "latest". "latest" is the newest of the folder; a
// damaged one is passed over with a warning. Nothing if the folder holds none. Throws InputError if the checkpoint
// is damaged, or of another run.
std::optional<std::filesystem::path> find_checkpoint(const std::string& wanted,
                                                     const std::filesystem::path& folder,
                                                     const io::RunIdentity& run, bool with_operations);

}  // namespace hecaton::runs
