// Swing: what dies pass on in its rounds comes to complete sums, and to everything everywhere; its messages are what the
// rounds say, along lines and along both axes of packages.
#include "core/chiplet/schedules/swing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::swing_test {
namespace {

struct Shape {
  std::uint32_t rows, columns;
};

// Lines are rows.
class Dies {
 public:
  explicit Dies(const Shape& shape, Ring ring) : ring_(ring), dies_(shape.rows * shape.columns) {
    rings_[0].size = shape.columns;
    rings_[1].size = shape.rows;
  }
  Places of(std::uint32_t die) {
    line_ = {dies_, die, NodeId{0}, 1};
    return {rings_[0], line_, &rings_};
  }
  Op op(OpCode code, std::uint64_t units) const {
    Op op = collective(code, units, 1, ring_);
    op.schedule = Schedule::swing;
    return op;
  }
  std::uint32_t count() const { return dies_; }

 private:
  Ring ring_;
  std::uint32_t dies_;
  std::array<RingPlace, ring_count> rings_;
  LinePlace line_;
};

std::vector<Dies> all_dies() {
  std::vector<Dies> all;
  for (const std::uint32_t dies : {2U, 4U, 8U, 16U, 32U, 64U}) all.emplace_back(Shape{1, dies}, Ring::row);
  for (const Shape& shape : {Shape{2, 2}, {2, 8}, {4, 4}, {8, 2}, {8, 4}, {8, 8}, {1, 16}, {16, 1}})
    all.emplace_back(shape, Ring::package);
  return all;
}

using Bits = std::uint64_t;  // of at most 64 dies

// Sums of every chunk on every die, as the dies that are in them.
TEST(Swing, AddsEverythingUpOnce) {
  for (Dies& dies : all_dies()) {
    const std::uint32_t p = dies.count();
    const Op op = dies.op(OpCode::reduce_scatter, 3 * p);
    const SwingRounds rounds(op, dies.of(0));
    std::vector<std::vector<Bits>> sums(p, std::vector<Bits>(p));
    for (std::uint32_t die = 0; die < p; ++die) sums[die].assign(p, Bits{1} << die);
    for (std::uint32_t round = 0; round < rounds.count(); ++round) {
      const auto before = sums;
      for (std::uint32_t die = 0; die < p; ++die) {
        const std::uint32_t partner = rounds.partner(die, round);
        EXPECT_EQ(rounds.partner(partner, round), die);
        for (const std::uint32_t chunk : rounds.reached(die, round + 1)) {
          EXPECT_EQ(before[die][chunk] & before[partner][chunk], 0U);
          sums[die][chunk] |= before[partner][chunk];
        }
        EXPECT_EQ(exchange(op, dies.of(die), 0, round).receive_bytes,
                  3 * rounds.reached(die, round + 1).size());
      }
    }
    for (std::uint32_t die = 0; die < p; ++die)
      EXPECT_EQ(sums[die][die], p == 64 ? ~Bits{0} : (Bits{1} << p) - 1) << p;
  }
}

TEST(Swing, GathersEverything) {
  for (Dies& dies : all_dies()) {
    const std::uint32_t p = dies.count();
    const Op op = dies.op(OpCode::all_gather, 3 * p + 1);
    const SwingRounds rounds(op, dies.of(0));
    std::vector<Bits> have(p);
    for (std::uint32_t die = 0; die < p; ++die) have[die] = Bits{1} << die;
    for (std::uint32_t round = rounds.count(); round-- > 0;) {
      const std::vector<Bits> before = have;
      for (std::uint32_t die = 0; die < p; ++die) {
        Bits sent = 0;
        for (const std::uint32_t chunk : rounds.reached(die, round + 1)) sent |= Bits{1} << chunk;
        EXPECT_EQ(before[die] & sent, sent) << "sends what it has not";
        have[rounds.partner(die, round)] |= sent;
      }
    }
    for (const Bits bits : have) EXPECT_EQ(bits, have.front());
    EXPECT_EQ(have.front(), p == 64 ? ~Bits{0} : (Bits{1} << p) - 1) << p;
  }
}

// 1, 1, 3, 5, 11, 21 places.
TEST(Swing, GoesShortWays) {
  Dies dies({1, 64}, Ring::row);
  const SwingRounds rounds(dies.op(OpCode::all_reduce, 64), dies.of(0));
  const std::uint32_t from_even[] = {1, 63, 3, 59, 11, 43};
  for (std::uint32_t round = 0; round < 6; ++round) EXPECT_EQ(rounds.partner(0, round), from_even[round]);
  EXPECT_EQ(rounds.partner(1, 0), 0U);
  EXPECT_EQ(rounds.partner(1, 1), 2U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::swing_test
