// The command line as values: which command, with which arguments. Parsing knows no MPI and reads no files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "io/report/forecast.hpp"
#include "net/lookahead/sources.hpp"

namespace hecaton::runs {

struct DeckArguments {
  std::string deck;
  std::vector<std::string> overrides;  // "table.key=value"
  std::string partition = "block";
};

struct RunArguments {
  DeckArguments input;
  std::string output;   // folder; empty: out/<deck>
  std::string summary;  // file; empty: summary.json in the folder
  std::string profile;  // file; empty: none
  std::string trace = "ops";
  std::string progress = "auto";
  std::string sync = "auto";
  bool trains = true;
  bool clocked = true;
  net::LookaheadSources lookahead;
  // In picoseconds; 0: none.
  std::int64_t checkpoint_every_ps = 0;            // of wall time
  std::int64_t checkpoint_every_simulated_ps = 0;  // of simulated time
  std::int64_t max_wall_ps = 0;
  std::string restart;  // "latest", a file, or empty: from the start
  int check_ranks = 0;  // only check all this, as a run on so many ranks would; 0: run
};

struct DryRunArguments {
  DeckArguments input;
  int ranks = 2;
  std::string json;  // file; empty: none
  bool trains = true;
  net::LookaheadSources lookahead;
  io::ForecastCosts costs;
};

struct VerifyArguments {
  DeckArguments input;
  std::uint64_t seed = 1;
};

struct ValidateArguments {
  DeckArguments input;
  int ranks = 1;
};

struct PartitionArguments {
  DeckArguments input;
  int ranks = 1;
  std::string svg;  // file; empty: no picture
};

struct DumpDefaultArguments {
  std::string kind;
};

struct SummaryArguments {
  std::string trace;
  std::string energy;  // file; empty: the energies of the trace's deck
};

struct CompareArguments {
  std::vector<std::string> files;  // traces or summaries, the baseline first
};

struct SweepArguments {
  std::string study;
  std::string output;  // folder; empty: out/<study>
  bool status = false;
  bool slurm = false;
  int at_once = 1;
  std::string launcher = "mpirun";
  int points_per_task = 0;          // 0: chosen by the number of points
  std::string script;               // of an array task; empty: the one built in
  std::vector<std::string> sbatch;  // further options of sbatch
};

// Nothing to do but to print `text` and exit with `code`: help, version, or what is wrong with the usage.
struct Answer {
  int code = 0;
  std::string text;
};

using CommandLine = std::variant<Answer, RunArguments, DryRunArguments, VerifyArguments, ValidateArguments,
                                 PartitionArguments, DumpDefaultArguments, SummaryArguments, CompareArguments,
                                 SweepArguments>;

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace hecaton::runs
