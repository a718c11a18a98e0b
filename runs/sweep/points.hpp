// A study as files: its points, the folder of each, which are finished, and the table of those that are.
//
//   OUTPUT/points/<name>/<name>.toml   the resolved deck of the point
//                        summary.json  there when the point is finished
//                        trace.h5      beside it, if the study asks for traces
//                        checkpoints/  of a run of it that has not ended
//                        words         of the `hecaton` that runs it, each with a 0 at its end
//                        log           what its runs have printed
//                        end           how its last run ended, if not well: a word of PointEnd and an exit code
//   OUTPUT/table.csv, table.h5         one row per finished point, and per infeasible one that is skipped
//   OUTPUT/submissions/<n>/            what was handed to Slurm (slurm.hpp)
//
// The name of a point is a fingerprint of its resolved deck. A study that grows keeps what is finished, wherever its
// points stand in the text; a point whose deck has changed is another point.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/deck/registry.hpp"
#include "io/files/file_lock.hpp"
#include "io/result/summary.hpp"
#include "io/study/study.hpp"

namespace hecaton::runs {

struct SweepPoint {
  std::string name;
  std::string deck_text;          // resolved
  std::vector<io::Value> values;  // of the study's keys
  double events = 0;              // that its run is expected to process
  bool is_sampled = false;        // then it has no checkpoints
};

// A point that no run accepts.
struct InfeasiblePoint {
  std::size_t index = 0;  // in the study
  std::string reason;     // one line, with the values of the point
};

struct Sweep {
  io::Study study;
  std::filesystem::path output;             // absolute
  std::vector<SweepPoint> points;           // in the order of the study; equal decks have equal names
  std::vector<InfeasiblePoint> infeasible;  // likewise

  std::size_t size() const { return points.size() + infeasible.size(); }
};

// Reads a study and checks every point as a run of it would be checked. An empty `output` stands for
// out/<study>. Throws InputError for a study that is wrong as a whole; writes nothing.
Sweep load_sweep(const std::filesystem::path& study, std::filesystem::path output);

// One point of a study, checked as a run of it would be. Throws InputError.
SweepPoint sweep_point(const io::Study& study, std::size_t index);

std::filesystem::path folder_of(const Sweep& sweep, const std::string& point);
std::filesystem::path log_of(const Sweep& sweep, const std::string& point);

// Its summary, if that is complete, and of this deck, version and commit.
std::optional<io::Summary> finished_summary(const Sweep& sweep, const SweepPoint& point);
bool is_finished(const Sweep& sweep, const SweepPoint& point);
// Rows of the study that are: points with equal decks count each.
std::size_t count_finished(const Sweep& sweep);
// Whether it was ever started.
bool has_log(const Sweep& sweep, const std::string& point);

// How the last run of an unfinished point ended.
enum class PointEnd : std::uint8_t {
  failed,     // by itself, with an error
  cancelled,  // its Slurm job was ended
  stopped     // with the sweep that ran it, or without a word: killed with its host, or running now
};
constexpr auto enum_names(std::type_identity<PointEnd>) {
  using enum PointEnd;
  return named<PointEnd>({{failed, "failed"}, {cancelled, "cancelled"}, {stopped, "stopped"}});
}
void note_end(const Sweep& sweep, const std::string& point, PointEnd end, int code);
PointEnd noted_end(const Sweep& sweep, const std::string& point);

// The names of the points that are not finished, each once, in the order of the study.
std::vector<std::string> unfinished_points(const Sweep& sweep);

// Makes the folder that a run of the point needs. The summary of an earlier run is removed. Throws io::LockHeld, and
// writes nothing, if a run of the point lives there; std::runtime_error, with what stands in the way.
void prepare_point(const Sweep& sweep, const SweepPoint& point);
const SweepPoint& find_point(const Sweep& sweep, const std::string& name);
// The arguments of `hecaton` that run the point, on from its newest checkpoint.
std::vector<std::string> run_words(const Sweep& sweep, const SweepPoint& point);

// "package.rows=4 collective.bytes=1024"
std::string describe(const Sweep& sweep, const SweepPoint& point);

// Writes both tables of what is finished or infeasible; returns false and writes no files if there is nothing.
bool write_tables(const Sweep& sweep);

inline constexpr const char* sweep_lock_name = ".lock";

// To be held while points are run or submitted, so that two calls do not do the same work. Throws InputError if
// another process holds it, or if the folder cannot be written.
io::FileLock lock_sweep(const std::filesystem::path& output);

}  // namespace hecaton::runs
