// The critical path of a step as a chain of segments, each of one part of the time.
//
// Invariant: in the order of time a segment starts where the one before it ends; the first starts at 0, the last ends
// with the step. So parts add up to the step, in whole picoseconds.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton::critical {

// What a segment's time went to.
enum class Part : std::uint8_t {
  compute,        // matrix products
  vector,         // the vector unit: operations, and what a collective adds
  latency,        // of links, routers and interfaces, for a message that nothing is in the way of
  serialisation,  // its bytes at the bandwidth of the slowest link of its way
  contention,     // the rest of a message's time: behind others, or out of credits
  dram_latency,   // of DRAM, and of the two messages that go there and back
  dram_transfer,  // bytes at the bandwidth of the DRAM behind an IO die
  dram_queue,     // the rest of a transfer's time: behind others, in DRAM or on the way
  slot,           // until the time at which the next step of a collective may begin
  pause           // of a sampled step, for what is left out
};
constexpr auto enum_names(std::type_identity<Part>) {
  using enum Part;
  return named<Part>({{compute, "compute"},
                      {vector, "vector"},
                      {latency, "latency"},
                      {serialisation, "serialisation"},
                      {contention, "contention"},
                      {dram_latency, "dram-latency"},
                      {dram_transfer, "dram-transfer"},
                      {dram_queue, "dram-queue"},
                      {slot, "slot"},
                      {pause, "pause"}});
}
inline constexpr std::size_t part_count = names_of<Part>().size();

struct Segment {
  std::uint32_t die = 0;   // that works, or waits
  std::uint32_t from = 0;  // the node whose message it waits for; the die itself where it waits for none
  Part part = Part::compute;
  // Of the operation of that die.
  chiplet::OperationKind kind = chiplet::OperationKind::idle;
  chiplet::Stage stage = chiplet::Stage::none;
  chiplet::Pass pass = chiplet::Pass::whole;
  std::int16_t layer = -1;
  std::int32_t minibatch = -1;
  std::int64_t start_ps = 0;
  std::int64_t end_ps = 0;
  std::uint32_t merged = 1;  // segments that this one stands for (merge.hpp)

  static constexpr auto fields() {
    using S = Segment;
    return FieldList(
        field<&S::die>("die", "1", "Die that works or waits"),
        field<&S::from>("from", "1",
                        "Node whose message it waits for; the die itself where it waits for none"),
        field<&S::part>("part", "1", "What the time went to; the attribute names lists the parts"),
        field<&S::kind>("kind", "1", "Kind of the operation; the attribute names lists the kinds"),
        field<&S::stage>("stage", "1", "Part of the model; the attribute names lists the stages"),
        field<&S::pass>("pass", "1", "Pass of the step; the attribute names lists the passes"),
        field<&S::layer>("layer", "1", "Layer of the model; -1: none"),
        field<&S::minibatch>("minibatch", "1", "Mini-batch; -1: none"),
        field<&S::start_ps>("start_ps", "ps", "Start"), field<&S::end_ps>("end_ps", "ps", "End"),
        field<&S::merged>("merged", "1", "Segments of the path that this row stands for"));
  }
  friend bool operator==(const Segment&, const Segment&) = default;
};
static_assert(lists_every_member<Segment>);

using Path = std::vector<Segment>;  // in the order of time

}  // namespace hecaton::critical
