// What an earlier run has left in an output folder, and what a run may do about it. Called by rank 0.
//
// Invariants: nothing that has been simulated is lost, and no results of another run are replaced, unless the user has
// said so (--fresh). What this run leaves is one set (io/trace/result_set.hpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/result/summary.hpp"
#include "runs/checkpoints/find_checkpoint.hpp"

namespace hecaton::runs {

struct WantedRun {
  WantedCheckpoint of;
  std::string restart;                         // "latest", a file, or empty: from the start
  bool fresh = false;                          // what an earlier run has left may go
  bool has_operations = true;                  // whether a trace of this deck has rows, if they are recorded
  std::filesystem::path folder;                // the output folder
  std::filesystem::path checkpoints;           // a folder in it
  std::optional<std::filesystem::path> trace;  // none: no trace is wanted
  std::filesystem::path summary;               // anywhere
  std::optional<std::filesystem::path> profile;  // likewise
};

struct Beginning {
  std::optional<std::filesystem::path> checkpoint;  // to go on from
  std::optional<io::Summary> ended;  // all results of this run are there: nothing is left to do
};

// Where the run begins. With `restart` a run that has ended is not run again; one that names a file goes on from a
// later checkpoint of the output folder if there is one. With `fresh` and "latest" it goes on from the newest
// checkpoint that is its own. Throws InputError for what may not be lost or replaced; changes nothing.
Beginning find_beginning(const WantedRun& run);

// The results of this run, if all of them are there.
std::optional<io::Summary> ended(const WantedRun& run);

// Results in the output folder that this run would be mixed with: those of another deck or version, or of no run. Only
// what has the name of a result, and is no folder, goes.
void remove_other_results(const WantedRun& run);

}  // namespace hecaton::runs
