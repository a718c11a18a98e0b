// The time of `count` independent products [m,k] x [k,n] on a die's matrix engine, in integers throughout.
//
// *systolic*: an output-stationary array of R x C processing elements (PEs). A product is cut into output
// tiles of at most R rows and C columns. Operands enter skewed from the left and from the top, so PE (i,j) of
// a tile of r rows and c columns that starts in cycle S does its k multiply-accumulates in cycles S+i+j ..
// S+i+j+k-1. Beside each accumulator is a result register. When the last of the r rows of a column is done,
// the column's results are shifted down through these registers and out, one per cycle (rows that a ragged
// tile leaves idle are bypassed), while the PEs are at the next tile already. One tile alone therefore takes
//     k + (r-1) + (c-1) + r = k + 2r + c - 2 cycles,
// the published analytical form of SCALE-Sim for this dataflow (Samajdar et al., ISPASS 2020: 2 S_R + S_C + T
// - 2). Of consecutive tiles only max(k, r) cycles show: a PE is busy for k cycles and an output port for r;
// fill and drain of all but the last tile hide behind their neighbours. That needs no stall as long as no
// tile is followed by one of fewer rows, so ragged tiles (of all `count` products) go first and the last tile
// is a largest one:
//     cycles = sum over all tiles but the last of max(k, r) + (k + 2 min(m, R) + min(n, C) - 2).
// Edge losses are real: a ragged tile takes as long as a full one, and no two products share the array.
// The clock follows from the peak rate: 2 R C operations per cycle.
//
// *roofline*: max(operations / peak, operand bytes / SRAM bandwidth), where the SRAM bandwidth may be
// unlimited.
#pragma once

#include <cstdint>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/hardware/rate.hpp"

namespace hecaton::chiplet {

// Of bf16 operands and results; sums are kept wider inside the array.
inline constexpr std::uint64_t element_bytes = 2;

// `count` products [m,k] x [k,n]; all at least 1.
struct MatmulShape {
  std::uint64_t count = 1;
  std::uint64_t m = 1;
  std::uint64_t k = 1;
  std::uint64_t n = 1;
};

// The matrix engine with everything resolved to integers.
struct MatrixEngine {
  MatrixModel model = MatrixModel::systolic;
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;
  Rate peak;  // operations per second; one multiply-accumulate is two
  Rate sram;  // bytes per second; roofline only
};

MatrixEngine resolve_matrix_engine(const DieConfig& config);

// Useful multiply-accumulates, without padding. Throws std::overflow_error beyond 64 bits, like all counts
// here.
std::uint64_t matmul_macs(const MatmulShape& shape);

// Cycles on an R x C output-stationary array.
std::uint64_t systolic_cycles(const MatmulShape& shape, std::uint32_t rows, std::uint32_t columns);

SimDuration matmul_time(const MatrixEngine& engine, const MatmulShape& shape);

// Useful operations over what the peak rate could do in the time taken: 0 .. 1.
double matmul_utilisation(const MatrixEngine& engine, const MatmulShape& shape);

// Bytes of operands and results, each counted once.
std::uint64_t matmul_operand_bytes(const MatmulShape& shape);

// What the buffers see. The systolic array reads the left operand once per band of output columns and the
// right one once per band of output rows; the roofline model assumes perfect reuse. Results are written once.
std::uint64_t matmul_sram_read_bytes(const MatrixEngine& engine, const MatmulShape& shape);
std::uint64_t matmul_sram_write_bytes(const MatmulShape& shape);

}  // namespace hecaton::chiplet
