#include "io/deck/workloads/execution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/training/model/plan_error.hpp"
#include "io/deck/workloads/execution_table.hpp"
#include "io/deck/workloads/execution_work.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_facts.hpp"
#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"

namespace hecaton::io {
namespace {

namespace graph = chiplet::graph;

constexpr std::string_view placeholder = "{rank}";

template <class AnyDeck>
auto& execution_of(AnyDeck& deck) {
  return deck.template as<graph::ExecutionConfig>();
}

std::uint32_t ranks_of(const Deck& deck) {
  const std::uint32_t ranks = execution_of(deck).ranks;
  return ranks > 0 ? ranks : static_cast<std::uint32_t>(dies_of(deck.network.package));
}

std::filesystem::path file_of(const std::string& pattern, std::uint32_t rank) {
  std::string name = pattern;
  const auto at = name.find(placeholder);
  if (at != std::string::npos) name.replace(at, placeholder.size(), std::to_string(rank));
  return name;
}

// A file of numbers: the die of rank 0, of rank 1, ...
std::vector<std::uint32_t> read_mapping(const Deck& deck) {
  const std::string& path = execution_of(deck).mapping;
  const std::string text = read_text_file(path, "a mapping of ranks to dies");
  const std::uint64_t dies = dies_of(deck.network.package);
  std::vector<std::uint32_t> die_of_rank;
  std::set<std::uint32_t> taken;
  Location where{path, 1, 0};
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (!word.empty()) {
      std::uint32_t die = 0;
      const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), die);
      if (error != std::errc{} || last != word.data() + word.size() || die >= dies)
        throw InputError(where, "", fmt::format("{} is no die", in_quotes(word)),
                         fmt::format("dies are 0 to {}", dies - 1), "write the die of each rank");
      if (!taken.insert(die).second)
        throw InputError(where, "", fmt::format("die {} has two ranks", die), "a die runs one trace",
                         "give each rank a die of its own");
      die_of_rank.push_back(die);
    }
    if (end < rest.size() && rest[end] == '\n') ++where.line;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (die_of_rank.size() != ranks_of(deck))
    throw InputError(where, "", fmt::format("lists {} dies", die_of_rank.size()),
                     fmt::format("there are {} ranks", ranks_of(deck)), "write one die for each rank");
  return die_of_rank;
}

std::vector<std::uint32_t> die_of_rank(const Deck& deck) {
  if (!execution_of(deck).mapping.empty()) return read_mapping(deck);
  std::vector<std::uint32_t> dies(ranks_of(deck));
  for (std::uint32_t rank = 0; rank < dies.size(); ++rank) dies[rank] = rank;
  return dies;
}

// Ways by halves need as many members as a power of two.
void check_groups(const graph::ExecutionConfig& config, const execution::Groups& groups) {
  const auto halves = [](graph::GatherWay way) { return way != graph::GatherWay::ring; };
  if (!halves(config.all_gather) && !halves(config.reduce_scatter) && !halves(config.all_reduce)) return;
  for (const auto& [name, number] : groups.by_name) {
    const std::size_t members = groups.members[number].size();
    if (std::has_single_bit(members)) continue;
    throw InputError({config.groups.empty() ? config.traces : config.groups, 0, 0}, "execution.all_reduce",
                     "does not fit a communicator",
                     fmt::format("{} has {} members, halving-doubling and swing need a power of two",
                                 in_quotes(name), members),
                     "choose \"ring\"");
  }
}

std::string absolute_path(const std::filesystem::path& folder, const std::string& file) {
  return file.empty() ? file : std::filesystem::absolute(folder / file).lexically_normal().string();
}

}  // namespace

void ExecutionKind::set_hardware_defaults(Deck& deck) {
  deck.link_preset = "ucie-standard-x16-32";
  deck.memory_preset = "ddr5-6400";
}

std::vector<Table> ExecutionKind::tables() {
  return {execution_table()};
}

void ExecutionKind::complete(Deck& deck, const std::filesystem::path& folder) {
  graph::ExecutionConfig& config = execution_of(deck);
  for (std::string* file : {&config.traces, &config.groups, &config.mapping})
    *file = absolute_path(folder, *file);
}

