#include "io/deck/workloads/execution_table.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/graph/config.hpp"
#include "core/chiplet/program/tags.hpp"
#include "io/deck/registry_entry.hpp"

namespace hecaton::io {
namespace {

namespace graph = chiplet::graph;

template <class AnyDeck>
auto& settings_of(AnyDeck& deck) {
  return deck.template as<graph::ExecutionConfig>();
}

constexpr std::string_view file_form = "the name of a file; empty: none";

// The conventions of other simulators. ASTRA-sim: its analytical network with congestion, as its public examples are set up
// (github.com/astra-sim/astra-sim at 518bd51: examples/system/native_collectives/Ring_4chunks.json).
std::span<const Preset> execution_presets() {
  static const std::vector<Preset> presets{{"astra",
                                            "as ASTRA-sim counts with its analytical network",
                                            {{"carrier", std::string("links"), Tag::public_source},
                                             {"gigabyte", std::string("binary"), Tag::public_source},
                                             {"unit", std::string("ns"), Tag::public_source},
                                             {"endpoint_delay_ns", 10.0, Tag::public_source},
                                             {"reduction_passes", std::int64_t{3}, Tag::public_source},
                                             {"local_GBps", 1600.0, Tag::public_source},
                                             {"all_to_all", std::string("relay"), Tag::public_source}}}};
  return presets;
}

std::vector<Key> keys_of_files() {
  return {
      key(
          "traces", ListType{file_form, &problem_of_path}, "", Tag::assumed, ActsOn::everything,
          "The files of the ranks, {rank} standing for 0, 1, ...; from the folder of the deck. Every process reads "
          "them.",
          [](auto& d) -> auto& { return settings_of(d).traces; }),
      key(
          "groups", ListType{file_form, &problem_of_path}, "", Tag::assumed, ActsOn::everything,
          "JSON of the communicators: {\"1\": [0, 1, 2, 3], ...}, ranks by name; there is always one of all ranks.",
          [](auto& d) -> auto& { return settings_of(d).groups; }),
      key(
          "ranks", IntegerType{0, largest_mesh}, "", Tag::assumed, ActsOn::everything,
          "How many there are; 0: as many as dies.", [](auto& d) -> auto& { return settings_of(d).ranks; }),
      key(
          "mapping", ListType{file_form, &problem_of_path}, "", Tag::assumed, ActsOn::everything,
          "A file that lists the die of each rank, with spaces or lines between them; empty: rank r is on die r, row by "
          "row.",
          [](auto& d) -> auto& { return settings_of(d).mapping; }),
      key(
          "window", IntegerType{1, million}, "nodes", Tag::assumed, ActsOn::everything,
          "A rank's trace is read until so many of its nodes are not over; what comes later cannot begin.",
          [](auto& d) -> auto& { return settings_of(d).window; })};
}

std::vector<Key> keys_of_work() {
  return {
      key(
          "compute", choice_of<graph::ComputeTimes>(), "", Tag::assumed, ActsOn::everything,
          "What a computation takes: roofline: its num_ops at die.peak_TFLOPS, or its tensor_size at local_GBps if that "
          "is longer; recorded: the duration in the trace.",
          [](auto& d) -> auto& { return settings_of(d).compute; }),
      key(
          "stragglers", list_type<graph::Straggler>(straggler_form), "", Tag::assumed, ActsOn::everything,
          "Dies whose computations take longer.", [](auto& d) -> auto& { return settings_of(d).stragglers; }),
      key(
          "local_GBps", RealType{0, 1e9}, "GB/s (1e9 bytes)", Tag::assumed, ActsOn::everything,
          "Of a die's own memory, for the operands of computations; 0: never the limit.",
          [](auto& d) -> auto& { return settings_of(d).local_GBps; }),
      key(
          "transfers", IntegerType{1, chiplet::transfer_ids}, "", Tag::assumed, ActsOn::everything,
          "Loads and stores of a die that may be under way at a time.",
          [](auto& d) -> auto& { return settings_of(d).transfers; }),
      key(
          "all_gather", choice_of<graph::GatherWay>(), "", Tag::assumed, ActsOn::everything,
          "How all-gathers are done; all but ring need communicators of 2^k ranks.",
          [](auto& d) -> auto& { return settings_of(d).all_gather; }),
      key(
          "reduce_scatter", choice_of<graph::GatherWay>(), "", Tag::assumed, ActsOn::everything, "Likewise.",
          [](auto& d) -> auto& { return settings_of(d).reduce_scatter; }),
      key(
          "all_reduce", choice_of<graph::GatherWay>(), "", Tag::assumed, ActsOn::everything, "Likewise.",
          [](auto& d) -> auto& { return settings_of(d).all_reduce; }),
      key(
          "broadcast", choice_of<graph::RootedWay>(), "", Tag::assumed, ActsOn::everything,
          "How broadcasts are done.", [](auto& d) -> auto& { return settings_of(d).broadcast; }),
      key(
          "reduce", choice_of<graph::RootedWay>(), "", Tag::assumed, ActsOn::everything,
          "How reductions are done.", [](auto& d) -> auto& { return settings_of(d).reduce; }),
      key(
          "all_to_all", choice_of<graph::AllToAllWay>(), "", Tag::assumed, ActsOn::everything,
          "How all-to-alls are done: direct; around a ring, all that has further to go at once; or relay, block by block.",
          [](auto& d) -> auto& { return settings_of(d).all_to_all; }),
      key(
          "rings", choice_of<graph::Rings>(), "", Tag::assumed, ActsOn::everything,
          "In which order a communicator forms a ring: the topology's, if it is a whole row, column or package, and else "
          "as it is listed; or always as listed.",
          [](auto& d) -> auto& { return settings_of(d).rings; }),
      key(
          "directions", IntegerType{1, 2}, "", Tag::assumed, ActsOn::everything, "Ways round a ring.",
          [](auto& d) -> auto& { return settings_of(d).directions; }),
      key(
          "chunks", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
          "Chunks of a broadcast or reduction around a ring or in two phases.",
          [](auto& d) -> auto& { return settings_of(d).chunks; }),
      key(
          "parts", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
          "A collective runs as so many smaller ones, one after the other.",
          [](auto& d) -> auto& { return settings_of(d).parts; })};
}

std::vector<Key> keys_of_conventions() {
  return {
      key(
          "preset", choice_or_none(execution_presets()), "", Tag::assumed, ActsOn::everything,
          "The conventions of another simulator.", [](auto& d) -> auto& { return settings_of(d).preset; }),
      key(
          "carrier", choice_of<graph::Carrier>(), "", Tag::assumed, ActsOn::everything,
          "What carries messages: routers, in packets; or links alone, which store and forward them whole, one at a "
          "time.",
          [](auto& d) -> auto& { return settings_of(d).carrier; }),
      key(
          "gigabyte", choice_of<graph::Gigabyte>(), "", Tag::assumed, ActsOn::everything,
          "carrier = \"links\": what GB means in link.bandwidth_GBps, 10^9 or 2^30 bytes.",
          [](auto& d) -> auto& { return settings_of(d).gigabyte; }),
      key(
          "unit", choice_of<graph::TimeUnit>(), "", Tag::assumed, ActsOn::everything,
          "ns: times of computations, reductions, accesses and links are cut down to whole nanoseconds.",
          [](auto& d) -> auto& { return settings_of(d).unit; }),
      key(
          "endpoint_delay_ns", RealType{0, 1e9}, "ns", Tag::assumed, ActsOn::everything,
          "Before each message of a collective is sent, and before it ends.",
          [](auto& d) -> auto& { return settings_of(d).endpoint_delay_ns; }),
      key(
          "reduction_passes", IntegerType{0, 16}, "", Tag::assumed, ActsOn::everything,
          "What a reduction has received goes so often through the die's own memory, at local_GBps; 0: once through the "
          "vector unit.",
          [](auto& d) -> auto& { return settings_of(d).reduction_passes; })};
}

}  // namespace

Table execution_table() {
  std::vector<Key> keys = keys_of_files();
  for (auto* more : {&keys_of_work, &keys_of_conventions})
    for (Key& each : more()) keys.push_back(std::move(each));
  return filled_table(table("execution", "Execution traces.", std::move(keys)), execution_presets());
}

}  // namespace hecaton::io
