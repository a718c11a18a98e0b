#include "io/deck/workloads/step_work.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/training/method.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/step_collectives.hpp"
#include "io/deck/workloads/package_facts.hpp"

namespace hecaton::io {

namespace {

Programs done_as(const Deck& deck, const training::TrainingConfig& config) {
  const net::PackageConfig& package = deck.network.package;
  Programs programs{training::plan_step(config, mesh_of(package), deck.die),
                    has_bypass(package) ? net::RingOrder::bypass : net::RingOrder::naive,
                    {}};
  training::set_collectives(programs.plan, config.collectives, mesh_of(package), ring_links_of(package));
  return programs;
}

bool has_broadcasts(const training::Plan& plan) {
  const chiplet::Program& program = plan.roles.front();
  return std::any_of(program.begin(), program.end(),
                     [](const chiplet::Op& op) { return chiplet::has_root(op.code); });
}

// Along one axis at a time and along both at once, broadcasts along trees and in chunks: each of its own plan.
std::vector<Programs> ways_to_plan(const Deck& deck) {
  std::vector<Programs> ways;
  const auto add = [&](training::TrainingConfig config, training::Collectives how, std::string name) {
    config.collectives = how;
    ways.push_back(done_as(deck, config));
    ways.back().algorithm = std::move(name);
    ways.back().is_open = true;
  };
  const auto add_if_it_fits = [&](const training::TrainingConfig& config, training::Collectives how,
                                  std::string name) {
    try {
      add(config, how, std::move(name));
    } catch (const training::PlanError&) {
    }
  };
  training::TrainingConfig config = deck.as<training::TrainingConfig>();
  add_if_it_fits(config, training::Collectives::paper, "one axis at a time");
  add_if_it_fits(config, training::Collectives::all_axes, "all axes at once");
  if (ways.empty()) {  // says why: of a flat ring that there is none of, what the other way lacks
    config.collectives = training::Collectives::paper;
    const bool has_problems = !training::problems_of(config, mesh_of(deck.network.package)).empty();
    add(config, has_problems ? training::Collectives::all_axes : training::Collectives::paper, {});
  }
  if (!has_broadcasts(ways.front().plan)) return ways;
  const bool was_tree = config.broadcast == training::Broadcast::tree;
  ways.front().algorithm = was_tree ? "broadcasts along trees" : "broadcasts in chunks";
  config.broadcast = was_tree ? training::Broadcast::pipelined : training::Broadcast::tree;
  add_if_it_fits(config, training::Collectives::paper,
                 was_tree ? "broadcasts in chunks" : "broadcasts along trees");
  return ways;
}

}  // namespace

DieWork work_of_step(const Deck& deck) {
  if (deck.as<training::TrainingConfig>().collectives == training::Collectives::automatic) {
    std::vector<Programs> ways = ways_to_plan(deck);
    Programs first = ways.front();
    first.alternatives = std::move(ways);
    return first;
  }
  Programs programs = done_as(deck, deck.as<training::TrainingConfig>());
  for (training::PlanFact& fact : training::collective_facts(programs.plan))
    programs.plan.facts.push_back(std::move(fact));
  return programs;
}

}  // namespace hecaton::io
