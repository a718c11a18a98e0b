// A study as files: its points, the folder of each, which are finished, and the table of those that are.
//
//   OUTPUT/points/<name>/<name>.toml   the resolved deck of the point
//                        summary.json  there when the point is finished
//                        trace.h5      beside it, if the study asks for traces
//                        log           what its runs have printed
//   OUTPUT/table.csv, table.h5         one row per finished point
//   OUTPUT/submissions/<n>/            what was handed to Slurm (slurm.hpp)
//
// The name of a point is a fingerprint of its resolved deck. A study that grows keeps what is finished, wherever its
// points stand in the text; a point whose deck has changed is another point.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/deck/registry.hpp"
#include "io/files/file_lock.hpp"
#include "io/study/study.hpp"

namespace hecaton::runs {

struct SweepPoint {
  std::string name;
  std::string deck_text;          // resolved
  std::vector<io::Value> values;  // of the study's keys
};

struct Sweep {
  io::Study study;
  std::filesystem::path output;    // absolute
  std::vector<SweepPoint> points;  // in the order of the study; equal decks have equal names
};

// Reads a study and checks every point as a run of it would be checked. An empty `output` stands for
// out/<study>. Throws InputError; writes nothing.
Sweep load_sweep(const std::filesystem::path& study, std::filesystem::path output);

std::filesystem::path folder_of(const Sweep& sweep, const std::string& point);

// Whether its summary is complete, and of this deck, version and commit.
bool is_finished(const Sweep& sweep, const std::string& point);
// Whether it was ever started.
bool has_log(const Sweep& sweep, const std::string& point);
// The names of the points that are not finished, each once, in the order of the study.
std::vector<std::string> unfinished_points(const Sweep& sweep);

// Makes the folder that a run of the point needs. The summary of an earlier run is removed.
void prepare_point(const Sweep& sweep, const SweepPoint& point);
const SweepPoint& find_point(const Sweep& sweep, const std::string& name);
// The arguments of `hecaton` that run the point.
std::vector<std::string> run_words(const Sweep& sweep, const std::string& point);

// "package.rows=4 collective.bytes=1024"
std::string describe(const Sweep& sweep, const SweepPoint& point);

// Writes both tables of what is finished and returns the number of rows; no files if there are none.
std::size_t write_tables(const Sweep& sweep);

inline constexpr const char* sweep_lock_name = ".lock";

// To be held while points are run or submitted, so that two calls do not do the same work. Throws InputError if
// another process holds it, or if the folder cannot be written.
io::FileLock lock_sweep(const std::filesystem::path& output);

}  // namespace hecaton::runs
