// Where a run writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runs/cli/output_files.hpp"

namespace hecaton::runs {

// As the command line says it.
struct OutputArguments {
  std::string output;   // folder; empty: out/<deck>
  std::string summary;  // file; empty: summary.json in the folder
  std::string profile;  // file; empty: none
};

struct OutputPaths {
  std::filesystem::path folder;
  std::optional<std::filesystem::path> trace;  // none: no trace is wanted
  std::filesystem::path summary;
  std::optional<std::filesystem::path> profile;
  std::filesystem::path checkpoints;       // a folder
  std::filesystem::path unfinished_trace;  // where a run with checkpoints shows what it has so far
};
OutputPaths output_paths(const OutputArguments& arguments, const std::filesystem::path& deck, bool has_trace);

// What the run leaves.
std::vector<std::filesystem::path> files_of(const OutputPaths& paths);

// Before anything is opened for writing: `read` and what is written are different files. The trace has its place also
// where none is wanted: an unfinished one of an earlier run is removed. Throws InputError.
void expect_distinct_files(const OutputArguments& arguments, const OutputPaths& paths,
                           const std::vector<NamedFile>& read);

void print_files(const OutputPaths& paths);

// What killed runs have left of the files in the output folder, which is this run's alone.
void remove_unfinished(const OutputPaths& paths);

}  // namespace hecaton::runs
