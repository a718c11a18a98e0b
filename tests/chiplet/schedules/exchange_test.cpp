// Collectives by any schedule: both ends of every message agree, everything gets where it belongs, and a
// package without contention takes the time of the closed forms.
#include "core/chiplet/schedules/exchange.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "core/chiplet/schedules/exchange_totals.hpp"
#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::exchange_test {
namespace {

struct Form {
  OpCode code;
  Schedule schedule;
  std::uint32_t chunks = 1;
  std::uint8_t directions = 1;
};

constexpr Form forms[] = {{OpCode::broadcast, Schedule::tree},
                          {OpCode::broadcast, Schedule::pipelined, 1},
                          {OpCode::broadcast, Schedule::pipelined, 5},
                          {OpCode::reduce, Schedule::tree},
                          {OpCode::reduce, Schedule::pipelined, 1},
                          {OpCode::reduce, Schedule::pipelined, 5},
                          {OpCode::all_gather, Schedule::ring},
                          {OpCode::reduce_scatter, Schedule::ring},
                          {OpCode::all_reduce, Schedule::ring},
                          {OpCode::all_gather, Schedule::ring, 3},
                          {OpCode::reduce_scatter, Schedule::ring, 3},
                          {OpCode::all_reduce, Schedule::ring, 3},
                          {OpCode::all_gather, Schedule::halving_doubling},
                          {OpCode::reduce_scatter, Schedule::halving_doubling},
                          {OpCode::all_reduce, Schedule::halving_doubling},
                          {OpCode::broadcast, Schedule::star},
                          {OpCode::reduce, Schedule::star},
                          {OpCode::broadcast, Schedule::two_phase, 1},
                          {OpCode::broadcast, Schedule::two_phase, 4},
                          {OpCode::reduce, Schedule::two_phase, 1},
                          {OpCode::reduce, Schedule::two_phase, 4},
                          {OpCode::all_gather, Schedule::swing},
                          {OpCode::reduce_scatter, Schedule::swing},
                          {OpCode::all_reduce, Schedule::swing},
                          {OpCode::all_to_all, Schedule::direct},
                          {OpCode::all_to_all, Schedule::direct, 3},
                          {OpCode::all_to_all, Schedule::direct, 1, 2},
                          {OpCode::all_to_all, Schedule::direct, 4, 2},
                          {OpCode::all_to_all, Schedule::ring}};

bool is_possible(const Form& form, std::uint32_t p) {
  const bool halves = form.schedule == Schedule::halving_doubling || form.schedule == Schedule::swing;
  return !halves || std::has_single_bit(p);
}

Op op_of(const Form& form, std::uint64_t units, std::uint32_t unit_bytes, std::uint32_t root = 0) {
  Op op = collective(form.code, units, unit_bytes);
  op.schedule = form.schedule;
  op.count = form.chunks;
  op.directions = form.directions;
  op.value = static_cast<std::int32_t>(root);
  return op;
}

// Dies 0 .. p-1, in a ring and on a line.
struct Group {
  std::vector<RingPlace> rings;
  std::vector<LinePlace> lines;

