// What a run found out, in one small value: the content of summary.json.
//
// Invariants: every floating-point value is computed once, from exact integer sums over the package, so
// results are bit-identical at any rank count; all of them are finite. What varies from run to run (ranks,
// wall time, events, windows, memory, build) is listed in one place, summary_json.cpp, and kept out of the
// results of a trace.
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
#include "io/deck/deck.hpp"
#include "io/result/run_result.hpp"

namespace hecaton::io {

inline constexpr std::int64_t summary_schema = 1;

struct EnergySummary {  // joules over the whole package and run
  double compute = 0;
  double sram = 0;
  double nop = 0;  // links and routers
  double dram = 0;
  double static_power = 0;  // "static" in JSON
  double total = 0;         // the sum of the five above
};

EnergySummary energy_summary(const chiplet::EnergyBreakdown& energy);

struct TrainingSummary {
  std::string model;
  std::string method;
  double step_s = 0;  // until the last die's program ended
  double tokens_per_s = 0;
  // Where the dies' programs spent the step, as a mean over dies: the matrix and vector units at work,
  // standing still for a collective, standing still for DRAM. What is missing to step_s a die waited after
  // its program had ended.
  double compute_s = 0;
  double nop_s = 0;
  double dram_s = 0;
  double mfu = 0;                // the model's useful FLOPs over peak rate x dies x step_s
  double nop_bytes_per_die = 0;  // sent by collectives at the die's interface, mean over dies
  std::uint64_t dram_bytes = 0;  // read and written, whole package
  std::uint64_t flops = 0;  // done by the matrix engines, recomputation included: 2 per multiply-accumulate
  EnergySummary energy_J;
  double energy_per_token_J = 0;
  // The most that the buffers of any die have held at any time.
  std::uint64_t activation_peak_bytes = 0;
  std::uint64_t weight_peak_bytes = 0;
};

struct CollectiveSummary {
  std::string operation;
  std::string group;
  std::uint64_t time_ps = 0;  // until the last die's program ended
  std::string algorithm;
  std::uint64_t bytes = 0;  // the whole payload, as the deck gives it
};

struct TrafficSummary {
  double latency_mean_cycles = 0;
  double latency_min_cycles = 0;
  double latency_max_cycles = 0;
  double accepted_flits_per_die_cycle = 0;
  double offered_flits_per_die_cycle = 0;
  double hops_mean = 0;
  std::uint64_t packets_measured = 0;
  bool saturated =
      false;  // less than 95 % of what was offered arrived, or the mean latency exceeds 500 cycles
};

using WorkloadSummary = std::variant<TrainingSummary, CollectiveSummary, TrafficSummary>;

struct Summary {
  std::int64_t schema = summary_schema;
  std::string version;
  std::string git;
  std::string build_type;
  std::string deck;  // its name
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
  std::uint64_t digest = 0;          // 16 hexadecimal digits in JSON
  WorkloadSummary workload;
};

// What the plan knows and a result does not.
struct ModelFacts {
  std::uint64_t tokens = 0;       // of the step; training only
  std::uint64_t model_flops = 0;  // useful FLOPs of the step; training only
  std::string algorithm;          // collective only: the ring that was used ("bypass-ring", ...)
};

// Collective; the same value on every rank. `totals`, `traffic`, `accounting` and `wall_s` are taken from
// rank 0.
Summary make_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                     const boost::mpi::communicator& comm);

// The whole summary as indented JSON text, and back. `source` names the text in the InputError thrown for
// anything that is no summary.
std::string to_json(const Summary& summary);
Summary summary_from_json(std::string_view text, const std::string& source);

// Every figure of the summary by the name it has in the JSON, tables joined by dots
// ("training.energy_J.total"), in the order of the JSON; summaries of one kind of workload have the same
// names and types.
using Figure = std::variant<std::int64_t, std::uint64_t, double, bool, std::string>;
std::vector<std::pair<std::string, Figure>> figures(const Summary& summary);

// Its two parts: what only the deck decides, and what varies from run to run. Together they are the whole.
std::string results_to_json(const Summary& summary);
std::string run_to_json(const Summary& summary);
Summary summary_from_parts(std::string_view results, std::string_view run, const std::string& source);

// The summary held by a trace. The file may be anything: throws InputError for all that is no readable trace.
Summary read_summary(const std::filesystem::path& trace);

}  // namespace hecaton::io
