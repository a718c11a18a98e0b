// What a run found out, in one small value: the content of summary.json.
//
// Invariants: every floating-point value is computed once, from exact integer sums over the package, so
// results are bit-identical at any rank count; all of them are finite. Each struct lists its fields once; JSON,
// its reading and the columns of a sweep follow from the list. What varies from run to run (ranks, wall time,
// events, windows, memory, build) is marked in the list and kept out of the results of a trace.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/chiplet/program/energy.hpp"
#include "core/engine/base/fields.hpp"
#include "io/deck/deck.hpp"
#include "io/deck/workloads/outcome.hpp"
#include "io/result/run_result.hpp"

namespace hecaton::io {

inline constexpr std::int64_t summary_schema = 1;

EnergySummary energy_summary(const chiplet::EnergyBreakdown& energy);

// Everything of a summary but its workload, in the order of the JSON. `Digested::no` marks what varies from run to
// run; all else is decided by the deck alone. The unit "hex" means 16 hexadecimal digits.
struct SummaryHead {
  std::int64_t schema = summary_schema;
  std::string version;
  std::string git;
  std::string build_type;
  std::string deck;               // its name
  std::uint64_t deck_digest = 0;  // of its resolved text: that of every file that the run has left
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t ranks = 0;
  std::string sync;
  std::int64_t simulated_ps = 0;
  std::uint64_t events = 0;
  std::uint64_t packets = 0;
  std::uint64_t packet_hops = 0;
  std::uint64_t flit_hops = 0;
  std::uint64_t windows = 0;
  double wall_s = 0;
  double events_per_s = 0;
  std::uint64_t peak_rss_bytes = 0;  // of the largest rank
  std::uint64_t digest = 0;

  static constexpr auto fields() {
    using S = SummaryHead;
    constexpr auto none = Combine::none;
    constexpr auto of_the_run = Digested::no;
    return FieldList(field<&S::schema>("schema"), field<&S::version>("version", "1", "", none, of_the_run),
                     field<&S::git>("git", "1", "", none, of_the_run),
                     field<&S::build_type>("build_type", "1", "", none, of_the_run), field<&S::deck>("deck"),
                     field<&S::deck_digest>("deck_digest", "hex"), field<&S::rows>("rows"),
                     field<&S::columns>("columns"), field<&S::ranks>("ranks", "1", "", none, of_the_run),
                     field<&S::sync>("sync", "1", "", none, of_the_run),
                     field<&S::simulated_ps>("simulated_ps", "ps"),
                     field<&S::events>("events", "1", "", none, of_the_run), field<&S::packets>("packets"),
                     field<&S::packet_hops>("packet_hops"), field<&S::flit_hops>("flit_hops"),
                     field<&S::windows>("windows", "1", "", none, of_the_run),
                     field<&S::wall_s>("wall_s", "s", "", none, of_the_run),
                     field<&S::events_per_s>("events_per_s", "1/s", "", none, of_the_run),
                     field<&S::peak_rss_bytes>("peak_rss_bytes", "B", "", none, of_the_run),
                     field<&S::digest>("digest", "hex"));
  }
};
static_assert(lists_every_member<SummaryHead>);

struct Summary : SummaryHead {
  WorkloadSummary workload;
};

// Collective; the same value on every rank. `totals`, `traffic`, `accounting` and `wall_s` are taken from
// rank 0.
Summary make_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                     const boost::mpi::communicator& comm);

// The whole summary as indented JSON text, and back. `source` names the text in the InputError thrown for
// anything that is no summary.
std::string to_json(const Summary& summary);
Summary summary_from_json(std::string_view text, const std::string& source);

// A figure of a summary by the name it has in the JSON, tables joined by dots ("training.energy_J.total").
using Figure = std::variant<std::int64_t, std::uint64_t, double, bool, std::string>;
struct NamedFigure {
  std::string name;
  std::string unit;  // empty: a plain number or no number
  Figure value;
};
// All of them, in the order of the JSON; summaries of one kind of workload have the same names and types.
std::vector<NamedFigure> figures(const Summary& summary);

// Its two parts: what only the deck decides, and what varies from run to run. Together they are the whole.
std::string results_to_json(const Summary& summary);
std::string run_to_json(const Summary& summary);
Summary summary_from_parts(std::string_view results, std::string_view run, const std::string& source);

// The summary held by a trace. The file may be anything: throws InputError for all that is no readable trace.
Summary read_summary(const std::filesystem::path& trace);

}  // namespace hecaton::io
