// Where the time of a run went, rank by rank, and how much of its deck can be done at the same time.
//
// The schema of the JSON stands in README.md. Everything here varies from run to run except the events and
// the critical path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {

struct Profile {
  std::string deck, version, git, sync;
  std::uint64_t deck_digest = 0;  // as in the summary
  double wall_s = 0;              // of the simulation
  std::uint64_t critical_path_events = 0;
  std::vector<RankAccounting> ranks;
  std::vector<double> writing_s;  // of files, by rank

  std::uint64_t events() const;
  double computing_s() const;  // of all ranks
  // The busiest rank over the mean of all.
  double imbalance_events() const;
  double imbalance_computing() const;
  // Share of the ranks' time, until the last one ended, in which they processed events.
  double efficiency() const;
  double waiting() const;
  double exchanging() const;
  // Events over those of the longest chain: no more ranks than so many can ever be busy. 0: not known.
  double parallelism() const;
  // The longest chain at the measured time per event: no number of ranks takes less.
  double least_s() const;
};

// `result.accounting` must be filled: on rank 0.
Profile make_profile(const Summary& summary, const RunResult& result, std::vector<double> writing_s);

// A line, or two where there are several ranks, for the end of a run.
std::string describe(const Profile& profile);
std::string to_json(const Profile& profile);

}  // namespace hecaton::io
