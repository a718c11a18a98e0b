// Runs a deck in this process and brings all that it recorded together.
//
// Every rank of the test calls these; where a deck has fewer dies than there are ranks, or fewer are wanted,
// the rest stand aside.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::test {

// All rows of a run, whatever rank recorded them; dies and links in ascending order.
struct Outcome {
  bool ended = false;  // else it was stopped at a halt, and only the rows count
  io::Totals totals;
  io::TrafficResult traffic;
  io::Summary summary;
  std::uint64_t critical_path_events = 0;
  std::vector<io::RankAccounting> accounting;
  std::vector<std::uint32_t> dies;
  std::vector<chiplet::DieCounters> die_counters;
  std::vector<std::uint64_t> operations_per_die;
  std::vector<chiplet::OperationRow> operations;
  std::vector<chiplet::LinkCounters> links;
  critical::Path critical_path;  // of a run that recorded waits and was not interrupted
  std::vector<chiplet::ChannelCounters> channels;
  std::uint64_t bin_ps = 0;
  std::vector<std::uint64_t> link_bins, channel_bins;       // row after row of links, of channels
  std::vector<std::uint64_t> router_bins;                   // row after row of nodes
  std::vector<std::uint64_t> activation_bins, weight_bins;  // of dies
  std::vector<io::StallRow> stalls;                         // a row for each of links
  std::vector<io::MessageRow> messages;                     // by source, and then in their order

  chiplet::DieCounters sum() const;  // of all dies
};

// By source, and then in their order.
void sort_messages(std::vector<io::MessageRow>& messages);

// Throws io::InputError; the text is a whole deck.
io::Deck deck_of(const std::string& text);

// On `ranks` ranks, or as many as there are dies and ranks; stalls and messages are recorded. What comes back is filled on rank 0 of the world
// only; `is_root` says so.
Outcome run_deck(const io::Deck& deck, int ranks, const runs::RunOptions& options = {});

// Options of a run that tells its critical path.
inline runs::RunOptions with_path() {
  runs::RunOptions options;
  options.record_waits = true;
  return options;
}

// The same, from a checkpoint if `from` names one; where the run halts it ends, and leaves `to`, unless
// `options` have a plan of their own for that.
Outcome run_leg(const io::Deck& deck, int ranks, const runs::RunOptions& options,
                const std::filesystem::path& from, const std::filesystem::path& to);

// Counts are unsigned, the tests' arithmetic is not.
constexpr std::int64_t whole(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}
bool is_root();
int world_size();

}  // namespace hecaton::test
