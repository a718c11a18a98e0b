// How the graphs of a package are run: plain values in the user's units, as a deck gives them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::chiplet::graph {

// What a computation takes: its operations and bytes on this die, or what was recorded.
enum class ComputeTimes : std::uint8_t { roofline, recorded };
constexpr auto enum_names(std::type_identity<ComputeTimes>) {
  using enum ComputeTimes;
  return named<ComputeTimes>({{roofline, "roofline"}, {recorded, "recorded"}});
}

// What carries messages: routers with channels and credits, or links that store and forward them whole (net/links).
enum class Carrier : std::uint8_t { routers, links };
constexpr auto enum_names(std::type_identity<Carrier>) {
  using enum Carrier;
  return named<Carrier>({{routers, "routers"}, {links, "links"}});
}

enum class Gigabyte : std::uint8_t { decimal, binary };
constexpr auto enum_names(std::type_identity<Gigabyte>) {
  using enum Gigabyte;
  return named<Gigabyte>({{decimal, "decimal"}, {binary, "binary"}});
}

enum class TimeUnit : std::uint8_t { ps, ns };
constexpr auto enum_names(std::type_identity<TimeUnit>) {
  using enum TimeUnit;
  return named<TimeUnit>({{ps, "ps"}, {ns, "ns"}});
}

// Of all-gather, reduce-scatter and all-reduce.
enum class GatherWay : std::uint8_t { ring, halving_doubling, swing };
constexpr auto enum_names(std::type_identity<GatherWay>) {
  using enum GatherWay;
  return named<GatherWay>({{ring, "ring"}, {halving_doubling, "halving-doubling"}, {swing, "swing"}});
}

// Of broadcast and reduce.
enum class RootedWay : std::uint8_t { tree, ring, star, two_phase };
constexpr auto enum_names(std::type_identity<RootedWay>) {
  using enum RootedWay;
  return named<RootedWay>({{tree, "tree"}, {ring, "ring"}, {star, "star"}, {two_phase, "two-phase"}});
}

enum class AllToAllWay : std::uint8_t { direct, ring, relay };
constexpr auto enum_names(std::type_identity<AllToAllWay>) {
  using enum AllToAllWay;
  return named<AllToAllWay>({{direct, "direct"}, {ring, "ring"}, {relay, "relay"}});
}

// In which order the members of a communicator form a ring: as the topology has one for them, if they are a whole row, column
// or package; or as they are listed.
enum class Rings : std::uint8_t { topology, listed };
constexpr auto enum_names(std::type_identity<Rings>) {
  using enum Rings;
  return named<Rings>({{topology, "topology"}, {listed, "listed"}});
}

// A die whose computations take `factor` times as long.
struct Straggler {
  std::uint32_t die = 0;
  double factor = 1;
};

struct ExecutionConfig {
  std::string traces;           // path with {rank} in it
  std::string groups;           // path of the communicators; empty: one of all ranks
  std::uint32_t ranks = 0;      // 0: as many as dies
  std::string mapping;          // path of the dies of the ranks; empty: row by row
  std::uint32_t window = 4096;  // unfinished nodes of a rank that are known at a time, at most
  ComputeTimes compute = ComputeTimes::roofline;
  std::vector<Straggler> stragglers;
  std::uint32_t transfers = 1;  // loads and stores of a die that are under way at a time, at most
  double local_GBps = 0;        // of a die's own memory, for operands; 0: never the limit
  GatherWay all_gather = GatherWay::ring;
  GatherWay reduce_scatter = GatherWay::ring;
  GatherWay all_reduce = GatherWay::ring;
  RootedWay broadcast = RootedWay::tree;
  RootedWay reduce = RootedWay::tree;
  AllToAllWay all_to_all = AllToAllWay::direct;
  Rings rings = Rings::topology;
  std::uint32_t directions = 1;
  std::uint32_t chunks = 1;
  std::uint32_t parts = 1;
  // How others count; the presets set them together.
  std::string preset = "none";
  Carrier carrier = Carrier::routers;
  Gigabyte gigabyte = Gigabyte::decimal;
  TimeUnit unit = TimeUnit::ps;
  double endpoint_delay_ns = 0;
  std::uint32_t reduction_passes = 0;
};

}  // namespace hecaton::chiplet::graph