void ExecutionKind::check(const Deck& deck, const Refuser& refuse) {
  const graph::ExecutionConfig& config = execution_of(deck);
  const std::uint64_t dies = dies_of(deck.network.package);
  if (!config.traces.empty() && config.traces.find(placeholder) == std::string::npos && ranks_of(deck) > 1)
    refuse("execution.traces", "names one file for all ranks", "each rank has a trace of its own",
           "write {rank} where the number of the rank stands");
  if (ranks_of(deck) > dies)
    refuse("execution.ranks", "are more than there are dies",
           fmt::format("{} ranks on {} dies; a die runs one trace", ranks_of(deck), dies),
           "enlarge the package");
  for (const graph::Straggler& straggler : config.stragglers)
    if (straggler.die >= dies)
      refuse("execution.stragglers", fmt::format("names die {}", straggler.die),
             fmt::format("dies are 0 to {}", dies - 1), "name a die of the package");
  if (config.reduction_passes > 0 && config.local_GBps <= 0)
    refuse("execution.reduction_passes", "takes no time", "local_GBps = 0 is a memory without limit",
           "give local_GBps, or no passes");
  if (config.carrier == graph::Carrier::links && !deck.network.link.overrides.empty())
    refuse("link.overrides", "does not fit execution.carrier",
           "links that carry messages alone are all alike", "leave it out, or choose carrier = \"routers\"");
  if (config.carrier == graph::Carrier::links && config.unit == graph::TimeUnit::ns &&
      deck.network.link.latency_ns < 1)
    refuse("link.latency_ns", "is cut down to 0", "execution.unit = \"ns\" counts whole nanoseconds",
           "use 1 ns or more");
}

DieWork ExecutionKind::die_work(const Deck& deck) {
  const graph::ExecutionConfig& config = execution_of(deck);
  if (config.traces.empty())
    throw training::PlanError("execution.traces", "is missing", "there is nothing to run",
                              "name the files of the ranks");
  const std::uint32_t ranks = ranks_of(deck);
  Execution work;
  for (std::uint32_t rank = 0; rank < ranks; ++rank)
    work.files.of_rank.push_back(file_of(config.traces, rank));
  work.files.groups =
      config.groups.empty() ? execution::all_ranks(ranks) : execution::read_groups(config.groups, ranks);
  for (const std::filesystem::path& file : work.files.of_rank)
    execution::add_groups_of_trace(work.files.groups, file);
  check_groups(config, work.files.groups);
  work.die_of_rank = die_of_rank(deck);
  work.survey = execution::survey(work.files, config.window);
  return work;
}

ExecutionSummary ExecutionKind::summarise(const Deck& deck, const Outcome& outcome) {
  const PackageSums& package = outcome.package;
  ExecutionSummary summary;
  summary.time_s = static_cast<double>(package.finished_ps) * 1e-12;
  summary.ranks = ranks_of(deck);
  summary.nodes = outcome.facts.nodes;
  summary.compute_s = mean_seconds(package.compute_ps, summary.ranks);
  summary.nop_s = mean_seconds(package.nop_ps, summary.ranks);
  summary.dram_s = mean_seconds(package.dram_ps, summary.ranks);
  summary.flops = package.actions.macs * 2;
  summary.utilisation = ratio(summary.flops.number(), summary.time_s * static_cast<double>(summary.ranks) *
                                                          deck.die.peak_TFLOPS * 1e12);
  summary.nop_bytes = package.nop_sent_bytes;
  summary.dram_bytes = package.actions.dram_read_bytes + package.actions.dram_write_bytes;
  summary.energy_J = outcome.energy_J;
  return summary;
}

void set_energy(ExecutionSummary& summary, const EnergySummary& energy_J) {
  summary.energy_J = energy_J;
}

ReportLines lines_of(const ExecutionSummary& e) {
  const double ended = std::max(0.0, e.time_s - e.compute_s - e.nop_s - e.dram_s);
  return {ReportLine::quantity("time", e.time_s, "s"),
          ReportLine::of_form(ReportLine::Form::count, "ranks", static_cast<double>(e.ranks)),
          ReportLine::of_form(ReportLine::Form::count, "nodes", static_cast<double>(e.nodes)),
          ReportLine::of_form(ReportLine::Form::percent, "FLOPs utilisation", e.utilisation),
          {.label = "a rank's time (mean)"},
          ReportLine::part("  compute", e.compute_s, e.time_s, "s"),
          ReportLine::part("  NoP", e.nop_s, e.time_s, "s"),
          ReportLine::part("  DRAM", e.dram_s, e.time_s, "s"),
          ReportLine::part("  trace ended", ended, e.time_s, "s"),
          ReportLine::quantity("energy", e.energy_J.total, "J"),
          ReportLine::quantity("NoP sent", e.nop_bytes.number(), "B"),
          ReportLine::quantity("DRAM traffic", e.dram_bytes.number(), "B"),
          ReportLine::quantity("FLOPs", e.flops.number(), "FLOP")};
}

}  // namespace hecaton::io
