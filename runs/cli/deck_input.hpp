// What the commands that take a deck share: reading it, checking all that a run would check, and reporting.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/reader.hpp"
#include "io/deck/workloads/execution_work.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/wiring/preview.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct CheckedDeck {
  io::LoadedDeck loaded;
  std::shared_ptr<const PlannedDeck> planned;
  Preview preview;
};

// Reads the deck and looks at the run it makes on so many ranks. Throws InputError for anything wrong with
// either, at the deck's line where there is one.
CheckedDeck check_deck_input(const DeckArguments& input, int ranks);

// The same for a point of a study.
CheckedDeck check_point(const std::filesystem::path& deck, std::span<const io::Entry> values, int ranks,
                        const std::string& partition);

// The files that a run of the deck reads.
std::vector<NamedFile> files_read(const DeckArguments& input, const io::LoadedDeck& loaded);

// Runs `check`, which may throw training::PlanError, and blames the deck's line for it.
void require_plan(const io::LoadedDeck& loaded, const std::function<void()>& check);

// A deck as rank 0 has found it, on every rank.
struct SharedDeck {
  int code = 0;  // not 0: bad input, which rank 0 has told of
  std::string name;
  std::string text;                         // resolved
  std::uint64_t memory_bytes_per_rank = 0;  // about
  std::optional<io::Execution> execution;   // where dies run execution traces: what was found in them
};
// Collective: `check` is called on rank 0 only.
SharedDeck share_deck(const boost::mpi::communicator& world, const std::function<CheckedDeck()>& check);

// The other ranks may wait for this one for ever: all end, with this rank's reason as the last word.
int end_all(const boost::mpi::communicator& world, std::string_view reason);

// Runs a command that reads no more than files: InputError is bad input, anything else a failure.
int guarded(const std::function<void()>& command);

}  // namespace hecaton::runs
