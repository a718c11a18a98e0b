// The tables that describe the package: they may stand in a deck of any kind.
#include "io/deck/presets.hpp"
#include "io/deck/registry_entry.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::io {
namespace {

Table package_table() {
  return table("package", "The mesh of compute dies.",
               {key(
                    "rows", IntegerType{1, largest_mesh}, "dies", Tag::assumed, ActsOn::everything,
                    "Rows of the mesh; rows x columns is at most 65536.",
                    [](auto& d) -> auto& { return d.network.package.rows; }),
                key(
                    "columns", IntegerType{1, largest_mesh}, "dies", Tag::assumed, ActsOn::everything,
                    "Columns of the mesh.", [](auto& d) -> auto& { return d.network.package.columns; }),
                key(
                    "topology", choice_of<net::TopologyKind>(), "", Tag::assumed, ActsOn::everything,
                    net::topology_meanings(), [](auto& d) -> auto& { return d.network.package.topology; }),
                key(
                    "dead_links", list_type<net::DieLink>(link_list_form), "", Tag::assumed,
                    ActsOn::everything, "Links that do not work, in both directions.",
                    [](auto& d) -> auto& { return d.network.package.dead_links; }),
                key(
                    "dead_dies", list_type<std::uint32_t>(die_list_form), "", Tag::assumed, ActsOn::faults,
                    "Dies that do not work, with all their links; traffic goes between the others.",
                    [](auto& d) -> auto& { return d.network.package.dead_dies; })});
}

Table link_table() {
  return table(
      "link", "A die-to-die link. A cycle is flit_bytes / bandwidth, rounded to the picosecond.",
      {key(
           "preset", choice_or_none(link_presets()), "", Tag::assumed, ActsOn::everything,
           "Fills the keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.link_preset; }),
       key(
           "bandwidth_GBps", RealType{0.001, 1e6}, "GB/s (1e9 bytes)", Tag::assumed, ActsOn::everything,
           "Bandwidth in each direction.", [](auto& d) -> auto& { return d.network.link.bandwidth_GBps; }),
       key(
           "latency_ns", RealType{0, 1e6}, "ns", Tag::assumed, ActsOn::everything,
           "From the last bit into the transmitter to the last bit out of the receiver.",
           [](auto& d) -> auto& { return d.network.link.latency_ns; }),
       key(
           "flit_bytes", IntegerType{1, 65536}, "bytes", Tag::assumed, ActsOn::everything,
           "What a link carries in one cycle.", [](auto& d) -> auto& { return d.network.link.flit_bytes; }),
       key(
           "energy_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, ActsOn::programs,
           "Charged for every payload bit on every link it crosses.",
           [](auto& d) -> auto& { return d.network.link.energy_pJ_per_bit; }),
       key(
           "overrides", list_type<net::LinkOverride>(override_form), "", Tag::assumed, ActsOn::everything,
           "Links that differ from the others, in both directions; of several items that fit, the last counts. "
           "No bandwidth above that of all links, which is the routers' clock.",
           [](auto& d) -> auto& { return d.network.link.overrides; })});
}

Table router_table() {
  return table(
      "router", "The router of every die.",
      {key(
           "virtual_channels", IntegerType{1, 16}, "", Tag::assumed, ActsOn::everything,
           "Virtual channels of every input.",
           [](auto& d) -> auto& { return d.network.router.virtual_channels; }),
       key(
           "buffer_flits", IntegerType{1, million}, "flits", Tag::assumed, ActsOn::everything,
           "Buffer of every virtual channel.",
           [](auto& d) -> auto& { return d.network.router.buffer_flits; }),
       key(
           "credit_cycles", IntegerType{0, 1000}, "cycles", Tag::assumed, ActsOn::everything,
           "From a credit's arrival to its use.",
           [](auto& d) -> auto& { return d.network.router.credit_cycles; }),
       key(
           "background_dram", BooleanType{}, "", Tag::assumed, ActsOn::everything,
           "true: DRAM data yields to all other messages at switches and interfaces, and leaves one virtual "
           "channel of every link to them; false: all messages are equal.",
           [](auto& d) -> auto& { return d.network.router.background_dram; }),
       key(
           "pipeline", choice_of<net::Pipeline>(), "", Tag::assumed, ActsOn::everything,
           "three-stage: virtual-channel allocation, switch allocation, switch traversal; "
           "four-stage: with a routing stage before them; speculative: both allocations in one cycle.",
           [](auto& d) -> auto& { return d.network.router.pipeline; }),
       key(
           "routing", choice_of<net::Routing>(), "", Tag::assumed, ActsOn::everything,
           "xy: along the row first; yx: along the column first; o1turn: each packet one of these; adaptive: "
           "any shortest way where the whole packet has room; up-down: around what is dead.",
           [](auto& d) -> auto& { return d.network.router.routing; }),
       key(
           "switching", choice_of<net::Switching>(), "", Tag::assumed, ActsOn::everything,
           "wormhole: switch and credits are granted flit by flit; cut-through: packet by packet.",
           [](auto& d) -> auto& { return d.network.router.switching; })});
}

Table interface_table() {
  return table(
      "interface", "Where a die meets the network.",
      {key(
           "packet_bytes", IntegerType{1, 1 << 20}, "bytes", Tag::assumed, ActsOn::programs,
           "Messages are cut into packets of this size; a multiple of link.flit_bytes.",
           [](auto& d) -> auto& { return d.network.interface.packet_bytes; }),
       key(
           "message_overhead_ns", RealType{0, 1e6}, "ns", Tag::assumed, ActsOn::programs,
           "From the hand-over of a message to its first flit.",
           [](auto& d) -> auto& { return d.network.interface.message_overhead_ns; }),
       key(
           "ports", IntegerType{1, net::most_interface_ports}, "", Tag::assumed, ActsOn::everything,
           "Channels between a die and its router, each way, of a flit per cycle each: 1: one for all; 2: "
           "one for the links east and south, one for those west and north; 4: one for each link.",
           [](auto& d) -> auto& { return d.network.interface.ports; })});
}

Table die_table() {
  return table(
      "die", "A compute die.",
      {key(
           "peak_TFLOPS", RealType{1e-3, 1e6}, "TFLOPS (1e12 per s, bf16)", Tag::assumed, ActsOn::computation,
           "Peak rate of the matrix engine; a multiply-accumulate counts as two operations.",
           [](auto& d) -> auto& { return d.die.peak_TFLOPS; }),
       key(
           "weight_buffer_MiB", RealType{1e-3, 1e6}, "MiB", Tag::assumed, ActsOn::computation,
           "SRAM for weights and their gradients.", [](auto& d) -> auto& { return d.die.weight_buffer_MiB; }),
       key(
           "activation_buffer_MiB", RealType{1e-3, 1e6}, "MiB", Tag::assumed, ActsOn::computation,
           "SRAM for activations.", [](auto& d) -> auto& { return d.die.activation_buffer_MiB; }),
       key(
           "vector_GBps", RealType{0, 1e9}, "GB/s (1e9 bytes)", Tag::assumed, ActsOn::programs,
           "Throughput of the vector unit; 0: vector operations and reductions take no time.",
           [](auto& d) -> auto& { return d.die.vector_GBps; }),
       key(
           "matrix", choice_of<chiplet::MatrixModel>(), "", Tag::assumed, ActsOn::computation,
           "systolic: an output-tiled array with its edge losses; roofline: peak rate or operand bandwidth.",
           [](auto& d) -> auto& { return d.die.matrix; }),
       key(
           "array_rows", IntegerType{1, 65536}, "processing elements", Tag::assumed, ActsOn::computation,
           "Rows of the systolic array.", [](auto& d) -> auto& { return d.die.array_rows; }),
       key(
           "array_columns", IntegerType{1, 65536}, "processing elements", Tag::assumed, ActsOn::computation,
           "Columns of the systolic array; its clock follows from peak_TFLOPS.",
           [](auto& d) -> auto& { return d.die.array_columns; }),
       key(
           "sram_GBps", RealType{0, 1e9}, "GB/s (1e9 bytes)", Tag::assumed, ActsOn::computation,
           "matrix = \"roofline\": operand bandwidth of the buffers; 0: never the limit.",
           [](auto& d) -> auto& { return d.die.sram_GBps; })});
}

Table memory_table() {
  return table(
      "memory", "The DRAM behind the IO dies along the package edge.",
      {key(
           "preset", choice_or_none(memory_presets()), "", Tag::assumed, ActsOn::computation,
           "Fills the keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.memory_preset; }),
       key(
           "channels", IntegerType{0, million}, "channels", Tag::assumed, ActsOn::computation,
           "In the whole package; 0: as many as follow from its size.",
           [](auto& d) -> auto& { return d.memory.channels; }),
       key(
           "dies_per_channel", IntegerType{0, million}, "dies", Tag::assumed, ActsOn::computation,
           "If channels = 0: by area, one channel for so many dies; 0: by perimeter, one per edge die.",
           [](auto& d) -> auto& { return d.memory.dies_per_channel; }),
       key(
           "bandwidth_GBps", RealType{0.001, 1e6}, "GB/s (1e9 bytes)", Tag::assumed, ActsOn::computation,
           "Bandwidth of one channel.", [](auto& d) -> auto& { return d.memory.bandwidth_GBps; }),
       key(
           "latency_ns", RealType{0, 1e6}, "ns", Tag::assumed, ActsOn::computation,
           "From a request at the channel to its first byte.",
           [](auto& d) -> auto& { return d.memory.latency_ns; }),
       key(
           "energy_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, ActsOn::computation,
           "Charged for every bit read or written.",
           [](auto& d) -> auto& { return d.memory.energy_pJ_per_bit; }),
       key(
           "capacity_GiB", RealType{0, 1e6}, "GiB (2^30 bytes)", Tag::assumed, ActsOn::computation,
           "Room in one channel. A step that keeps more in DRAM is refused; 0: not said, nothing is refused.",
           [](auto& d) -> auto& { return d.memory.capacity_GiB; }),
       key(
           "usual_capacity_GiB", RealType{0, 1e6}, "GiB (2^30 bytes)", Tag::assumed, ActsOn::computation,
           "Room that such a channel usually has: validate tells of a step that does not fit, run does not "
           "ask; 0: not known.",
           [](auto& d) -> auto& { return d.memory.usual_capacity_GiB; }),
       key(
           "burst_bytes", IntegerType{64, 1 << 30}, "bytes", Tag::assumed, ActsOn::computation,
           "Largest single transfer between a channel and a die.",
           [](auto& d) -> auto& { return d.memory.burst_bytes; }),
       key(
           "usd_per_GiB", RealType{0, 1e6}, "USD/GiB", Tag::assumed, ActsOn::computation,
           "Price of memory.capacity_GiB, or else memory.usual_capacity_GiB, of each channel. DDR5 3 to 6, HBM 10 "
           "to 20.",
           [](auto& d) -> auto& { return d.memory.usd_per_GiB; })});
}

Table energy_table() {
  return table(
      "energy", "Energy of one action; links and DRAM have theirs in [link] and [memory].",
      {key(
           "preset", choice_or_none(energy_presets()), "", Tag::assumed, ActsOn::computation,
           "Fills keys of this table; a key given here overrides it.",
           [](auto& d) -> auto& { return d.energy_preset; }),
       key(
           "matrix_pJ_per_MAC", RealType{0, 1e6}, "pJ", Tag::assumed, ActsOn::computation,
           "One multiply-accumulate.", [](auto& d) -> auto& { return d.energy.matrix_pJ_per_MAC; }),
       key(
           "vector_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, ActsOn::programs,
           "One byte through the vector unit.", [](auto& d) -> auto& { return d.energy.vector_pJ_per_byte; }),
       key(
           "sram_read_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, ActsOn::programs,
           "One byte read from a buffer.", [](auto& d) -> auto& { return d.energy.sram_read_pJ_per_byte; }),
       key(
           "sram_write_pJ_per_byte", RealType{0, 1e6}, "pJ/byte", Tag::assumed, ActsOn::programs,
           "One byte written to a buffer.", [](auto& d) -> auto& { return d.energy.sram_write_pJ_per_byte; }),
       key(
           "router_pJ_per_bit", RealType{0, 1e6}, "pJ/bit", Tag::assumed, ActsOn::programs,
           "One payload bit through the router that it leaves for a link.",
           [](auto& d) -> auto& { return d.energy.router_pJ_per_bit; }),
       key(
           "static_W_per_die", RealType{0, 1e6}, "W", Tag::assumed, ActsOn::programs,
           "Leakage and clocks of one die, for the whole run.",
           [](auto& d) -> auto& { return d.energy.static_W_per_die; })});
}

}  // namespace

std::vector<Table> hardware_tables() {
  return {package_table(),
          filled_table(link_table(), link_presets()),
          router_table(),
          interface_table(),
          die_table(),
          filled_table(memory_table(), memory_presets()),
          filled_table(energy_table(), energy_presets())};
}

}  // namespace hecaton::io
