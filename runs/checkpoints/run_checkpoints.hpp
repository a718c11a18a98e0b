// Keeps a run: writes its checkpoints and what there is of its trace, finds the checkpoint to go on from, and
// removes all that when the run has ended.
//
// In the folder OUTPUT/checkpoints:
//   checkpoint-HALT.hck       the state at a halt (io/checkpoint.hpp), named by its picoseconds; two are kept
//   operations-FROM-TO.h5     rows of the trace between two of them (io/trace_stretch.hpp)
// The trace itself is replaced before each checkpoint, so it holds at least the rows up to the last one.
//
// A run that does not go on from a checkpoint removes those of the run before it when it begins: a restart
// could not tell them from its own, and rows of one run are no part of another.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/result/provenance.hpp"
#include "io/trace/stretch.hpp"
#include "runs/checkpoints/folder_claim.hpp"
#include "runs/checkpoints/signals.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::runs {

struct KeepOptions {
  std::filesystem::path folder;          // of the checkpoints
  std::filesystem::path trace;           // the final one
  bool operations = true;                // whether their rows are recorded
  std::optional<Clock::Duration> every;  // of wall time
  SimDuration every_simulated{};         // 0: none
  std::optional<Clock::Duration> most_wall;
  std::optional<std::filesystem::path> restart;  // a checkpoint that find_checkpoint() has found
  bool tells = true;                             // a line on stderr for each checkpoint
  bool claimed = false;                          // on rank 0: the folder is this run's already
};

// Rank 0: the checkpoint that `wanted` names, its content compared with its digests: a file, or "latest" of
// the folder, then a damaged one is passed over with a word. Nothing if there is no "latest". Throws
// InputError if it is damaged, or of another run.
std::optional<std::filesystem::path> find_checkpoint(const std::string& wanted,
                                                     const std::filesystem::path& folder,
                                                     const io::RunIdentity& run, bool with_operations);

// What checkpoints took of a run, or of this leg of it.
struct KeepCosts {
  std::uint64_t checkpoints = 0;
  std::uint64_t bytes = 0;  // of all of them, and of the rows that were written with them
  double seconds = 0;       // during which nothing was simulated
};

class Keeper {
 public:
  // Collective. Signals are heard from now on.
  Keeper(KeepOptions options, const Workload& workload, const io::Provenance& provenance,
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
  void begin_anew() const;
  void bring_home(const io::CheckpointHead& head);
  bool at_halt(Halted& halted);
  void keep(Halted& halted);
  io::Stretch record(SimTime halt, const io::RunResult& so_far);
  void remove_others() const;

  KeepOptions options_;
  const io::Deck& deck_;
  const io::Provenance& provenance_;
  engine::Requests& requests_;
  const boost::mpi::communicator& world_;
  io::ModelFacts facts_;
  std::optional<io::CheckpointReader> resume_;
  std::optional<Clock> clock_;  // on rank 0
  std::vector<io::Stretch> stretches_;
  SimTime recorded_{};                      // the stretches reach up to here
  std::optional<io::LocalRecords> unkept_;  // rows since then, if a checkpoint could not be written
  std::vector<Kept> kept_;                  // oldest first; on rank 0
  std::optional<FolderClaim> claim_;        // on rank 0, unless the folder was claimed before
  KeepCosts costs_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hecaton::runs
