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

#include "core/engine/sync/halt.hpp"
#include "core/engine/sync/sync_kind.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/deck/deck.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"
#include "io/result/trace_content.hpp"
#include "net/lookahead/sources.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// How far a run has come, as a command shows it while it waits. What measures it is the heartbeat's.
struct Progress {
  double simulated_s = 0;
  std::uint64_t events = 0;    // of this rank, since the run was started or went on from a checkpoint
  double fraction = -1;        // of this rank's work, 0 .. 1; negative: unknown
  double fraction_before = 0;  // when the run went on from a checkpoint
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
  engine::SyncKind sync = engine::SyncKind::automatic;
  bool shared_memory = true;  // may ranks of one host use it?
  bool record_operations = true;
  bool record_waits = false;
  bool record_stalls = false;
  bool record_messages = false;
  std::uint32_t bins = io::default_bins;  // 0: none; of a run that goes on, those that it has
  net::LookaheadSources lookahead;        // for tests and measurements: all are on
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

}  // namespace hecaton::runs
