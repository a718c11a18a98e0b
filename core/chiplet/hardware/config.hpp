// What a die, its memory and its energy table are: plain values in the user's units.
#pragma once

#include <cstdint>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::chiplet {

enum class MatrixModel : std::uint8_t { systolic, roofline };
constexpr auto enum_names(std::type_identity<MatrixModel>) {
  using enum MatrixModel;
  return named<MatrixModel>({{systolic, "systolic"}, {roofline, "roofline"}});
}

struct DieConfig {
  double peak_TFLOPS = 32.0;  // bf16; one multiply-accumulate counts as two operations
  double weight_buffer_MiB = 16.0;
  double activation_buffer_MiB = 16.0;
  double vector_GBps = 0.0;  // of the vector unit; 0: vector operations and reductions take no time
  MatrixModel matrix = MatrixModel::systolic;
  std::uint32_t array_rows = 128;     // processing elements of the systolic array
  std::uint32_t array_columns = 128;  // its clock follows from peak_TFLOPS
  double sram_GBps = 0.0;             // roofline: operand bandwidth of the buffers; 0 = never the limit
};

struct MemoryConfig {
  std::uint32_t channels = 0;  // in the whole package; 0: as many as follow from its size
  // Where channels follow from the size: by area, one for so many dies; 0: by perimeter, one per edge die.
  std::uint32_t dies_per_channel = 0;
  double bandwidth_GBps = 51.2;  // per channel
  double latency_ns = 60.0;      // from request at the channel to its first byte
  double energy_pJ_per_bit = 11.8;
  double capacity_GiB = 0;             // per channel: a step that does not fit is refused; 0: not said
  double usual_capacity_GiB = 0;       // what such a channel has as a rule: only told of; 0: not known
  std::uint32_t burst_bytes = 262144;  // one transfer between channel and die
  double usd_per_GiB = 4;              // for the price of the package

  // Of a package of so many dies; 0: one per edge die.
  constexpr std::uint32_t channels_of(std::uint32_t dies) const {
    if (channels > 0 || dies_per_channel == 0) return channels;
    return (dies + dies_per_channel - 1) / dies_per_channel;
  }
};

// One value per action. Energy is a pure function of counts and this table.
struct EnergyConfig {
  double matrix_pJ_per_MAC = 0.6;
  double vector_pJ_per_byte = 0.5;
  double sram_read_pJ_per_byte = 0.7;
  double sram_write_pJ_per_byte = 1.1;
  double router_pJ_per_bit = 0.1;  // of the router that a bit leaves for a link
  double static_W_per_die = 1.0;
  // Energies per bit of links and DRAM stand in [link] and [memory].
};

}  // namespace hecaton::chiplet
