#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;
using chiplet::Stage;

// Names of an enum's values from 0 up to and including `last`.
template <class Enum, class Name>
std::vector<std::string> names_up_to(Enum last, Name name) {
  std::vector<std::string> names;
  for (unsigned value = 0; value <= static_cast<unsigned>(last); ++value) {
    names.emplace_back(name(static_cast<Enum>(value)));
  }
  return names;
}

}  // namespace

TraceTable<DieRow> die_table() {
  using R = DieRow;
  return {
      "dies",
      "One row per compute die, in the order of the dies",
      {
          trace_column<R, [](const R& r) { return r.die; }>("die", "1", "Number of the die, row by row"),
          trace_column<R, [](const R& r) { return r.row; }>("row", "1", "Row on the mesh, from the north"),
          trace_column<R, [](const R& r) { return r.column; }>("column", "1",
                                                               "Column on the mesh, from the west"),
          trace_column<R, [](const R& r) { return r.counters.macs; }>(
              "macs", "1", "Multiply-accumulates done by the matrix engine"),
          trace_column<R, [](const R& r) { return r.counters.vector_bytes; }>(
              "vector_bytes", "B", "Bytes touched by the vector unit"),
          trace_column<R, [](const R& r) { return r.counters.sram_read_bytes; }>(
              "sram_read_bytes", "B", "Bytes read from the buffers"),
          trace_column<R, [](const R& r) { return r.counters.sram_write_bytes; }>(
              "sram_write_bytes", "B", "Bytes written to the buffers"),
          trace_column<R, [](const R& r) { return r.counters.nop_sent_bytes; }>("nop_sent_bytes", "B",
                                                                                "Bytes sent by collectives"),
          trace_column<R, [](const R& r) { return r.counters.nop_received_bytes; }>(
              "nop_received_bytes", "B", "Bytes received by collectives"),
          trace_column<R, [](const R& r) { return r.counters.dram_read_bytes; }>("dram_read_bytes", "B",
                                                                                 "Bytes read from DRAM"),
          trace_column<R, [](const R& r) { return r.counters.dram_write_bytes; }>("dram_write_bytes", "B",
                                                                                  "Bytes written to DRAM"),
          trace_column<R, [](const R& r) { return r.counters.matrix_ps; }>("matrix_ps", "ps",
                                                                           "Time the matrix engine worked"),
          trace_column<R, [](const R& r) { return r.counters.vector_ps; }>("vector_ps", "ps",
                                                                           "Time the vector unit worked"),
          trace_column<R, [](const R& r) { return r.counters.nop_ps; }>(
              "nop_ps", "ps", "Time the program stood still for a collective"),
          trace_column<R, [](const R& r) { return r.counters.dram_ps; }>(
              "dram_ps", "ps", "Time the program stood still for DRAM"),
          trace_column<R, [](const R& r) { return r.counters.finished_ps; }>(
              "finished_ps", "ps", "Time at which the die's program ended"),
          trace_column<R, [](const R& r) { return r.counters.activation_peak_bytes; }>(
              "activation_peak_bytes", "B", "Most bytes held in the activation buffer at any time"),
          trace_column<R, [](const R& r) { return r.counters.weight_peak_bytes; }>(
              "weight_peak_bytes", "B", "Most bytes held in the weight buffer at any time"),
          trace_column<R, [](const R& r) { return r.energy.compute_J; }>(
              "energy_compute_J", "J", "Energy of the matrix engine and the vector unit"),
          trace_column<R, [](const R& r) { return r.energy.sram_J; }>("energy_sram_J", "J",
                                                                      "Energy of the buffers"),
          trace_column<R, [](const R& r) { return r.energy.nop_J; }>(
              "energy_nop_J", "J", "Energy of the links that leave the die or enter it from its IO die"),
          trace_column<R, [](const R& r) { return r.energy.dram_J; }>(
              "energy_dram_J", "J", "Energy of the DRAM bytes the die asked for"),
          trace_column<R, [](const R& r) { return r.energy.static_J; }>(
              "energy_static_J", "J", "Energy of static power over the whole run"),
          trace_column<R, [](const R& r) { return r.energy.total_J(); }>("energy_total_J", "J",
                                                                         "Sum of the energies of the die"),
      }};
}

TraceTable<OperationRow> operation_table() {
  using R = OperationRow;
  TraceTable<R> table{
      "operations",
      "One row per finished operation, by die and then by time",
      {
          trace_column<R, [](const R& r) { return r.die; }>("die", "1", "Number of the die"),
          trace_column<R, [](const R& r) { return static_cast<std::uint8_t>(r.kind); }>(
              "kind", "1", "What was done; the attribute names lists the kinds"),
          trace_column<R, [](const R& r) { return static_cast<std::uint8_t>(r.stage); }>(
              "stage", "1", "Part of the model; the attribute names lists the stages"),
          trace_column<R, [](const R& r) { return r.layer; }>("layer", "1", "Layer of the model; -1: none"),
          trace_column<R, [](const R& r) { return r.minibatch; }>("minibatch", "1", "Mini-batch; -1: none"),
          trace_column<R, [](const R& r) { return r.start_ps; }>("start_ps", "ps", "Start"),
          trace_column<R, [](const R& r) { return r.end_ps; }>("end_ps", "ps", "End"),
          trace_column<R, [](const R& r) { return r.bytes; }>(
              "bytes", "B", "Bytes moved by a transfer, touched by a vector operation, operands of a matmul"),
      }};
  table.columns[1].names = names_up_to(OperationKind::idle, chiplet::operation_name);
  table.columns[2].names = names_up_to(Stage::optimizer, chiplet::stage_name);
  return table;
}

TraceTable<LinkRow> link_table() {
  using R = LinkRow;
  return {"links",
          "One row per directed link, by (from, to)",
          {
              trace_column<R, [](const R& r) { return r.from; }>(
                  "from", "1", "Node the link leaves; IO dies follow the dies"),
              trace_column<R, [](const R& r) { return r.to; }>("to", "1", "Node the link enters"),
              trace_column<R, [](const R& r) { return r.from_row; }>(
                  "from_row", "1", "Row of from, or of the die it is attached to"),
              trace_column<R, [](const R& r) { return r.from_column; }>(
                  "from_column", "1", "Column of from, or of the die it is attached to"),
              trace_column<R, [](const R& r) { return r.to_row; }>(
                  "to_row", "1", "Row of to, or of the die it is attached to"),
              trace_column<R, [](const R& r) { return r.to_column; }>(
                  "to_column", "1", "Column of to, or of the die it is attached to"),
              trace_column<R, [](const R& r) { return r.busy_ps; }>("busy_ps", "ps",
                                                                    "Time the link was transmitting"),
              trace_column<R, [](const R& r) { return r.flits; }>("flits", "1", "Flits transmitted"),
              trace_column<R, [](const R& r) { return r.packets; }>("packets", "1", "Packets transmitted"),
              trace_column<R, [](const R& r) { return r.bytes; }>("bytes", "B", "Payload transmitted"),
          }};
}

}  // namespace hecaton::io
