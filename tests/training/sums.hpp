// What all dies do together in a step whose dies have all the same program: to be compared with that of
// another step.
#pragma once

#include <gtest/gtest.h>

#include "tests/training/cases.hpp"

namespace hecaton::training::test {

struct Sums {
  std::int64_t nop = 0, macs = 0, reads = 0, writes = 0, vector = 0;
  bool operator==(const Sums&) const = default;
  Sums operator-(const Sums& o) const {
    return {nop - o.nop, macs - o.macs, reads - o.reads, writes - o.writes, vector - o.vector};
  }
  Sums operator+(const Sums& o) const {
    return {nop + o.nop, macs + o.macs, reads + o.reads, writes + o.writes, vector + o.vector};
  }
};
inline std::ostream& operator<<(std::ostream& out, const Sums& s) {
  return out << "NoP " << s.nop << ", MACs " << s.macs << ", read " << s.reads << ", written " << s.writes
             << ", vector " << s.vector;
}

inline Sums sums_of(const TrainingConfig& config, MeshShape mesh) {
  const Plan plan = plan_step(config, mesh, large_die());
  EXPECT_EQ(plan.roles.size(), 1U);
  const Tally all = tally(plan.roles[0], rings_of(mesh));
  const auto package = [&](std::uint64_t StageTally::*what) {
    return static_cast<std::int64_t>(mesh.dies() * all.sum(what));
  };
  return {static_cast<std::int64_t>(all.sum(&StageTally::nop_bytes)), package(&StageTally::macs),
          package(&StageTally::read_bytes), package(&StageTally::written_bytes),
          package(&StageTally::vector_bytes)};
}

}  // namespace hecaton::training::test
