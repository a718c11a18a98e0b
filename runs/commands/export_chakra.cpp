// `hecaton export-chakra DECK --output FOLDER`: writes the programs of a deck as execution traces, one a die, with a
// deck that runs them: the same work, as any program that reads Chakra's traces sees it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/chiplet/graph/config.hpp"
#include "core/chiplet/graph/unroll.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/tags.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/writer.hpp"
#include "io/execution/groups.hpp"
#include "io/execution/trace_writer.hpp"
#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/graphs/group_rings.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {
namespace {

namespace graph = chiplet::graph;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;

struct ChakraArguments {
  DeckArguments input;
  std::string output;
  std::uint64_t most_nodes = 1'000'000;
};

// What a deck that could be run cannot be exported for.
struct ExportRefuser {
  const io::LoadedDeck& loaded;

  [[noreturn]] void operator()(std::string_view problem, std::string_view why, std::string_view help) const {
    constexpr const char* key = "workload.kind";
    throw io::InputError(loaded.locations.find(key), key, problem, why, help);
  }
};

// ---------------------------------------------------------------- how collectives are done

// A deck of traces says once for each operation how it is done, and once for all in how many chunks and directions.
class ExportedWays {
 public:
  explicit ExportedWays(const ExportRefuser& refuse) : refuse_(refuse) {}

  void add(const Op& op) {
    check_form(op);
    std::optional<Op>& known = of_operation_[graph::index_of(op.code)];
    if (known && known->schedule != op.schedule)
      cannot(op, "is done in two ways", "a deck of traces has one for each operation");
    known = op;
    if (chiplet::goes_in_chunks(op)) agree(chunks_, op.count, op, "in other chunks than another collective");
    if (chiplet::uses_ring(op))
      agree(directions_, op.directions, op, "round in other directions than another collective");
  }

  void fill(graph::ExecutionConfig& config) const {
    config.all_gather = gather_way(OpCode::all_gather);
    config.reduce_scatter = gather_way(OpCode::reduce_scatter);
    config.all_reduce = gather_way(OpCode::all_reduce);
    config.broadcast = rooted_way(OpCode::broadcast);
    config.reduce = rooted_way(OpCode::reduce);
    if (schedule_of(OpCode::all_to_all, Schedule::direct) == Schedule::ring)
      config.all_to_all = graph::AllToAllWay::ring;
    config.chunks = chunks_.value_or(config.chunks);
    config.directions = directions_.value_or(config.directions);
  }

 private:
  [[noreturn]] void cannot(const Op& op, std::string_view problem, std::string_view why) const {
    refuse_(fmt::format("has programs whose {} {}", name_of(chiplet::kind_of(op.code)), problem), why,
            "choose another form or schedule of its collectives");
  }

  void check_form(const Op& op) const {
    if (op.slot_ps > 0) cannot(op, "has steps at fixed times", "in a trace each begins as soon as it can");
    if (op.axes != chiplet::Axes::one) cannot(op, "goes along both axes at once", "traces know one ring");
    if (chiplet::is_cut(op))
      cannot(op, "sends chunks in parts that follow each other", "traces send them whole");
    if (op.schedule == Schedule::swing && op.ring == Ring::package)
      cannot(op, "swings along rows and columns by turns", "traces swing along the list of members");
    if (op.schedule != Schedule::direct) return;
    if (op.directions > 1) cannot(op, "goes both ways round by turns", "traces send it one way round");
    if (op.count > 1) cannot(op, "has several messages under way", "traces have one at a time");
  }

  void agree(std::optional<std::uint32_t>& known, std::uint32_t value, const Op& op,
             std::string_view how) const {
    if (known && *known != value)
      cannot(op, fmt::format("goes {}", how), "a deck of traces says that once for all");
    known = value;
  }

  Schedule schedule_of(OpCode code, Schedule unused) const {
    const std::optional<Op>& op = of_operation_[graph::index_of(code)];
    return op ? op->schedule : unused;
  }

  graph::GatherWay gather_way(OpCode code) const {
    const Schedule schedule = schedule_of(code, Schedule::ring);
    if (schedule == Schedule::halving_doubling) return graph::GatherWay::halving_doubling;
    return schedule == Schedule::swing ? graph::GatherWay::swing : graph::GatherWay::ring;
  }

  graph::RootedWay rooted_way(OpCode code) const {
    const Schedule schedule = schedule_of(code, Schedule::tree);
    if (schedule == Schedule::pipelined) return graph::RootedWay::ring;
    if (schedule == Schedule::star) return graph::RootedWay::star;
    return schedule == Schedule::two_phase ? graph::RootedWay::two_phase : graph::RootedWay::tree;
  }

