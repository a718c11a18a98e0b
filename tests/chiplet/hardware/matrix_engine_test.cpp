// Times of the matrix engine against a cycle-by-cycle account of the array, and against numbers worked out by
// hand.
#include "core/chiplet/hardware/matrix_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace hecaton::chiplet::matrix_engine_test {
namespace {

struct Tile {
  std::uint64_t rows;
  std::uint64_t columns;
};

// Books every PE, result register and output port of an output-stationary array for every cycle.
class ArrayBooks {
 public:
  explicit ArrayBooks(std::uint64_t k) : k_(k) {}

  // Starts the tile in the first cycle not before `earliest` in which nothing it needs is taken; returns that
  // cycle.
  std::uint64_t place(const Tile& tile, std::uint64_t earliest) {
    std::uint64_t start = earliest;
    while (!fits(tile, start)) ++start;
    for (const Booking& b : bookings(tile, start)) taken_.insert(b);
    return start;
  }
  // The first cycle after everything.
  std::uint64_t end() const {
    std::uint64_t last = 0;
    for (const Booking& b : taken_) last = std::max(last, std::get<3>(b));
    return last + 1;
  }

 private:
  enum Resource { pe, result_register, port };
  using Booking =
      std::tuple<int, std::uint64_t, std::uint64_t, std::uint64_t>;  // resource, row, column, cycle

  std::vector<Booking> bookings(const Tile& tile, std::uint64_t start) const {
    std::vector<Booking> all;
    for (std::uint64_t j = 0; j < tile.columns; ++j) {
      const std::uint64_t column_done =
          start + (tile.rows - 1) + j + k_;  // first cycle after its last product
      for (std::uint64_t i = 0; i < tile.rows; ++i) {
        for (std::uint64_t q = 0; q < k_; ++q) all.push_back({pe, i, j, start + i + j + q});
        for (std::uint64_t t = start + i + j + k_; t < column_done; ++t)
          all.push_back({result_register, i, j, t});
        for (std::uint64_t d = 0; i + d < tile.rows; ++d)
          all.push_back({result_register, i + d, j, column_done + d});
        all.push_back({port, 0, j, column_done + (tile.rows - 1 - i)});
      }
    }
    return all;
  }

  bool fits(const Tile& tile, std::uint64_t start) const {
    const std::vector<Booking> wanted = bookings(tile, start);
    return std::none_of(wanted.begin(), wanted.end(), [&](const Booking& b) { return taken_.count(b) > 0; });
  }

