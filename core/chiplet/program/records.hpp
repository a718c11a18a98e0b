// What a run says about dies, operations and links, a struct for each. All values are integers, so sums do
// not depend on their order. Energy is computed from these counts later, never during the run.
//
// Each struct lists its fields (core/engine/base/fields.hpp). Columns of the trace, reading them back, digest,
// sums over dies and ranks, checkpoints and `verify` follow from the lists: a new counter or column is a
// member and its line in the list.
#pragma once

#include <cstdint>

#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/fields.hpp"

namespace hecaton::chiplet {

// What was done.
enum class OperationKind : std::uint8_t {
  matmul,
  vector,
  all_gather,
  reduce_scatter,
  all_reduce,
  dram_read,
  dram_write,
  dram_wait,
  broadcast,
  reduce,
  all_to_all,
  idle,
  send,
  receive
};
constexpr auto enum_names(std::type_identity<OperationKind>) {
  using enum OperationKind;
  return named<OperationKind>({{matmul, "matmul"},
                               {vector, "vector"},
                               {all_gather, "all-gather"},
                               {reduce_scatter, "reduce-scatter"},
                               {all_reduce, "all-reduce"},
                               {dram_read, "dram-read"},
                               {dram_write, "dram-write"},
                               {dram_wait, "dram-wait"},
                               {broadcast, "broadcast"},
                               {reduce, "reduce"},
                               {all_to_all, "all-to-all"},
                               {idle, "idle"},
                               {send, "send"},
                               {receive, "receive"}});
}

// The part of the model that an operation belongs to.
enum class Stage : std::uint8_t {
  none,
  embedding,
  norm,
  qkv,
  attention,
  attention_output,
  ffn_up,
  activation,
  ffn_down,
  residual,
  head,
  loss,
  weights,
  activations,
  gradients,
  optimizer
};
constexpr auto enum_names(std::type_identity<Stage>) {
  using enum Stage;
  return named<Stage>({{none, "none"},
                       {embedding, "embedding"},
                       {norm, "norm"},
                       {qkv, "qkv"},
                       {attention, "attention"},
                       {attention_output, "attention-output"},
                       {ffn_up, "ffn-up"},
                       {activation, "activation"},
                       {ffn_down, "ffn-down"},
                       {residual, "residual"},
                       {head, "head"},
                       {loss, "loss"},
                       {weights, "weights"},
                       {activations, "activations"},
                       {gradients, "gradients"},
                       {optimizer, "optimizer"}});
}

// One finished operation of one die. A dram_read / dram_write row spans issue to completion (it may overlap
// other rows of the same die); a dram_wait row is the time the program stood still for it.
struct OperationRow {
  std::uint32_t die = 0;
  OperationKind kind = OperationKind::idle;
  Stage stage = Stage::none;
  std::int16_t layer = -1;  // -1: outside the layers (embedding, head, optimizer)
  std::int32_t minibatch = -1;
  std::int64_t start_ps = 0;
  std::int64_t end_ps = 0;
  std::uint64_t bytes = 0;  // moved by a transfer, touched by a vector operation, operands of a matmul
  std::uint64_t macs = 0;   // useful multiply-accumulates of a matmul; they follow from the program

  static constexpr auto fields() {
    using R = OperationRow;
    using enum Combine;
    using enum Digested;
    return FieldList(
        field<&R::die>("die", "1", "Number of the die"),
        field<&R::kind>("kind", "1", "What was done; the attribute names lists the kinds"),
        field<&R::stage>("stage", "1", "Part of the model; the attribute names lists the stages", none,
                         joined),
        field<&R::layer>("layer", "1", "Layer of the model; -1: none", none, joined),
        field<&R::minibatch>("minibatch", "1", "Mini-batch; -1: none", none, joined),
        field<&R::start_ps>("start_ps", "ps", "Start"), field<&R::end_ps>("end_ps", "ps", "End"),
        field<&R::bytes>("bytes", "B",
                         "Bytes moved by a transfer, touched by a vector operation, operands of a matmul"),
        field<&R::macs>("macs", "1", "Multiply-accumulates of a matmul", none, Digested::no));
  }
  friend bool operator==(const OperationRow&, const OperationRow&) = default;
};
static_assert(lists_every_member<OperationRow>);

// What a die did until the end, or so far. Peaks are not in the digest: they follow from the rows.
struct DieCounters {
  std::uint64_t macs = 0;  // useful ones, no padding
  std::uint64_t vector_bytes = 0;
  std::uint64_t sram_read_bytes = 0;
  std::uint64_t sram_write_bytes = 0;
  std::uint64_t nop_sent_bytes = 0;  // at this die's interface
  std::uint64_t nop_received_bytes = 0;
  std::uint64_t dram_read_bytes = 0;  // asked for by this die
  std::uint64_t dram_write_bytes = 0;
  std::uint64_t matrix_ps = 0;
  std::uint64_t vector_ps = 0;
  std::uint64_t nop_ps = 0;
  std::uint64_t dram_ps = 0;
  std::uint64_t finished_ps = 0;
  std::uint64_t activation_peak_bytes = 0;  // occupancy.hpp
  std::uint64_t weight_peak_bytes = 0;