  const ExportRefuser& refuse_;
  std::array<std::optional<Op>, std::tuple_size_v<graph::Ways>> of_operation_;  // the latest of each
  std::optional<std::uint32_t> chunks_, directions_;
};

// ---------------------------------------------------------------- communicators

bool are_one_ring(const std::vector<chiplet::RingPlace>& a, const std::vector<chiplet::RingPlace>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].position != b[i].position || a[i].next != b[i].next || a[i].previous != b[i].previous ||
        a[i].route != b[i].route)
      return false;
  return true;
}

// The rows, columns and the package that programs use, as groups of ranks. Ranks are the numbers of dies.
class Communicators {
 public:
  Communicators(const Workload& workload, const ExportRefuser& refuse)
      : workload_(workload), groups_(io::execution::all_ranks(workload.topology().dies())) {
    for (const chiplet::Program& program : workload.plan().roles)
      for (const Op& op : program)
        if (is_used(op)) {
          used_[index_of(op.ring)] = true;
          goes_round_[index_of(op.ring)] = goes_round_[index_of(op.ring)] || chiplet::uses_ring(op);
        }
    for (const Ring ring : {Ring::row, Ring::column, Ring::package}) add_all(ring);
    if (!topology_fits_ && !listed_fits_)
      refuse("has rings over the package and of neighbours in rows and columns that go over it too",
             "a deck of traces takes all rings from the topology, or none", "choose another ring order");
  }

  const io::execution::Groups& groups() const { return groups_; }
  graph::Rings rings() const { return topology_fits_ ? graph::Rings::topology : graph::Rings::listed; }

  // By name, without that of all ranks.
  std::string json() const {
    std::string lines;
    for (std::size_t group = 1; group < groups_.members.size(); ++group)
      lines += fmt::format("{}  \"{}\": [{}]", group == 1 ? "" : ",\n", names_[group],
                           fmt::join(groups_.members[group], ", "));
    return fmt::format("{{\n{}\n}}\n", lines);
  }

  graph::UnrollSetup setup_of(NodeId die, std::uint64_t most_nodes) const {
    const chiplet::DieSetup setup = workload_.die_setup(die);
    graph::UnrollSetup unrolled;
    unrolled.timings = setup.timings;
    unrolled.most_nodes = most_nodes;
    for (std::size_t ring = 0; ring < chiplet::ring_count; ++ring)
      if (used_[ring]) unrolled.groups[ring] = members_[ring].at(setup.lines[ring].first.value);
    return unrolled;
  }

 private:
  static std::size_t index_of(Ring ring) { return static_cast<std::size_t>(ring); }
  static bool is_used(const Op& op) { return chiplet::is_collective(op.code) && op.units > 0; }

  void add_all(Ring ring) {
    if (!used_[index_of(ring)]) return;
    members_[index_of(ring)].resize(workload_.topology().dies());
    for (std::uint32_t die = 0; die < workload_.topology().dies(); ++die) {
      const chiplet::LinePlace line = workload_.die_setup(NodeId{die}).lines[index_of(ring)];
      if (line.position == 0) add(ring, line);
    }
  }

  void add(Ring ring, const chiplet::LinePlace& line) {
    graph::Communicator& added = members_[index_of(ring)].at(line.first.value);
    added.size = line.size;
    if (line.size < 2) return;
    std::vector<NodeId> dies;
    std::vector<chiplet::RingPlace> places;
    for (std::uint32_t place = 0; place < line.size; ++place) {
      dies.push_back(line.at(place));
      places.push_back(workload_.die_setup(dies.back()).rings[index_of(ring)]);
    }
    if (goes_round_[index_of(ring)]) add_ring(added, dies, places);
    if (ring == Ring::package) return;
    added.number = static_cast<std::uint32_t>(groups_.members.size());
    names_.resize(groups_.members.size());
    names_.push_back(fmt::format("{}{}", name_of(ring), count_[index_of(ring)]++));
    groups_.by_name.emplace(names_.back(), added.number);
    std::vector<std::uint32_t>& ranks = groups_.members.emplace_back();
    for (const NodeId die : dies) ranks.push_back(die.value);
  }

