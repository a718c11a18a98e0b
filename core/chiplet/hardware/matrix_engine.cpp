#include "core/chiplet/hardware/matrix_engine.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "core/chiplet/hardware/timings.hpp"

namespace hecaton::chiplet {

namespace {

std::uint64_t narrow(Wide value) {
  if (value > std::numeric_limits<std::uint64_t>::max())
    throw std::overflow_error("a count overflowed 64 bits");
  return static_cast<std::uint64_t>(value);
}

constexpr std::uint64_t tiles(std::uint64_t length, std::uint64_t tile) {
  return (length + tile - 1) / tile;
}

// 2 bytes x count x (left x m k + right x k n): how often each operand passes.
std::uint64_t operand_bytes(const MatmulShape& s, std::uint64_t left, std::uint64_t right) {
  const Wide elements = Wide{left} * s.m * s.k + Wide{right} * s.k * s.n;
  return narrow(elements * s.count * element_bytes);
}

}  // namespace

MatrixEngine resolve_matrix_engine(const DieConfig& config) {
  return {config.matrix, config.array_rows, config.array_columns, rate_from(config.peak_TFLOPS, 1e12),
          rate_from(config.sram_GBps, 1e9)};
}

DieTimings resolve_timings(const DieConfig& die, const MemoryConfig& memory) {
  return {resolve_matrix_engine(die), rate_from(die.vector_GBps, 1e9), memory.burst_bytes};
}

std::uint64_t matmul_macs(const MatmulShape& s) {
  return narrow(Wide{s.m} * s.k * s.n * s.count);
}

std::uint64_t systolic_cycles(const MatmulShape& s, std::uint32_t rows, std::uint32_t columns) {
  const std::uint64_t across = tiles(s.n, columns);  // tiles in a band of rows
  const std::uint64_t full_bands = s.m / rows;
  const std::uint64_t ragged_rows = s.m % rows;  // 0: no ragged band
  const std::uint64_t full_interval = std::max<std::uint64_t>(s.k, rows);
  const std::uint64_t ragged_interval = std::max(s.k, ragged_rows);
  Wide cycles = Wide{s.count} * across * full_bands * full_interval;
  if (ragged_rows > 0) cycles += Wide{s.count} * across * ragged_interval;
  // The last tile shows from its start to its last result, instead of its interval.
  const std::uint64_t last_rows = std::min<std::uint64_t>(s.m, rows);
  cycles -= std::max(s.k, last_rows);
  return narrow(cycles + s.k + 2 * last_rows + std::min<std::uint64_t>(s.n, columns) - 2);
}

SimDuration matmul_time(const MatrixEngine& engine, const MatmulShape& shape) {
  if (engine.model == MatrixModel::roofline) {
    const SimDuration computing =
        engine.peak.is_free() ? SimDuration{}
                              : ceil_ps(2 * Wide{matmul_macs(shape)}, ps_per_second, engine.peak.per_second);
    return std::max(computing, engine.sram.time_of(matmul_operand_bytes(shape)));
  }
  if (engine.peak.is_free()) return {};
  const std::uint64_t operations_per_cycle = 2 * std::uint64_t{engine.rows} * engine.columns;
  const Wide operations = Wide{systolic_cycles(shape, engine.rows, engine.columns)} * operations_per_cycle;
  return ceil_ps(operations, ps_per_second, engine.peak.per_second);
}

double matmul_utilisation(const MatrixEngine& engine, const MatmulShape& shape) {
  const double seconds = to_seconds(matmul_time(engine, shape));
  const double ideal_seconds =
      2.0 * static_cast<double>(matmul_macs(shape)) / static_cast<double>(engine.peak.per_second);
  return seconds > 0 ? std::min(1.0, ideal_seconds / seconds) : 1.0;
}

std::uint64_t matmul_sram_read_bytes(const MatrixEngine& engine, const MatmulShape& s) {
  if (engine.model == MatrixModel::roofline) return operand_bytes(s, 1, 1);
  return operand_bytes(s, tiles(s.n, engine.columns), tiles(s.m, engine.rows));
}

std::uint64_t matmul_sram_write_bytes(const MatmulShape& s) {
  return narrow(Wide{s.m} * s.n * s.count * element_bytes);
}

std::uint64_t matmul_operand_bytes(const MatmulShape& s) {
  return narrow(Wide{operand_bytes(s, 1, 1)} + matmul_sram_write_bytes(s));
}

}  // namespace hecaton::chiplet
