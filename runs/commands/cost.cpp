// `hecaton cost DECK`: prints what the package of a deck costs, part by part, each with the tag of the least sure price.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/cost/package_cost.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_content.hpp"
#include "io/deck/writer.hpp"
#include "io/report/facts.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"

namespace hecaton::runs {
namespace {

struct CostArguments {
  DeckArguments input;
  bool json = false;
};

using Keys = std::vector<std::string_view>;  // of [cost], or "memory.key"

// A line of the table, and the prices that it follows from.
struct Part {
  std::string_view label;
  std::string_view fact;  // its name in JSON
  double value;
  std::string_view unit;
  Keys keys;
};

struct Section {
  std::string_view title;
  std::vector<Part> parts;
};

Keys together(std::initializer_list<Keys> lists) {
  Keys all;
  for (const Keys& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

const Keys phys{"phy_GBps_per_mm2"};
const Keys areas =
    together({{"mac_um2", "matrix_clock_GHz", "sram_um2_per_bit", "router_mm2", "other_share"}, phys});
const Keys wafers{"wafer_mm", "wafer_edge_mm", "scribe_mm"};
const Keys yields{"yield_model", "clustering"};
const Keys tested =
    together({areas, wafers, yields, {"wafer_usd", "defects_per_cm2", "test_usd_per_die", "test_coverage"}});
const Keys io_areas = together({phys, {"io_mm2_per_channel"}});
const Keys io_tested =
    together({io_areas,
              wafers,
              yields,
              {"io_wafer_usd", "io_defects_per_cm2", "io_test_usd_per_die", "test_coverage"}});
const Keys substrates = together({areas, io_areas, {"spacing"}});
const Keys losses = together({tested, io_tested, {"substrate_yield", "assembly_yield_per_die"}});
const Keys memories{"memory.usd_per_GiB", "dram_usd_per_channel"};
const Keys everything =
    together({losses, substrates, {"substrate_usd_per_mm2", "assembly_usd_per_die"}, memories});

Section die_section(const cost::PackageCost& c) {
  return {"A compute die",
          {{"matrix units", "matrix_mm2", c.area.matrix, "mm2", {"mac_um2", "matrix_clock_GHz"}},
           {"buffers", "sram_mm2", c.area.sram, "mm2", {"sram_um2_per_bit"}},
           {"router", "router_mm2", c.area.router, "mm2", {"router_mm2", "sram_um2_per_bit"}},
           {"PHYs of links", "phy_mm2", c.area.phy, "mm2", phys},
           {"all else", "other_mm2", c.area.other, "mm2", areas},
           {"in all", "die_mm2", c.area.total(), "mm2", areas},
           {"of a wafer", "dies_per_wafer", c.die.per_wafer, "dies", together({areas, wafers})},
           {"good", "die_yield", 100 * c.die.yield, "%", together({areas, yields, {"defects_per_cm2"}})},
           {"one that has passed its test", "die_usd", c.die.usd, "USD", tested}}};
}

Section package_section(const cost::PackageCost& c) {
  return {"The package",
          {{"compute dies", "dies_usd", c.dies_usd, "USD", tested},
           {"IO dies", "io_dies_usd", c.io_dies_usd, "USD", io_tested},
           {"substrate", "substrate_usd", c.substrate_usd, "USD",
            together({substrates, {"substrate_usd_per_mm2"}})},
           {"assembly", "assembly_usd", c.assembly_usd, "USD", {"assembly_usd_per_die"}},
           {"packages that are thrown away", "loss_usd", c.loss_usd, "USD", losses},
           {"memory", "memory_usd", c.memory_usd, "USD", memories},
           {"in all", "package_usd", c.total_usd(), "USD", everything},
           {"area of the substrate", "substrate_mm2", c.substrate_mm2, "mm2", substrates},
           {"good", "package_yield", 100 * c.yield, "%", losses}}};
}

// From the surest to the least sure.
constexpr std::string_view tags[] = {"given", "PAPER", "PUBLIC", "DERIVED", "ASSUMED"};

// Of the least sure of these prices.
std::string_view tag_of(const Keys& keys, const io::Deck& deck) {
  std::size_t worst = 0;
  for (const std::string_view key : keys) {
    const auto dot = key.find('.');
    const std::string_view table = dot == std::string_view::npos ? "cost" : key.substr(0, dot);
    const auto at =
        std::find(std::begin(tags), std::end(tags), io::origin_of(deck, table, key.substr(dot + 1)));
    worst = std::max(worst, static_cast<std::size_t>(at - std::begin(tags)));
  }
  return tags[worst];
}

void print_section(const Section& section, const io::Deck& deck) {
  fmt::print("{}\n", section.title);
  for (const Part& part : section.parts)
    fmt::print("  {:<29} {:>12.6g} {:<5} {}\n", part.label, part.value, part.unit, tag_of(part.keys, deck));
  fmt::print("\n");
}

// A section of figures, each with its tag.
io::Facts facts_of(const Section& section, const io::Deck& deck) {
  io::Facts facts;
  for (const Part& part : section.parts)
    facts.add(
        part.fact,
        io::Facts().add("value", part.value).add("unit", part.unit).add("tag", tag_of(part.keys, deck)));
  return facts;
}

[[noreturn]] void refuse(const io::LoadedDeck& loaded, std::string_view key, const std::string& problem,
                         const std::string& reason, const std::string& advice) {
  throw io::InputError(loaded.locations.find(key), std::string(key), problem, reason, advice);
}

void require_price(const io::LoadedDeck& loaded, const cost::PackageCost& cost) {
  if (!io::kind_of(loaded.deck).traits.computes)
    refuse(loaded, "workload.kind", "has no package with a price", "its dies do not compute",
           "give a deck of a training step");
  if (cost.die.per_wafer == 0 || (cost.io_die.area_mm2 > 0 && cost.io_die.per_wafer == 0))
    refuse(loaded, "cost.wafer_mm", "is too small",
           fmt::format("no die of {:.6g} mm2 fits", std::max(cost.area.total(), cost.io_die.area_mm2)),
           "make smaller dies");
  if (!cost.can_be_made())
    refuse(loaded, "cost.test_coverage", "leaves no package",
           fmt::format("{:.3g} of all are good", cost.yield),
           "find more bad dies, or make dies with fewer defects");
}

int print_cost(const CostArguments& arguments) {
  return guarded([&] {
    const io::LoadedDeck loaded = io::load_deck(arguments.input.deck, arguments.input.overrides);
    const io::Deck& deck = loaded.deck;
    const cost::PackageContent content = io::content_of(deck);
    const cost::PackageCost cost = cost::package_cost(content, deck.cost);
    require_price(loaded, cost);
    const Section die = die_section(cost), package = package_section(cost);
    if (arguments.json) {
      fmt::print("{}", io::Facts()
                           .add("dies", content.dies)
                           .add("io_dies", content.io_dies)
                           .add("channels", content.channels)
                           .add("too_large", cost.is_too_large)
                           .add("die", facts_of(die, deck))
                           .add("package", facts_of(package, deck))
                           .to_json());
      return;
    }
    fmt::print("{} compute dies, {} IO dies, {} DRAM channels of {} GiB (cost.preset = \"{}\")\n\n",
               content.dies, content.io_dies, content.channels, content.capacity_GiB, deck.cost_preset);
    print_section(die, deck);
    print_section(package, deck);
    if (cost.is_too_large)
      fmt::print("too large: a substrate of this kind has {:.6g} mm2 at most (cost.substrate_most_mm2)\n",
                 deck.cost.substrate_most_mm2);
  });
}

Action add_cost_options(CLI::App& command) {
  const auto arguments = std::make_shared<CostArguments>();
  add_deck_alone(command, arguments->input);
  add_json(command, arguments->json);
  return [arguments](const Session&) { return print_cost(*arguments); };
}

}  // namespace

const Command cost_command{.name = "cost",
                           .summary = "Print what the package of a training step costs, part by part",
                           .add_options = add_cost_options};

}  // namespace hecaton::runs
