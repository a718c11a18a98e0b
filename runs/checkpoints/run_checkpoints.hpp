// The checkpoints of one run: written at halts with what there is of the trace, read when the run goes on from one,
// and removed when the run has ended (checkpoint_files.hpp lists the files).
//
// Two checkpoints are kept, with the rows that they build on. The unfinished trace is replaced before each
// checkpoint, so it holds at least the rows up to the last one.
//
// A run that does not go on from a checkpoint removes those of the run before it when it begins; that they may go is
// judged before (earlier_run.hpp). One that goes on from a checkpoint elsewhere copies it into its own folder.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/files/file_lock.hpp"
#include "io/result/provenance.hpp"
#include "io/trace/stretch.hpp"
#include "runs/checkpoints/wall_clock.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::runs {

struct CheckpointOptions {
  std::filesystem::path folder;              // of the checkpoints, in the output folder
  std::filesystem::path trace;               // the final one
  bool operations = true;                    // whether their rows are recorded
  bool waits = false;                        // likewise
  bool messages = false;                     // likewise
  std::optional<WallClock::Duration> every;  // of wall time
  SimDuration every_simulated{};             // 0: none
  std::optional<WallClock::Duration> most_wall;
  std::optional<std::filesystem::path> restart;  // a sound checkpoint of this run (find_checkpoint.hpp)
  bool removes_others = false;  // at once, if it goes on: checkpoints that it does not go on from
  bool prints = true;           // a line on stderr for each checkpoint
  bool locked = false;          // on rank 0: the output folder is this run's already
};

// What checkpoints took of a run, or of this leg of it.
struct CheckpointCosts {
  std::uint64_t checkpoints = 0;
  std::uint64_t bytes = 0;  // of all of them, and of the rows that were written with them
  double seconds = 0;       // during which nothing was simulated
};

class RunCheckpoints {
 public:
  // Collective. Signals are heard from now on.
  RunCheckpoints(CheckpointOptions options, const Workload& workload, const io::Provenance& provenance,
                 engine::Requests& requests, const boost::mpi::communicator& world);

  HaltPlan plan();
  io::CheckpointReader* resume() { return resume_ ? &*resume_ : nullptr; }
  // Collective: puts the rows of all stretches before those of the last one.
  void complete(io::RunResult& result) const;
  // Rank 0, after the results are written: no checkpoint is needed any more.
  void clear() const;
  // Rank 0: a line for people; empty if there was no checkpoint.
  std::string describe_costs() const;

 private:
  // A checkpoint that is kept, and what it needs.
  struct Kept {
    std::filesystem::path file;
    std::vector<io::Stretch> stretches;
  };

  void make_folder();
  void remove_earlier_run() const;
  void remove_unfinished_trace() const;
  void adopt_restart(const io::CheckpointHead& head);
  bool at_halt(Halted& halted);
  void write(Halted& halted);
  io::Stretch record(SimTime halt, const io::RunResult& so_far);
  void remove_others() const;

  CheckpointOptions options_;
  const io::Deck& deck_;
  const io::Provenance& provenance_;
  engine::Requests& requests_;
  const boost::mpi::communicator& world_;
  io::ModelFacts facts_;
  std::optional<io::CheckpointReader> resume_;
  std::optional<WallClock> clock_;  // on rank 0
  std::vector<io::Stretch> stretches_;
  SimTime recorded_{};                         // the stretches reach up to here
  std::optional<io::LocalRecords> unwritten_;  // rows since then, if a checkpoint could not be written
  std::vector<Kept> kept_;                     // oldest first; on rank 0
  std::optional<io::FileLock> lock_;           // on rank 0, unless the folder was locked before
  CheckpointCosts costs_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hecaton::runs
