// `hecaton partition DECK`: prints which rank would simulate which dies, and draws it if a file is named.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "io/files/atomic_file.hpp"
#include "io/report/facts.hpp"
#include "io/report/partition_svg.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/wiring/expected_load.hpp"

namespace hecaton::runs {
namespace {

constexpr std::uint32_t longest_table = 64;

struct PartitionArguments {
  DeckArguments input;
  int ranks = 1;
  std::string svg;  // file; empty: no picture
  bool json = false;
};

struct Regions {
  partition::Partition partition;
  partition::Weights events;
  partition::Figures figures;
};

Regions find_regions(const Workload& workload, const io::Deck& deck, const PartitionArguments& arguments) {
  Regions found;
  found.events = expected_load(workload, deck).events;
  found.partition = partition::make_partition(arguments.input.partition, workload.topology(),
                                              static_cast<std::uint32_t>(arguments.ranks), found.events);
  found.figures = partition::figures(found.partition, workload.topology(), found.events);
  return found;
}

void print_ranks(const Regions& regions) {
  const auto& figures = regions.figures;
  const double total = std::accumulate(figures.weight_of_rank.begin(), figures.weight_of_rank.end(), 0.0);
  if (regions.partition.ranks > longest_table || total <= 0) return;
  fmt::print("\n{:>5} {:>6} {:>16} {:>9}\n", "rank", "dies", "expected events", "/ mean");
  for (std::uint32_t rank = 0; rank < regions.partition.ranks; ++rank) {
    const double share = static_cast<double>(figures.weight_of_rank[rank]) / total;
    fmt::print("{:>5} {:>6} {:>16} {:>9.3f}\n", rank, figures.dies_of_rank[rank],
               figures.weight_of_rank[rank], share * regions.partition.ranks);
  }
}

void print_json(const Regions& regions, const std::string& deck, const PartitionArguments& arguments,
                const Preview& seen) {
  const auto& figures = regions.figures;
  std::vector<io::Facts> ranks;
  for (std::uint32_t rank = 0; rank < regions.partition.ranks; ++rank)
    ranks.push_back(io::Facts()
                        .add("rank", rank)
                        .add("dies", figures.dies_of_rank[rank])
                        .add("expected_events", figures.weight_of_rank[rank]));
  fmt::print("{}", io::Facts()
                       .add("deck", deck)
                       .add("partition", arguments.input.partition)
                       .add("lookahead_ps", seen.lookahead_ps)
                       .add("greatest_lookahead_ps", seen.greatest_lookahead_ps)
                       .add("links", figures.links)
                       .add("cut_links", figures.cut_links)
                       .add("imbalance_events", figures.imbalance)
                       .add("imbalance_dies", figures.imbalance_of_dies)
                       .add("ranks", ranks)
                       .to_json());
}

std::string picture_of(const Regions& regions, const net::Topology& topology, const std::string& title,
                       const Preview& seen) {
  const auto& figures = regions.figures;
  return io::draw_partition(
      {title,
       {fmt::format("{} of {} links cut, imbalance {:.3f} in expected events, {:.3f} in dies, lookahead {}",
                    figures.cut_links, figures.links, figures.imbalance, figures.imbalance_of_dies,
                    lookahead_text(seen))},
       regions.partition,
       regions.events},
      topology);
}

int print_partition(const PartitionArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    const io::Deck& deck = checked.loaded.deck;
    if (!arguments.svg.empty()) {
      const NamedFile svg{"--svg", arguments.svg};
      expect_distinct(files_read(arguments.input, checked.loaded), {&svg, 1});
    }
    const Workload workload(deck);
    const Regions regions = find_regions(workload, deck, arguments);
    const std::string title =
        fmt::format("{}, partition \"{}\", {} ranks", deck.name, arguments.input.partition, arguments.ranks);
    if (!arguments.svg.empty()) {
      prepare_outputs({arguments.svg});
      io::write_atomically(arguments.svg, picture_of(regions, workload.topology(), title, checked.preview));
    }
    if (arguments.json) return print_json(regions, deck.name, arguments, checked.preview);
    fmt::print("{}\n\nlookahead  {}\n{}", title, lookahead_text(checked.preview), checked.preview.regions);
    print_ranks(regions);
  });
}

Action add_partition_options(CLI::App& command) {
  const auto arguments = std::make_shared<PartitionArguments>();
  add_deck(command, arguments->input);
  add_ranks(command, arguments->ranks);
  command.add_option("--svg", arguments->svg, "Draw the regions into this file")->type_name("FILE");
  add_json(command, arguments->json);
  return [arguments](const Session&) { return print_partition(*arguments); };
}

}  // namespace

const Command partition_command{.name = "partition",
                                .summary = "Print which rank would simulate which dies",
                                .add_options = add_partition_options};

}  // namespace hecaton::runs
