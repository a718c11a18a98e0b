// Where a run's files go, and writing them so that a file of the final name is always complete.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace hecaton::runs {

// Makes the folders of files and tries that files can be written there, before anything is simulated. Throws
// InputError, and then leaves nothing behind.
void prepare_outputs(const std::vector<std::filesystem::path>& files);

// How many programs may write a file at the same time. What the one writer of a run's results leaves half
// written when it is killed, the next one overwrites.
enum class Writers { any, one };

// Written beside, synced, renamed. Throws std::system_error.
void write_atomically(const std::filesystem::path& path, std::string_view text,
                      Writers writers = Writers::any);

}  // namespace hecaton::runs
