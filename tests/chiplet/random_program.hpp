// Random programs for a package of two rows of three dies and two IO dies.
#pragma once

#include <cstdint>
#include <random>

#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing {

inline constexpr std::uint32_t columns = 3;
inline constexpr std::uint32_t dies = 6;

// Nested loops around every kind of operation, with small and awkward sizes.
class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  Program make() {
    Program program;
    for (std::uint8_t slot = 0; slot < 2; ++slot) program.push_back(with_bytes(OpCode::dram_write, 0, slot));
    body(program, 0);
    return program;
  }

 private:
  std::uint64_t up_to(std::uint64_t limit) { return random_() % (limit + 1); }

  void body(Program& program, int depth) {
    for (std::uint64_t i = 0; i < 4 + up_to(3); ++i) {
      if (depth < 3 && up_to(3) == 0) {
        program.push_back(loop(static_cast<std::uint32_t>(1 + up_to(3))));
        body(program, depth + 1);
        program.push_back(end_loop());
      } else {
        program.push_back(operation(depth));
        if (program.back().root_loop == 0)
          program.back().skip_last = static_cast<std::uint8_t>(up_to(static_cast<std::uint64_t>(depth)));
      }
    }
  }

  // Any collective by any schedule that goes with it; rows are three dies, so that none halves and doubles.
  Op other_collective(std::uint32_t unit_bytes, Ring ring, int depth) {
    static constexpr OpCode codes[] = {OpCode::broadcast, OpCode::reduce, OpCode::all_to_all};
    Op op = collective(codes[up_to(2)], up_to(20), unit_bytes, ring);
    const bool first = up_to(1) == 0;
    if (op.code == OpCode::all_to_all) {
      op.schedule = first ? Schedule::direct : Schedule::ring;
    } else {
      op.schedule = first ? Schedule::tree : Schedule::pipelined;
      op.count = static_cast<std::uint32_t>(1 + up_to(3));
      op.root_loop = static_cast<std::uint8_t>(up_to(static_cast<std::uint64_t>(depth)));
      op.value = static_cast<std::int32_t>(up_to(1));
    }
    return op;
  }

  Op operation(int depth) {
    const auto slot = static_cast<std::uint8_t>(up_to(1));
    const auto ring = static_cast<Ring>(up_to(2));
    const auto unit_bytes = static_cast<std::uint32_t>(1 + up_to(9));
    switch (up_to(12)) {
      case 0:
        return matmul(static_cast<std::uint32_t>(1 + up_to(2)), 1 + up_to(9), 1 + up_to(9), 1 + up_to(9));
      case 1:
        return with_bytes(OpCode::vector, up_to(500));
      case 2:
        return with_bytes(OpCode::dram_read, up_to(5000), slot);
      case 3:
        return with_bytes(OpCode::dram_write, up_to(5000), slot);
      case 4:
        return wait_for(slot);
      case 5:
        return label(OpCode::add_layer, 1);
      case 6:
        return collective(OpCode::all_gather, up_to(20), unit_bytes, ring);
      case 7:
        return collective(OpCode::reduce_scatter, up_to(20), unit_bytes, ring);
      case 8:
        return collective(OpCode::all_reduce, up_to(20), unit_bytes, ring);
      default:
        return other_collective(unit_bytes, ring, depth);
    }
  }

  std::mt19937_64 random_;
};

inline DieSetup setup_of(std::uint32_t id, const Program& program) {
  DieConfig config;
  config.array_rows = 4;
  config.array_columns = 2;
  config.vector_GBps = 33;
  MemoryConfig memory;
  memory.burst_bytes = 300;
  DieSetup setup = in_one_ring(id, dies, program, resolve_timings(config, memory));
  const std::uint32_t row = id / columns;
  const std::uint32_t column = id % columns;
  setup.rings[0] = place_in({3 * row, 3 * row + 1, 3 * row + 2}, column);
  setup.rings[1] = place_in({column, column + columns}, row);
  setup.lines[0] = {columns, column, NodeId{3 * row}, 1};
  setup.lines[1] = {2, row, NodeId{column}, columns};
  setup.lines[2] = {dies, id, NodeId{0}, 1};
  setup.dram = {{NodeId{dies}, 5}, {NodeId{dies + 1}, 2}};
  return setup;
}

struct PackageTimes {
  std::int64_t hop_ps;
  std::int64_t ps_per_byte;
  std::uint64_t channel_bytes_per_second;
  std::int64_t memory_latency_ps;
};

inline FakePackage random_package(const Program& program, const PackageTimes& times, std::uint64_t seed) {
  FakePackage package(times.hop_ps, times.ps_per_byte, seed);
  for (std::uint32_t id = 0; id < dies; ++id) package.add(setup_of(id, program));
  for (std::uint32_t io = dies; io < dies + 2; ++io) {
    package.add(
        IoDieSetup{NodeId{io}, 2, Rate{times.channel_bytes_per_second}, {times.memory_latency_ps}, 300});
  }
  return package;
}

}  // namespace hecaton::chiplet::testing