  static constexpr auto fields() {
    using C = DieCounters;
    using enum Combine;
    return FieldList(
        field<&C::macs>("macs", "1", "Multiply-accumulates done by the matrix engine", sum),
        field<&C::vector_bytes>("vector_bytes", "B", "Bytes touched by the vector unit", sum),
        field<&C::sram_read_bytes>("sram_read_bytes", "B", "Bytes read from the buffers", sum),
        field<&C::sram_write_bytes>("sram_write_bytes", "B", "Bytes written to the buffers", sum),
        field<&C::nop_sent_bytes>("nop_sent_bytes", "B", "Bytes sent by collectives", sum),
        field<&C::nop_received_bytes>("nop_received_bytes", "B", "Bytes received by collectives", sum),
        field<&C::dram_read_bytes>("dram_read_bytes", "B", "Bytes read from DRAM", sum),
        field<&C::dram_write_bytes>("dram_write_bytes", "B", "Bytes written to DRAM", sum),
        field<&C::matrix_ps>("matrix_ps", "ps", "Time the matrix engine worked", sum),
        field<&C::vector_ps>("vector_ps", "ps", "Time the vector unit worked", sum),
        field<&C::nop_ps>("nop_ps", "ps", "Time the program stood still for a collective", sum),
        field<&C::dram_ps>("dram_ps", "ps", "Time the program stood still for DRAM", sum),
        field<&C::finished_ps>("finished_ps", "ps", "Time at which the die's program ended", maximum),
        field<&C::activation_peak_bytes>("activation_peak_bytes", "B",
                                         "Most bytes held in the activation buffer at any time", maximum,
                                         Digested::no),
        field<&C::weight_peak_bytes>("weight_peak_bytes", "B",
                                     "Most bytes held in the weight buffer at any time", maximum,
                                     Digested::no));
  }
  friend bool operator==(const DieCounters&, const DieCounters&) = default;
};
static_assert(lists_every_member<DieCounters>);

// One directed link of the package, keyed by (from, to); IO links included.
struct LinkCounters {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t busy_ps = 0;
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  // The digest of a node covers the links that leave it, so `from` says nothing new there.
  static constexpr auto fields() {
    using L = LinkCounters;
    using enum Combine;
    return FieldList(
        field<&L::from>("from", "1", "Node the link leaves; IO dies follow the dies", none, Digested::no),
        field<&L::to>("to", "1", "Node the link enters"),
        field<&L::busy_ps>("busy_ps", "ps", "Time the link was transmitting", sum),
        field<&L::flits>("flits", "1", "Flits transmitted", sum),
        field<&L::packets>("packets", "1", "Packets transmitted", sum),
        field<&L::bytes>("bytes", "B", "Payload transmitted", sum));
  }
  friend bool operator==(const LinkCounters&, const LinkCounters&) = default;
};
static_assert(lists_every_member<LinkCounters>);

// One DRAM channel of an IO die, keyed by (io_die, channel).
struct ChannelCounters {
  std::uint32_t io_die = 0;
  std::uint32_t channel = 0;
  std::uint64_t busy_ps = 0;

  static constexpr auto fields() {
    using C = ChannelCounters;
    using enum Combine;
    return FieldList(
        field<&C::io_die>("io_die", "1", "Node of the IO die that the channel belongs to"),
        field<&C::channel>("channel", "1", "Number of the channel, of those of its IO die"),
        field<&C::busy_ps>("busy_ps", "ps", "Time the channel was moving data, in whole picoseconds", sum));
  }
  friend bool operator==(const ChannelCounters&, const ChannelCounters&) = default;
};
static_assert(lists_every_member<ChannelCounters>);

}  // namespace hecaton::chiplet
