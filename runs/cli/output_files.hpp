// Where a run's files go, and writing them so that a file of the final name is always complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

struct OutputPaths {
  std::optional<std::filesystem::path> trace;  // none: no trace is wanted
  std::filesystem::path summary;
  std::optional<std::filesystem::path> profile;
  std::filesystem::path checkpoints = {};       // a folder
  std::filesystem::path unfinished_trace = {};  // where a run with checkpoints shows what it has so far
};

OutputPaths output_paths(const RunArguments& arguments);

// Makes the folders and tries that files can be written there, before anything is simulated. Throws
// InputError, and then leaves nothing behind.
void prepare_outputs(const OutputPaths& paths);

// How many programs may write a file at the same time. What the one writer of a run's results leaves half
// written when it is killed, the next one overwrites.
enum class Writers { any, one };

// Written beside, synced, renamed. Throws std::system_error.
void write_atomically(const std::filesystem::path& path, std::string_view text,
                      Writers writers = Writers::any);

}  // namespace hecaton::runs