  void add_ring(graph::Communicator& group, const std::vector<NodeId>& dies,
                const std::vector<chiplet::RingPlace>& places) {
    const auto& topology = workload_.topology();
    topology_fits_ = topology_fits_ && are_one_ring(ring_of(dies, topology, graph::Rings::topology), places);
    listed_fits_ = listed_fits_ && are_one_ring(ring_of(dies, topology, graph::Rings::listed), places);
    group.place_in_ring.resize(places.size());
    for (std::uint32_t place = 0; place < places.size(); ++place)
      group.place_in_ring.at(places[place].position) = place;
  }

  const Workload& workload_;
  io::execution::Groups groups_;
  std::vector<std::string> names_;                                             // by group
  std::array<std::vector<graph::Communicator>, chiplet::ring_count> members_;  // by the first die of its line
  std::array<bool, chiplet::ring_count> used_{}, goes_round_{};
  std::array<std::uint32_t, chiplet::ring_count> count_{};
  bool topology_fits_ = true, listed_fits_ = true;
};

// ---------------------------------------------------------------- what is written

struct ChakraExport {
  std::vector<std::filesystem::path> traces;  // by rank
  std::filesystem::path groups;               // empty: there are none beside that of all ranks
  std::filesystem::path deck;
  std::string deck_text;

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> all = traces;
    if (!groups.empty()) all.push_back(groups);
    all.push_back(deck);
    return all;
  }
};

// The package of a deck, and how programs of so many dies are run on it from traces.
std::string execution_deck(const io::Deck& deck, const graph::ExecutionConfig& config) {
  io::Deck written = io::default_deck(*io::find_workload_kind("execution"));
  written.network = deck.network;
  written.die = deck.die;
  written.memory = deck.memory;
  written.energy = deck.energy;
  written.cost = deck.cost;
  written.link_preset = deck.link_preset;
  written.memory_preset = deck.memory_preset;
  written.energy_preset = deck.energy_preset;
  written.cost_preset = deck.cost_preset;
  written.as<graph::ExecutionConfig>() = config;
  return fmt::format("# The programs of {} as execution traces, written by hecaton export-chakra.\n{}",
                     deck.name, io::resolved_toml(written));
}

ChakraExport export_of(const ChakraArguments& arguments, const io::LoadedDeck& loaded,
                       const Communicators& groups, graph::ExecutionConfig config) {
  const std::filesystem::path folder = arguments.output;
  const std::string name = std::filesystem::path(loaded.deck.name).stem().string();
  const auto ranks = groups.groups().ranks;
  ChakraExport files;
  for (std::uint32_t rank = 0; rank < ranks; ++rank)
    files.traces.push_back(folder / fmt::format("{}.{}.et", name, rank));
  if (groups.groups().members.size() > 1) files.groups = folder / "groups.json";
  files.deck = folder / (name + ".toml");
  config.traces = name + ".{rank}.et";
  config.groups = files.groups.filename().string();
  config.ranks = ranks;
  config.compute = graph::ComputeTimes::recorded;
  config.transfers = chiplet::transfer_ids;
  config.window = 2 * chiplet::transfer_ids;  // the next node is known whatever is under way
  config.rings = groups.rings();
  files.deck_text = execution_deck(loaded.deck, config);
  static_cast<void>(io::parse_deck(files.deck_text, files.deck.string()));  // it is one
  return files;
}

// Ways by halves are refused for a communicator of any other size, and there is always one of all ranks.
void check_halves(const graph::ExecutionConfig& config, std::uint32_t ranks, const ExportRefuser& refuse) {
  const auto halves = [](graph::GatherWay way) { return way != graph::GatherWay::ring; };
  if (std::has_single_bit(ranks)) return;
  if (halves(config.all_gather) || halves(config.reduce_scatter) || halves(config.all_reduce))
    refuse("has collectives by halving-doubling or swing on a package that is no power of two",
           fmt::format("{} dies; with traces these ways are for powers of two", ranks), "choose \"ring\"");
}

graph::ExecutionConfig ways_of_programs(const Workload& workload, const ExportRefuser& refuse) {
  ExportedWays ways(refuse);
  for (const chiplet::Program& program : workload.plan().roles)
    for (const Op& op : program)
      if (chiplet::is_collective(op.code) && op.units > 0) ways.add(op);
  graph::ExecutionConfig config;
  ways.fill(config);
  check_halves(config, workload.topology().dies(), refuse);
  return config;
}