  explicit Group(std::uint32_t p) {
    for (std::uint32_t i = 0; i < p; ++i) {
      rings.push_back({p, i, NodeId{(i + 1) % p}, Route::direct, NodeId{(i + p - 1) % p}});
      lines.push_back({p, i, NodeId{0}, 1});
    }
  }
  Places of(std::uint32_t i) const { return {rings[i], lines[i]}; }
};

TEST(Exchanges, BothEndsAgreeInEveryStep) {
  for (const Form& form : forms) {
    for (std::uint32_t p = 2; p <= 9; ++p) {
      if (!is_possible(form, p)) continue;
      const Group group(p);
      for (std::uint32_t root = 0; root < p; ++root) {
        const Op op = op_of(form, 4 * p + 3, 2, root);
        using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // from, to, the receiver's step
        std::map<Key, std::uint64_t> sent, received;
        for (std::uint32_t i = 0; i < p; ++i) {
          for (std::uint32_t step = 0; step < exchange_steps(op, group.of(i)); ++step) {
            const Exchange e = exchange(op, group.of(i), root, step);
            const bool is_new =
                e.send_bytes == 0 || sent.insert({{i, e.to.value, e.send_step}, e.send_bytes}).second;
            EXPECT_TRUE(is_new);
            if (e.receive_bytes > 0) received[{e.from.value, i, step}] = e.receive_bytes;
            EXPECT_FALSE(e.send_bytes > 0 && e.to.value == i);
          }
        }
        EXPECT_EQ(sent, received) << p << " " << root;
      }
    }
  }
}

// All dies send in all p - 1 (or more) messages what the algorithm's theory says.
TEST(Exchanges, MoveTheBytesOfTheirTheory) {
  for (const std::uint32_t p : {2U, 3U, 4U, 7U, 8U, 16U}) {
    const std::uint64_t bytes = 6 * std::uint64_t{p} * 5;
    for (const Form& form : forms) {
      if (!is_possible(form, p)) continue;
      const Group group(p);
      const Op op = op_of(form, bytes, 1, p / 2);
      std::uint64_t all = 0;
      for (std::uint32_t i = 0; i < p; ++i)
        for (std::uint32_t step = 0; step < exchange_steps(op, group.of(i)); ++step)
          all += exchange(op, group.of(i), p / 2, step).send_bytes;
      std::uint64_t expected = (p - 1) * bytes;  // gathered, scattered, broadcast or reduced
      if (form.code == OpCode::all_reduce) expected *= 2;
      if (form.code == OpCode::all_to_all)  // straight there; or block by block around the ring
        expected = form.schedule == Schedule::direct ? (p - 1) * bytes : bytes * p * (p - 1) / 2;
      EXPECT_EQ(all, expected) << name_of(kind_of(form.code)) << " " << p;
    }
  }
}

// The sums of all steps of a die, step by step.
ExchangeTotals followed(const Op& op, const Places& places, std::uint32_t root, const Rate& vector) {
  ExchangeTotals sum;
  for (std::uint32_t step = 0; step < exchange_steps(op, places); ++step) {
    const Exchange e = exchange(op, places, root, step);
    sum.messages += e.send_bytes > 0 ? 1 : 0;
    sum.sent_bytes += e.send_bytes;
    sum.received_bytes += e.receive_bytes;
    if (!e.reduces || e.receive_bytes == 0) continue;
    sum.added_bytes += e.receive_bytes;
    sum.added_ps += static_cast<std::uint64_t>(vector.time_of(e.receive_bytes).ps);
  }
  return sum;
}

TEST(Exchanges, AddUpToTheirTotals) {
  const Rate vector = rate_from(7.3, 1e9);  // times that are rounded
  for (const Form& form : forms) {
    for (std::uint32_t p = 1; p <= 9; ++p) {
      if (!is_possible(form, p)) continue;
      const Group group(p);
      for (std::uint64_t units = 0; units <= 5 * p + 2; ++units) {
        const std::uint32_t root = static_cast<std::uint32_t>(units) % p;
        const Op op = op_of(form, units, 3, root);
        for (std::uint32_t i = 0; i < p; ++i) {
          const ExchangeTotals sum = followed(op, group.of(i), root, vector);
          const ExchangeTotals told = exchange_totals(op, group.of(i), root, vector);
          const auto what = [&] {
            return ::testing::Message() << name_of(kind_of(form.code)) << " " << p << " " << units;
          };
          EXPECT_EQ(told.messages.value(), sum.messages.value()) << what();
          EXPECT_EQ(told.sent_bytes.value(), sum.sent_bytes.value()) << what();
          EXPECT_EQ(told.received_bytes.value(), sum.received_bytes.value()) << what();
          EXPECT_EQ(told.added_bytes.value(), sum.added_bytes.value()) << what();
          EXPECT_EQ(told.added_ps.value(), sum.added_ps.value()) << what();
        }
      }
    }
  }
}

// Bytes sent, bytes received and additions over the roots that a loop takes, each by itself or those alike together.
TEST(Exchanges, OfRootsThatAreAlikeAreTheSame) {
  const Rate vector = rate_from(7.3, 1e9);
  for (const Form& form : forms) {
    if (!has_root(form.code)) continue;
    for (const std::uint32_t p : {1U, 2U, 3U, 8U, 11U, 37U}) {
      const Group group(p);
      for (const std::uint32_t roots : {1U, p, 2 * p + 1}) {
        const Op op = op_of(form, 5 * p + 2, 3, 0);
        for (std::uint32_t i = 0; i < p; ++i) {
          ExchangeTotals one_by_one, together;
          const auto add = [&](ExchangeTotals& sum, std::uint32_t root, std::uint64_t times) {
            const ExchangeTotals once = exchange_totals(op, group.of(i), root, vector);
            sum.messages += once.messages * times;
            sum.sent_bytes += once.sent_bytes * times;
            sum.received_bytes += once.received_bytes * times;
            sum.added_ps += once.added_ps * times;
          };
          for (std::uint32_t root = 0; root < roots; ++root) add(one_by_one, root, 1);
          const std::vector<AlikeRoots> alike = alike_roots(op, group.of(i), roots);
          for (const AlikeRoots& each : alike) add(together, each.root, each.number);
          EXPECT_EQ(together.messages.value(), one_by_one.messages.value()) << p << " " << i;
          EXPECT_EQ(together.sent_bytes.value(), one_by_one.sent_bytes.value()) << p << " " << i;
          EXPECT_EQ(together.received_bytes.value(), one_by_one.received_bytes.value()) << p << " " << i;
          EXPECT_EQ(together.added_ps.value(), one_by_one.added_ps.value()) << p << " " << i;
          if (form.schedule == Schedule::star || form.schedule == Schedule::two_phase) continue;
          EXPECT_LE(alike.size(), 2 * static_cast<std::size_t>(std::bit_width(p)));
        }
      }
    }
  }
}

// Concurrent messages of a tree stay in ranges of their own, so that they share no link of a row.
TEST(Trees, ShareNoLinkAndReachEveryone) {
  for (std::uint32_t p = 2; p <= 17; ++p) {
    const Group group(p);
    for (std::uint32_t root = 0; root < p; ++root) {
      const Op op = op_of({OpCode::broadcast, Schedule::tree}, 10, 1, root);
      std::set<std::uint32_t> have = {root};
      for (std::uint32_t step = 0; step < exchange_steps(op, group.of(0)); ++step) {
        std::multiset<std::pair<std::uint32_t, std::uint32_t>> links;
        std::set<std::uint32_t> next = have;
        for (std::uint32_t i = 0; i < p; ++i) {
          const Exchange e = exchange(op, group.of(i), root, step);
          if (e.send_bytes == 0) continue;
          EXPECT_TRUE(have.contains(i));
          EXPECT_TRUE(next.insert(e.to.value).second);
          for (std::uint32_t at = i; at != e.to.value;) {
            const std::uint32_t to = at < e.to.value ? at + 1 : at - 1;
            links.insert({at, to});
            at = to;
          }
        }
        for (const auto& link : links) EXPECT_EQ(links.count(link), 1U) << p << " " << root;
        have = next;
      }
      EXPECT_EQ(have.size(), p);
    }
  }
}

constexpr std::int64_t latency_ps = 9000;
constexpr std::int64_t ps_per_byte = 15;

SimTime time_of(const Form& form, std::uint32_t p, std::uint64_t bytes, std::uint32_t root,
                Rate vector = {}) {
  const Program program = {op_of(form, bytes, 1, root)};
  DieTimings timings;
  timings.vector = vector;
  const Group group(p);
  FakePackage package(latency_ps, ps_per_byte, 3);
  for (std::uint32_t i = 0; i < p; ++i) {
    DieSetup setup = in_one_ring(i, p, program, timings);
    setup.lines[0] = group.lines[i];
    package.add(setup);
  }
  const SimTime end = package.run();
  EXPECT_TRUE(package.all_finished());
  return end;
}

TEST(ExchangeTime, EqualsTheClosedForms) {
  for (const std::uint32_t p : {2U, 4U, 8U, 16U}) {
    const auto dies = static_cast<std::int64_t>(p);
    const std::int64_t depth = std::bit_width(p) - 1;
    const std::int64_t bytes = 720 * dies;
    const auto whole = static_cast<std::uint64_t>(bytes);
    const std::int64_t all = bytes * ps_per_byte;  // serialisation of the payload
    for (std::uint32_t root = 0; root < p; root += 3) {
      EXPECT_EQ(time_of({OpCode::broadcast, Schedule::tree}, p, whole, root).ps, depth * (latency_ps + all));
      EXPECT_EQ(time_of({OpCode::reduce, Schedule::tree}, p, whole, root).ps, depth * (latency_ps + all));
      for (const std::int64_t chunks : {1, 3, 6}) {
        const Form chain{OpCode::broadcast, Schedule::pipelined, static_cast<std::uint32_t>(chunks)};
        const Form back{OpCode::reduce, Schedule::pipelined, static_cast<std::uint32_t>(chunks)};
        const std::int64_t expected =
            (dies - 1) * (latency_ps + all / chunks) + (chunks - 1) * (all / chunks);
        EXPECT_EQ(time_of(chain, p, whole, root).ps, expected) << p << " " << chunks;
        EXPECT_EQ(time_of(back, p, whole, root).ps, expected) << p << " " << chunks;
      }
    }
    const std::int64_t half = depth * latency_ps + all * (dies - 1) / dies;  // V/2 + V/4 + ...
    EXPECT_EQ(time_of({OpCode::all_gather, Schedule::halving_doubling}, p, whole, 0).ps, half);
    EXPECT_EQ(time_of({OpCode::reduce_scatter, Schedule::halving_doubling}, p, whole, 0).ps, half);
    EXPECT_EQ(time_of({OpCode::all_reduce, Schedule::halving_doubling}, p, whole, 0).ps, 2 * half);
    // All send at once; dies of a star, and of Swing, contend for nothing here.
    EXPECT_EQ(time_of({OpCode::reduce, Schedule::star}, p, whole, 1).ps, latency_ps + all);
    EXPECT_EQ(time_of({OpCode::all_gather, Schedule::swing}, p, whole, 0).ps, half);
    EXPECT_EQ(time_of({OpCode::all_reduce, Schedule::swing}, p, whole, 0).ps, 2 * half);
    EXPECT_EQ(time_of({OpCode::all_to_all, Schedule::direct}, p, whole, 0).ps,
              (dies - 1) * (latency_ps + all / dies));
    EXPECT_EQ(time_of({OpCode::all_to_all, Schedule::ring}, p, whole, 0).ps,
              (dies - 1) * latency_ps + all / dies * (dies * (dies - 1) / 2));
  }
}

// Of g^2 dies: g - 1 hops to the leader, g - 1 along the leaders, and all chunks one behind the other.
TEST(ExchangeTime, OfTwoPhasesIsThatOfTwoShortChains) {
  for (const std::int64_t g : {2, 3, 4, 5})
    for (const std::int64_t chunks : {1, 3, 6}) {
      const std::int64_t bytes = 720 * g, chunk = bytes / chunks * ps_per_byte;
      const Form form{OpCode::reduce, Schedule::two_phase, static_cast<std::uint32_t>(chunks)};
      EXPECT_EQ(time_of(form, static_cast<std::uint32_t>(g * g), static_cast<std::uint64_t>(bytes), 0).ps,
                2 * (g - 1) * (latency_ps + chunk) + (chunks - 1) * chunk)
          << g << " " << chunks;
    }
}

TEST(ExchangeTime, ReductionsTakeVectorTime) {
  const Rate vector{125'000'000'000};  // 8 ps per byte
  EXPECT_EQ(time_of({OpCode::reduce, Schedule::tree}, 8, 1000, 2, vector).ps,
            3 * (latency_ps + 1000 * (ps_per_byte + 8)));
  EXPECT_EQ(time_of({OpCode::reduce, Schedule::pipelined, 1}, 8, 1000, 2, vector).ps,
            7 * (latency_ps + 1000 * (ps_per_byte + 8)));
  EXPECT_EQ(time_of({OpCode::reduce_scatter, Schedule::halving_doubling}, 4, 1000, 0, vector).ps,
            2 * latency_ps + (500 + 250) * (ps_per_byte + 8));
}

TEST(Exchanges, RefuseWhatCanNotBe) {
  Op op = op_of({OpCode::broadcast, Schedule::halving_doubling}, 10, 1);
  EXPECT_THROW(validate(Program{op}), std::logic_error);
  op = op_of({OpCode::broadcast, Schedule::tree}, 10, 1, 4);
  const Program outside = {op};
  DieSetup setup = in_one_ring(1, 4, outside);
  setup.lines[0] = {4, 1, NodeId{0}, 1};
  EXPECT_THROW(validate(setup), std::logic_error);
  op.root_loop = 1;
  EXPECT_THROW(validate(Program{op}), std::logic_error);  // no loop around it
}

}  // namespace
}  // namespace hecaton::chiplet::testing::exchange_test
