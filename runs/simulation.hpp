// The wiring of a run: deck -> plan -> package -> regions -> engine -> results. The commands use this header
// only.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/halt.hpp"
#include "core/training/method.hpp"
#include "io/checkpoint.hpp"
#include "io/deck.hpp"
#include "io/result.hpp"
#include "io/summary.hpp"
#include "net/package_model.hpp"
#include "runs/undisturbed.hpp"
#include "runs/workload.hpp"

namespace hecaton::runs {

struct Progress {
  double simulated_s = 0;
  std::uint64_t events = 0;  // of this rank
  double fraction = -1;      // of this rank's work, 0 .. 1; negative: unknown
};

// A run that halts: everything there is of it, on this rank.
struct Halted {
  engine::Halt halt;
  std::vector<io::NodeState> state;
  // What has come of it since the last halt: all counters, but only the rows that are new. Its accounting is
  // of the whole run so far, its simulated time that of the halt.
  io::RunResult so_far;
  std::chrono::steady_clock::time_point since = {};  // when this rank had nothing left to do before the halt
};

// Where a run halts, and what is done then; all ranks have the same, requests apart.
struct HaltPlan {
  SimDuration every{};                   // of simulated time; 0: only on request
  engine::Requests* requests = nullptr;  // null: nobody asks
  // Collective: false ends the run here.
  std::function<bool(Halted&)> at_halt;
};

struct RunOptions {
  std::string partition = "block";
  std::string sync = "auto";  // "auto", "window" or "null"
  bool shared_memory = true;  // may ranks of one host use it?
  bool record_operations = true;
  net::LookaheadSources lookahead;  // for tests and measurements: all are on
  std::function<void(const Progress&)> progress;
  HaltPlan halts;
  io::CheckpointReader* resume = nullptr;  // go on from there instead of beginning
};

// Collective. Throws std::runtime_error with a list of who waits for what if the programs can not go on.
//
// A run that is ended at a halt has nothing to show: what it was went to the plan's at_halt.
std::optional<io::RunResult> simulate(const Workload& workload, const RunOptions& options,
                                      const boost::mpi::communicator& world);

// What the summary needs to know of the plan.
io::ModelFacts model_facts(const Workload& workload);

struct Estimate {
  std::uint64_t messages = 0;
  std::uint64_t packets = 0;
  std::uint64_t events = 0;                 // rough: what an undisturbed run would need
  std::uint64_t memory_bytes_per_rank = 0;  // rough
  std::uint64_t trace_bytes = 0;
};

// What a run would be, without running it.
struct Preview {
  std::optional<Undisturbed> undisturbed;  // of decks whose dies run programs
  std::int64_t lookahead_ps = 0;           // of links between regions, the least and the greatest
  std::int64_t greatest_lookahead_ps = 0;
  std::string regions;  // a few lines of text
  Estimate estimate;
  std::vector<training::PlanFact> facts;
};

// "2000 ps", or "2000 to 4000 ps" where links between regions differ.
std::string lookahead_text(const Preview& seen);

// Precondition: 1 <= ranks <= dies. Throws training::PlanError.
Preview preview(const io::Deck& deck, int ranks, const std::string& partition);

}  // namespace hecaton::runs