  std::uint64_t k_;
  std::set<Booking> taken_;
};

std::uint64_t counted_cycles(const MatmulShape& shape, std::uint64_t rows, std::uint64_t columns) {
  std::vector<Tile> tiles;
  const auto add_band = [&](std::uint64_t band_rows) {
    if (shape.n % columns > 0) tiles.push_back({band_rows, shape.n % columns});
    for (std::uint64_t full = shape.n / columns; full > 0; --full) tiles.push_back({band_rows, columns});
  };
  for (std::uint64_t c = 0; c < shape.count && shape.m % rows > 0; ++c) add_band(shape.m % rows);
  for (std::uint64_t c = 0; c < shape.count * (shape.m / rows); ++c) add_band(rows);
  ArrayBooks books(shape.k);
  std::uint64_t start = 0;
  for (const Tile& tile : tiles) start = books.place(tile, start);
  return books.end();
}

TEST(SystolicCycles, EqualTheCycleByCycleAccount) {
  for (std::uint32_t rows = 1; rows <= 4; ++rows) {
    for (std::uint32_t columns = 1; columns <= 3; ++columns) {
      for (std::uint64_t m = 1; m <= 6; ++m) {
        for (std::uint64_t k : {1U, 2U, 3U, 5U}) {
          for (std::uint64_t n = 1; n <= 4; ++n) {
            for (std::uint64_t count = 1; count <= 2; ++count) {
              const MatmulShape shape{count, m, k, n};
              EXPECT_EQ(systolic_cycles(shape, rows, columns), counted_cycles(shape, rows, columns))
                  << rows << "x" << columns << " array, " << count << " x [" << m << "," << k << "]x[" << k
                  << "," << n << "]";
            }
          }
        }
      }
    }
  }
}

TEST(SystolicCycles, OneTileIsThePublishedForm) {
  // 2 S_R + S_C + T - 2 with S_R = 128, S_C = 64, T = 4096.
  EXPECT_EQ(systolic_cycles({1, 128, 4096, 64}, 128, 64), 2U * 128 + 64 + 4096 - 2);
}

TEST(MatmulTime, SystolicClockFollowsFromThePeak) {
  DieConfig config;  // 32 TFLOPS on 128 x 128 PEs: 32768 operations a cycle, so 1024 ps a cycle
  config.peak_TFLOPS = 32.0;
  const MatrixEngine engine = resolve_matrix_engine(config);
  // 2048 x 512 x 1024 is 16 x 8 full tiles: 127 x 512 + (512 + 256 + 128 - 2) cycles.
  EXPECT_EQ(matmul_time(engine, {1, 2048, 512, 1024}).ps, (127 * 512 + 894) * 1024);
  EXPECT_NEAR(matmul_utilisation(engine, {1, 2048, 512, 1024}), 128.0 * 512 / (127 * 512 + 894), 1e-9);
  // A ragged edge costs as much as a full tile: 129 rows take two bands.
  EXPECT_EQ(matmul_time(engine, {1, 129, 512, 128}).ps, (512 + 894) * 1024);
  EXPECT_LT(matmul_utilisation(engine, {1, 129, 512, 128}), 0.5);
}

TEST(MatmulTime, IsRoundedUpToThePicosecond) {
  DieConfig config;
  config.peak_TFLOPS = 7.0;
  config.array_rows = 1;
  config.array_columns = 1;
  // One PE, one product: k + 2 + 1 - 2 = 4 cycles of 2 operations: 8 / 7e12 s = 1.14 ps.
  EXPECT_EQ(matmul_time(resolve_matrix_engine(config), {1, 1, 3, 1}).ps, 2);
}

TEST(MatmulTime, RooflineIsTheSlowerOfComputingAndReading) {
  DieConfig config;
  config.matrix = MatrixModel::roofline;
  config.peak_TFLOPS = 10.0;
  config.sram_GBps = 100.0;
  const MatrixEngine engine = resolve_matrix_engine(config);
  // 3 x 1000^3 products: 6e9 operations at 1e13/s = 600 us; 3 x 3 x 2e6 bytes at 1e11/s = 180 us.
  EXPECT_EQ(matmul_time(engine, {3, 1000, 1000, 1000}).ps, 600'000'000);
  // k = 10: 6e7 operations = 6 us; 3 x 2 x (1e4 + 1e4 + 1e6) bytes = 61.2 us.
  EXPECT_EQ(matmul_time(engine, {3, 1000, 10, 1000}).ps, 61'200'000);
  EXPECT_NEAR(matmul_utilisation(engine, {3, 1000, 10, 1000}), 6.0 / 61.2, 1e-12);
}

TEST(MatmulCounts, OperandsPassOncePerBandOfTiles) {
  DieConfig config;
  config.array_rows = 8;
  config.array_columns = 4;
  const MatrixEngine systolic = resolve_matrix_engine(config);
  const MatmulShape shape{5, 20, 7, 10};  // 3 bands of rows, 3 of columns
  EXPECT_EQ(matmul_macs(shape), 5U * 20 * 7 * 10);
  EXPECT_EQ(matmul_sram_read_bytes(systolic, shape), 5U * 2 * (3 * 20 * 7 + 3 * 7 * 10));
  EXPECT_EQ(matmul_sram_write_bytes(shape), 5U * 2 * 20 * 10);
  config.matrix = MatrixModel::roofline;
  EXPECT_EQ(matmul_sram_read_bytes(resolve_matrix_engine(config), shape), 5U * 2 * (20 * 7 + 7 * 10));
  EXPECT_EQ(matmul_operand_bytes(shape), 5U * 2 * (20 * 7 + 7 * 10 + 20 * 10));
}

TEST(MatmulCounts, OverflowIsAnErrorNotAWrappedNumber) {
  const std::uint64_t huge = std::uint64_t{1} << 32;
  EXPECT_THROW(matmul_macs({1, huge, huge, 2}), std::overflow_error);
  EXPECT_THROW(systolic_cycles({4'000'000'000U, huge, huge, huge}, 1, 1), std::overflow_error);
}

}  // namespace
}  // namespace hecaton::chiplet::matrix_engine_test
