// What a run would be, without running it: what `validate` and `partition` show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/training/plan/plan.hpp"
#include "io/deck/deck.hpp"
#include "io/trace/trace.hpp"
#include "runs/wiring/dram_room.hpp"
#include "runs/wiring/undisturbed.hpp"

namespace hecaton::runs {

struct Estimate {
  std::uint64_t messages = 0;
  std::uint64_t packets = 0;
  // Rough. The least if nothing is in a message's way, where each takes a few however long it is; the most if everything
  // is. The same where that makes no difference.
  std::uint64_t events = 0, events_at_most = 0;
  std::uint64_t memory_bytes_per_rank = 0;  // rough
  // What a trace takes that holds everything, and one by the defaults of `run`: without messages and path.
  io::TracePartBytes trace_parts;
  std::uint64_t trace_bytes = 0;
};

// What a run would be, without running it.
struct Preview {
  std::optional<Undisturbed> undisturbed;  // of decks whose dies run programs
  std::optional<DramRoom> dram;            // of decks that keep something there
  std::int64_t lookahead_ps = 0;           // of links between regions, the least and the greatest
  std::int64_t greatest_lookahead_ps = 0;
  std::string regions;  // a few lines of text
  Estimate estimate;
  std::vector<training::PlanFact> facts;
};

// "2000 ps", or "2000 to 4000 ps" where links between regions differ.
std::string lookahead_text(const Preview& seen);

// "54.41 M", or "54.41 M to 1.201 G" with the reason.
std::string events_text(const Estimate& estimate);

// Precondition: 1 <= ranks <= dies. Throws training::PlanError, also for a step that has no room in DRAM.
Preview preview(const Workload& workload, int ranks, const std::string& partition);
// The same of a deck that nothing has been planned of.
Preview preview(const io::Deck& deck, int ranks, const std::string& partition);

}  // namespace hecaton::runs
