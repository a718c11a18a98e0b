// The tables that describe the package: they may stand in a deck of any kind.
#include "io/deck/presets.hpp"
#include "io/deck/registry_entry.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::io {
namespace {

ChoiceType preset_choice(std::string_view table_name) {
  ChoiceType choice{{"none"}};
  for (const std::string_view name : preset_names(table_name)) choice.names.push_back(name);
  return choice;
}

Table package_table() {
  return table("package", "The mesh of compute dies.", for_all,
               {key(
                    "rows", IntegerType{1, largest_mesh}, "dies", Tag::assumed, for_all,
                    "Rows of the mesh; rows x columns is at most 65536.",
                    [](auto& d) -> auto& { return d.network.package.rows; }),
                key(
                    "columns", IntegerType{1, largest_mesh}, "dies", Tag::assumed, for_all,
                    "Columns of the mesh.", [](auto& d) -> auto& { return d.network.package.columns; }),
                key(
                    "topology", choice_of<net::TopologyKind>(), "", Tag::assumed, for_all,
                    net::topology_meanings(), [](auto& d) -> auto& { return d.network.package.topology; }),
                key(
                    "dead_links", list_type<net::DieLink>(link_list_form), "", Tag::assumed, for_all,
                    "Links that do not work, in both directions.",
                    [](auto& d) -> auto& { return d.network.package.dead_links; }),
                key(
                    "dead_dies", list_type<std::uint32_t>(die_list_form), "", Tag::assumed, for_traffic,
                    "Dies that do not work, with all their links; traffic goes between the others.",
                    [](auto& d) -> auto& { return d.network.package.dead_dies; })});
}

Table link_table() {
  return table(
      "link", "A die-to-die link. A cycle is flit_bytes / bandwidth, rounded to the picosecond.", for_all,
      {key(
           "preset", preset_choice("link"), "", Tag::assumed, for_all,
           "Fills the keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.link_preset; }),
       key(
           "bandwidth_GBps", RealType{0.001, 1e6}, "GB/s (1e9 bytes)", Tag::assumed, for_all,
           "Bandwidth in each direction.", [](auto& d) -> auto& { return d.network.link.bandwidth_GBps; }),
       key(
           "latency_ns", RealType{0, 1e6}, "ns", Tag::assumed, for_all,
           "From the last bit into the transmitter to the last bit out of the receiver.",
           [](auto& d) -> auto& { return d.network.link.latency_ns; }),
       key(
           "flit_bytes", IntegerType{1, 65536}, "bytes", Tag::assumed, for_all,
           "What a link carries in one cycle.", [](auto& d) -> auto& { return d.network.link.flit_bytes; }),
       key(
           "energy_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, for_programs,
           "Charged for every payload bit on every link it crosses.",
           [](auto& d) -> auto& { return d.network.link.energy_pJ_per_bit; }),
       key(
           "overrides", list_type<net::LinkOverride>(override_form), "", Tag::assumed, for_all,
           "Links that differ from the others, in both directions; of several items that fit, the last "
           "counts. "
           "No bandwidth above that of all links, which is the routers' clock.",
           [](auto& d) -> auto& { return d.network.link.overrides; })});
}

Table router_table() {
  return table(
      "router", "The router of every die.", for_all,
      {key(
           "virtual_channels", IntegerType{1, 16}, "", Tag::assumed, for_all,
           "Virtual channels of every input.",
           [](auto& d) -> auto& { return d.network.router.virtual_channels; }),
       key(
           "buffer_flits", IntegerType{1, million}, "flits", Tag::assumed, for_all,
           "Buffer of every virtual channel.",
           [](auto& d) -> auto& { return d.network.router.buffer_flits; }),
       key(
           "credit_cycles", IntegerType{0, 1000}, "cycles", Tag::assumed, for_all,
           "From a credit's arrival to its use.",
           [](auto& d) -> auto& { return d.network.router.credit_cycles; }),
       key(
           "background_dram", BooleanType{}, "", Tag::assumed, for_all,
           "true: DRAM data yields to all other messages at switches and interfaces, and leaves one virtual "
           "channel of every link to them; false: all messages are equal.",
           [](auto& d) -> auto& { return d.network.router.background_dram; }),
       key(
           "pipeline", choice_of<net::Pipeline>(), "", Tag::assumed, for_all,
           "three-stage: virtual-channel allocation, switch allocation, switch traversal; "
           "four-stage: with a routing stage before them; speculative: both allocations in one cycle.",
           [](auto& d) -> auto& { return d.network.router.pipeline; }),
       key(
           "routing", choice_of<net::Routing>(), "", Tag::assumed, for_all,
           "xy: along the row first; yx: along the column first; o1turn: each packet one of these; adaptive: "
           "any shortest way where buffers are empty; up-down: around what is dead.",
           [](auto& d) -> auto& { return d.network.router.routing; }),
       key(
           "switching", choice_of<net::Switching>(), "", Tag::assumed, for_all,
           "wormhole: switch and credits are granted flit by flit; cut-through: packet by packet.",
           [](auto& d) -> auto& { return d.network.router.switching; })});
}

Table interface_table() {
  return table("interface", "Where a die meets the network.", for_all,
               {key(
                    "packet_bytes", IntegerType{1, 1 << 20}, "bytes", Tag::assumed, for_programs,
                    "Messages are cut into packets of this size; a multiple of link.flit_bytes.",
                    [](auto& d) -> auto& { return d.network.interface.packet_bytes; }),
                key(
                    "message_overhead_ns", RealType{0, 1e6}, "ns", Tag::assumed, for_programs,
                    "From the hand-over of a message to its first flit.",
                    [](auto& d) -> auto& { return d.network.interface.message_overhead_ns; })});
}

Table die_table() {
  return table(
      "die", "A compute die.", for_all,
      {key(
           "peak_TFLOPS", RealType{1e-3, 1e6}, "TFLOPS (1e12 per s, bf16)", Tag::assumed, for_training,
           "Peak rate of the matrix engine; a multiply-accumulate counts as two operations.",
           [](auto& d) -> auto& { return d.die.peak_TFLOPS; }),
       key(
           "weight_buffer_MiB", RealType{1e-3, 1e6}, "MiB", Tag::assumed, for_training,
           "SRAM for weights and their gradients.", [](auto& d) -> auto& { return d.die.weight_buffer_MiB; }),
       key(
           "activation_buffer_MiB", RealType{1e-3, 1e6}, "MiB", Tag::assumed, for_training,
           "SRAM for activations.", [](auto& d) -> auto& { return d.die.activation_buffer_MiB; }),
       key(
           "vector_GBps", RealType{0, 1e9}, "GB/s (1e9 bytes)", Tag::assumed, for_programs,
           "Throughput of the vector unit; 0: vector operations and reductions take no time.",
           [](auto& d) -> auto& { return d.die.vector_GBps; }),
       key(
           "matrix", choice_of<chiplet::MatrixModel>(), "", Tag::assumed, for_training,
           "systolic: an output-tiled array with its edge losses; roofline: peak rate or operand bandwidth.",
           [](auto& d) -> auto& { return d.die.matrix; }),
       key(
           "array_rows", IntegerType{1, 65536}, "processing elements", Tag::assumed, for_training,
           "Rows of the systolic array.", [](auto& d) -> auto& { return d.die.array_rows; }),
       key(
           "array_columns", IntegerType{1, 65536}, "processing elements", Tag::assumed, for_training,
           "Columns of the systolic array; its clock follows from peak_TFLOPS.",
           [](auto& d) -> auto& { return d.die.array_columns; }),
       key(
           "sram_GBps", RealType{0, 1e9}, "GB/s (1e9 bytes)", Tag::assumed, for_training,
           "matrix = \"roofline\": operand bandwidth of the buffers; 0: never the limit.",
           [](auto& d) -> auto& { return d.die.sram_GBps; })});
}

Table memory_table() {
  return table(
      "memory", "The DRAM behind the IO dies along the package edge.", for_all,
      {key(
           "preset", preset_choice("memory"), "", Tag::assumed, for_training,
           "Fills the keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.memory_preset; }),
       key(
           "channels", IntegerType{0, million}, "channels", Tag::assumed, for_training,
           "In the whole package; 0: as many as follow from its size.",
           [](auto& d) -> auto& { return d.memory.channels; }),
       key(
           "dies_per_channel", IntegerType{0, million}, "dies", Tag::assumed, for_training,
           "If channels = 0: by area, one channel for so many dies; 0: by perimeter, one per edge die.",
           [](auto& d) -> auto& { return d.memory.dies_per_channel; }),
       key(
           "bandwidth_GBps", RealType{0.001, 1e6}, "GB/s (1e9 bytes)", Tag::assumed, for_training,
           "Bandwidth of one channel.", [](auto& d) -> auto& { return d.memory.bandwidth_GBps; }),
       key(
           "latency_ns", RealType{0, 1e6}, "ns", Tag::assumed, for_training,
           "From a request at the channel to its first byte.",
           [](auto& d) -> auto& { return d.memory.latency_ns; }),
       key(
           "energy_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, for_training,
           "Charged for every bit read or written.",
           [](auto& d) -> auto& { return d.memory.energy_pJ_per_bit; }),
       key(
           "burst_bytes", IntegerType{64, 1 << 30}, "bytes", Tag::assumed, for_training,
           "Largest single transfer between a channel and a die.",
           [](auto& d) -> auto& { return d.memory.burst_bytes; })});
}

Table energy_table() {
  return table(
      "energy", "Energy of one action; links and DRAM have theirs in [link] and [memory].", for_all,
      {key(
           "preset", preset_choice("energy"), "", Tag::assumed, for_training,
           "Fills keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.energy_preset; }),
       key(
           "matrix_pJ_per_MAC", RealType{0, 1e6}, "pJ", Tag::assumed, for_training,
           "One multiply-accumulate.", [](auto& d) -> auto& { return d.energy.matrix_pJ_per_MAC; }),
       key(
           "vector_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, for_programs,
           "One byte through the vector unit.", [](auto& d) -> auto& { return d.energy.vector_pJ_per_byte; }),
       key(
           "sram_read_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, for_programs,
           "One byte read from a buffer.", [](auto& d) -> auto& { return d.energy.sram_read_pJ_per_byte; }),
       key(
           "sram_write_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, for_programs,
           "One byte written to a buffer.", [](auto& d) -> auto& { return d.energy.sram_write_pJ_per_byte; }),
       key(
           "router_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, for_programs,
           "One payload bit through the router that it leaves for a link.",
           [](auto& d) -> auto& { return d.energy.router_pJ_per_bit; }),
       key(
           "static_W_per_die", RealType{0, 1e6}, "W", Tag::assumed, for_programs,
           "Leakage and clocks of one die, for the whole run.",
           [](auto& d) -> auto& { return d.energy.static_W_per_die; })});
}

}  // namespace

std::vector<Table> hardware_tables() {
  return {package_table(), link_table(),   router_table(), interface_table(),
          die_table(),     memory_table(), energy_table()};
}

}  // namespace hecaton::io
