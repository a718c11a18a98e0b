// An output folder belongs to one run at a time: two would remove each other's checkpoints and replace each
// other's results. The lock is a file in the folder (io/files/file_lock.hpp) that goes when the run ends.
#pragma once

#include <filesystem>
#include <optional>

#include "io/files/file_lock.hpp"

namespace hecaton::runs {

inline constexpr const char* output_lock_name = ".lock";

// The lock of a folder; nothing if there is no such folder, or if nobody can write there. Waits a few seconds for
// another run to end, two minutes if that is on another host. Throws InputError, with that run's host and process, if
// it does not end. Warns where the file system has no locks.
std::optional<io::FileLock> lock_output(const std::filesystem::path& folder);

// Throws InputError if another run holds the lock now.
void expect_unlocked(const std::filesystem::path& folder);

}  // namespace hecaton::runs
