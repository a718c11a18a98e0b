// Regions of equal weight with few links between them, by the graph partitioner SCOTCH (Pellegrini and Roman,
// HPCN Europe 1996): the dies are bisected again and again, each time in proportion to the ranks.
//
// SCOTCH draws random numbers and may use threads, and its answer may depend on both. Here it works in a
// context of its own with one thread, its deterministic mode and a fixed seed, so that nothing outside the
// arguments reaches the answer: not the number of cores, not the environment, not earlier calls.
#include <scotch.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "partition/partition.hpp"

namespace hecaton::partition {

namespace {

constexpr SCOTCH_Num seed = 20240708;
constexpr double allowed_imbalance = 0.01;  // of one part in a bisection; SCOTCH may miss it
// The sum of all weights must fit into SCOTCH's 32-bit integers, with room to spare for its own sums.
constexpr std::uint64_t total_of_scotch = 1ULL << 28;

void require(int code, const char* step) {
  if (code != 0) throw std::runtime_error(std::string("SCOTCH fails to ") + step);
}

// Makes and releases one of SCOTCH's objects.
template <class Object, int (*init)(Object*), void (*exit)(Object*)>
class Holder {
 public:
  Holder() { require(init(&object_), "start"); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { exit(&object_); }
  Object* get() { return &object_; }

 private:
  Object object_;
};
using Graph = Holder<SCOTCH_Graph, SCOTCH_graphInit, SCOTCH_graphExit>;
using Strategy = Holder<SCOTCH_Strat, SCOTCH_stratInit, SCOTCH_stratExit>;
using Context = Holder<SCOTCH_Context, SCOTCH_contextInit, SCOTCH_contextExit>;

// The dies and their links as SCOTCH wants them: neighbours of die d from first[d] to first[d + 1].
struct Links {
  std::vector<SCOTCH_Num> first{0};
  std::vector<SCOTCH_Num> neighbours;
};

Links links_of(const net::Topology& topology) {
  Links links;
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    for (const net::Port port : net::die_ports)
      if (const auto other = topology.neighbour(NodeId{d}, port))
        links.neighbours.push_back(static_cast<SCOTCH_Num>(other->value));
    links.first.push_back(static_cast<SCOTCH_Num>(links.neighbours.size()));
  }
  return links;
}

// Of each die with its IO die, in proportion and at least 1.
std::vector<SCOTCH_Num> scaled_loads(const net::Topology& topology, const Weights& weights) {
  if (weights.empty()) return std::vector<SCOTCH_Num>(topology.dies(), 1);
  std::vector<unsigned __int128> loads(weights.begin(), weights.begin() + topology.dies());
  for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
    loads[topology.die_of(NodeId{n}).value] += weights[n];
  const unsigned __int128 total =
      std::accumulate(loads.begin(), loads.end(), static_cast<unsigned __int128>(1));
  std::vector<SCOTCH_Num> scaled(loads.size());
  std::transform(loads.begin(), loads.end(), scaled.begin(), [total](unsigned __int128 load) {
    return static_cast<SCOTCH_Num>(std::max<unsigned __int128>(1, load * total_of_scotch / total));
  });
  return scaled;
}

std::vector<SCOTCH_Num> parts_of(Links links, std::vector<SCOTCH_Num> loads, SCOTCH_Num ranks) {
  const auto dies = static_cast<SCOTCH_Num>(loads.size());
  Graph graph;
  require(
      SCOTCH_graphBuild(graph.get(), 0, dies, links.first.data(), nullptr, loads.data(), nullptr,
                        static_cast<SCOTCH_Num>(links.neighbours.size()), links.neighbours.data(), nullptr),
      "build its graph");
  Context context;
  require(SCOTCH_contextThreadSpawn(context.get(), 1, nullptr), "stay in one thread");
  require(SCOTCH_contextOptionSetNum(context.get(), SCOTCH_OPTIONNUMDETERMINISTIC, 1), "be deterministic");
  require(SCOTCH_contextRandomClone(context.get()), "keep its own random numbers");
  SCOTCH_contextRandomSeed(context.get(), seed);
  SCOTCH_contextRandomReset(context.get());
  Graph bound;
  require(SCOTCH_contextBindGraph(context.get(), graph.get(), bound.get()), "bind its graph");
  Strategy strategy;
  require(SCOTCH_stratGraphMapBuild(strategy.get(), SCOTCH_STRATRECURSIVE | SCOTCH_STRATQUALITY, ranks,
                                    allowed_imbalance),
          "choose a strategy");
  std::vector<SCOTCH_Num> parts(loads.size());
  require(SCOTCH_graphPart(bound.get(), ranks, strategy.get(), parts.data()), "divide the dies");
  return parts;
}

// SCOTCH may leave a part empty where there are hardly more dies than ranks. Such a rank takes a die from
// the rank that has most.
void fill_empty_ranks(std::vector<SCOTCH_Num>& parts, SCOTCH_Num ranks) {
  std::vector<std::uint32_t> dies_of(static_cast<std::size_t>(ranks), 0);
  for (const SCOTCH_Num part : parts) ++dies_of[static_cast<std::size_t>(part)];
  for (std::size_t rank = 0; rank < dies_of.size(); ++rank) {
    if (dies_of[rank] > 0) continue;
    const auto donor = std::max_element(dies_of.begin(), dies_of.end());
    const auto die =
        std::find(parts.rbegin(), parts.rend(), static_cast<SCOTCH_Num>(donor - dies_of.begin()));
    *die = static_cast<SCOTCH_Num>(rank);
    --*donor;
    ++dies_of[rank];
  }
}

}  // namespace

Partition make_weighted(const net::Topology& topology, std::uint32_t ranks, const Weights& weights) {
  const auto count = static_cast<SCOTCH_Num>(ranks);
  std::vector<SCOTCH_Num> parts(topology.dies(), 0);
  if (ranks > 1) parts = parts_of(links_of(topology), scaled_loads(topology, weights), count);
  fill_empty_ranks(parts, count);
  Partition result{ranks, std::vector<RankId>(topology.nodes())};
  for (std::uint32_t n = 0; n < topology.nodes(); ++n) {
    result.owner[n] = RankId{static_cast<std::uint32_t>(parts[topology.die_of(NodeId{n}).value])};
  }
  return result;
}

}  // namespace hecaton::partition