// What no graph can say is said of a die of each role; all of a role are alike.
void check_programs(const Workload& workload, const Communicators& groups, std::uint64_t most_nodes,
                    const ExportRefuser& refuse) {
  std::vector<bool> seen(workload.plan().roles.size());
  for (std::uint32_t die = 0; die < workload.topology().dies(); ++die) {
    const std::size_t role = workload.plan().role_of_die[die];
    if (seen[role]) continue;
    seen[role] = true;
    try {
      static_cast<void>(
          graph::count_nodes(workload.plan().roles[role], groups.setup_of(NodeId{die}, most_nodes)));
    } catch (const graph::TooManyNodes& error) {
      refuse("makes programs that are too long", error.what(),
             "make the step smaller, or --most-nodes larger");
    } catch (const graph::GraphError& error) {
      refuse("makes programs that traces cannot hold", error.what(),
             "choose sizes that divide, or another method");
    }
  }
}

struct WrittenTraces {
  std::uint64_t nodes = 0;
  std::uint64_t bytes = 0;
};

WrittenTraces write_traces(const ChakraExport& files, const Workload& workload, const Communicators& groups,
                           std::uint64_t most_nodes) {
  WrittenTraces written;
  for (std::uint32_t die = 0; die < files.traces.size(); ++die) {
    io::execution::TraceWriter trace(files.traces[die], die, groups.groups());
    graph::unroll(*workload.die_setup(NodeId{die}).program, groups.setup_of(NodeId{die}, most_nodes),
                  [&](graph::Node&& node) { trace.add(node); });
    trace.publish();
    written.nodes += trace.nodes();
    written.bytes += trace.bytes();
  }
  return written;
}

// The deck comes last: who finds it finds all that it names.
void write_export(const ChakraExport& files, const Workload& workload, const Communicators& groups,
                  std::uint64_t most_nodes) {
  const WrittenTraces written = write_traces(files, workload, groups, most_nodes);
  if (!files.groups.empty()) io::write_atomically(files.groups, groups.json());
  io::write_atomically(files.deck, files.deck_text);
  fmt::print("{} to {}: {} files, {} nodes, {} bytes\n", files.traces.front().string(),
             files.traces.back().filename().string(), files.traces.size(), written.nodes, written.bytes);
  if (!files.groups.empty())
    fmt::print("{}: {} communicators\n", files.groups.string(), groups.groups().members.size() - 1);
  fmt::print("{}\n", files.deck.string());
}

void require_programs(const io::LoadedDeck& loaded, const ExportRefuser& refuse) {
  const io::WorkloadKind& kind = io::kind_of(loaded.deck);
  if (!kind.traits.runs_programs || kind.name == "execution")
    refuse(fmt::format("is \"{}\"", kind.name), "its dies run no programs",
           "export a training step or a collective");
  if (loaded.deck.name.find("{rank}") != std::string::npos)
    refuse("is in a file whose name holds {rank}", "in the names of traces it stands for a number",
           "rename the deck");
}

int export_traces(const ChakraArguments& arguments) {
  return guarded([&] {
    const io::LoadedDeck loaded = io::load_deck(arguments.input.deck, arguments.input.overrides);
    const ExportRefuser refuse{loaded};
    require_programs(loaded, refuse);
    std::optional<Workload> workload;
    require_plan(loaded, [&] { workload.emplace(loaded.deck); });
    const graph::ExecutionConfig ways = ways_of_programs(*workload, refuse);
    const Communicators groups(*workload, refuse);
    check_programs(*workload, groups, arguments.most_nodes, refuse);
    const ChakraExport files = export_of(arguments, loaded, groups, ways);
    const std::vector<NamedFile> read = files_read(arguments.input, loaded);
    for (const std::filesystem::path& file : files.files()) {
      const NamedFile written{"a file of --output", file};
      expect_distinct(read, {&written, 1});
    }
    prepare_outputs(files.files());
    write_export(files, *workload, groups, arguments.most_nodes);
  });
}

Action add_export_chakra_options(CLI::App& command) {
  const auto arguments = std::make_shared<ChakraArguments>();
  add_deck_alone(command, arguments->input);
  command
      .add_option(
          "--output", arguments->output,
          "Where to write NAME.RANK.et for each die, groups.json, and NAME.toml, a deck that runs them")
      ->type_name("FOLDER")
      ->required();
  add_number(command, "--most-nodes", arguments->most_nodes, 1, std::numeric_limits<std::int64_t>::max(),
             "Refuse programs of more nodes a die, once their loops are gone");
  return [arguments](const Session&) { return export_traces(*arguments); };
}

}  // namespace

const Command export_chakra_command{.name = "export-chakra",
                                    .summary = "Write the programs of a deck as Chakra execution traces",
                                    .add_options = add_export_chakra_options};

}  // namespace hecaton::runs
