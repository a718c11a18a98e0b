// Ring collectives, from deck to last flit, finish at the picosecond that the closed forms say: every die, on
// every ring, for payloads that divide evenly and not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/system/ring_oracle.hpp"
#include "tests/system/run_deck.hpp"

namespace hecaton::test::ring_test {
namespace {

constexpr const char* operations[] = {"all-gather", "reduce-scatter", "all-reduce"};

struct Hardware {
  const char* bandwidth_GBps = "64";
  const char* latency_ns = "2";
  const char* vector_GBps = "0";
  const char* overhead_ns = "0";
  const char* interface_and_router = "";  // further lines of the deck
  Delays delays{1000, 2000};
};

// By bandwidth: 64 B / 25.6 GB/s = 2.5 ns; 64 B / 100 GB/s = 0.64 ns; 64 B / 7.3 GB/s = 8.767 ns, rounded.
const Hardware plain{};
const Hardware off_grid{.latency_ns = "1.337", .delays = {1000, 1337}};
const Hardware summing{.latency_ns = "1.337",
                       .vector_GBps = "100",
                       .overhead_ns = "3.5",
                       .delays = {1000, 1337, 3500, 64, 100'000'000'000}};
const Hardware slow_sums{.vector_GBps = "0.7", .delays = {1000, 2000, 0, 64, 700'000'000}};
const Hardware slow_links{.bandwidth_GBps = "7.3", .latency_ns = "0.05", .delays = {8767, 50}};
const Hardware fast_links{.bandwidth_GBps = "100", .latency_ns = "0.4", .delays = {640, 400}};
const Hardware odd_links{.bandwidth_GBps = "25.6", .latency_ns = "10", .delays = {2500, 10000}};
const Hardware small_packets{.interface_and_router = "[interface]\npacket_bytes = 64\n"};
const Hardware middle_packets{
    .latency_ns = "0.7", .interface_and_router = "[interface]\npacket_bytes = 512\n", .delays = {1000, 700}};

struct Mesh {
  std::uint32_t rows, columns;
};

struct Group {
  const char* name;       // of the deck
  const char* algorithm;  // of the deck
  const char* topology;
};

constexpr Group naive_rows{"rows", "naive-ring", "mesh"};
constexpr Group naive_columns{"columns", "naive-ring", "mesh"};
constexpr Group naive_rows_beside_bypass{"rows", "naive-ring", "bypass-ring"};
constexpr Group bypass_rows{"rows", "bypass-ring", "bypass-ring"};
constexpr Group bypass_columns{"columns", "bypass-ring", "bypass-ring"};
constexpr Group package{"package", "hamiltonian-ring", "mesh"};
constexpr Group line_groups[] = {naive_rows, naive_columns, naive_rows_beside_bypass, bypass_rows,
                                 bypass_columns};

RingShape shape_of(const Group& group, Mesh mesh) {
  const std::string name = group.name;
  if (name == "package") return neighbour_ring(mesh.rows * mesh.columns);
  const std::uint32_t p = name == "rows" ? mesh.columns : mesh.rows;
  return std::string(group.algorithm) == "naive-ring" ? naive_ring(p) : bypass_ring(p);
}

std::string deck_text(const Hardware& hw, const Group& group, Mesh mesh, const char* operation,
                      std::int64_t bytes) {
  return fmt::format(
             "[workload]\nkind = \"collective\"\n"
             "[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n"
             "[link]\nbandwidth_GBps = {}\nlatency_ns = {}\nflit_bytes = 64\n"
             "[die]\nvector_GBps = {}\n"
             "[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = {}\n{}",
             mesh.rows, mesh.columns, group.topology, hw.bandwidth_GBps, hw.latency_ns, hw.vector_GBps,
             operation, group.algorithm, group.name, bytes, hw.interface_and_router) +
         (std::string(hw.overhead_ns) == "0"
              ? ""
              : fmt::format("[interface]\nmessage_overhead_ns = {}\n", hw.overhead_ns));
}

// What is sent and received by all dies, and what the links carried, over as many rings as there are.
std::int64_t rings_in(const Group& group, Mesh mesh) {
  const std::string name = group.name;
  return name == "package" ? 1 : name == "rows" ? mesh.rows : mesh.columns;
}

std::size_t position_of(const RingShape& ring, std::uint32_t place) {
  return static_cast<std::size_t>(std::find(ring.order.begin(), ring.order.end(), place) -
                                  ring.order.begin());
}

// Every die by its place in its ring. Over the package no place is assumed: the dies are compared as a set.
void expect_every_die(const Outcome& run, const RingRun& expected, const RingShape& ring, const Group& group,
                      Mesh mesh) {
  if (std::string(group.name) == "package") {
    std::vector<std::int64_t> got;
    for (const chiplet::DieCounters& die : run.die_counters) got.push_back(whole(die.finished_ps));
    std::vector<std::int64_t> wanted = expected.finished;
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(got, wanted);
    return;
  }
  for (std::size_t die = 0; die < run.dies.size(); ++die) {
    const auto number = static_cast<std::uint32_t>(die);
    const bool along_row = std::string(group.name) == "rows";
    const std::size_t at = position_of(ring, along_row ? number % mesh.columns : number / mesh.columns);
    EXPECT_EQ(whole(run.die_counters[die].finished_ps), expected.finished[at]) << "die " << die;
    EXPECT_EQ(whole(run.die_counters[die].nop_sent_bytes), expected.sent_bytes[at]) << "die " << die;
  }
}

void expect_bytes(const Outcome& run, const RingRun& expected, const RingShape& ring, std::int64_t rings) {
  std::int64_t sent = 0;
  std::int64_t link_bytes = 0;
  for (std::size_t i = 0; i < ring.edges.size(); ++i) {
    sent += expected.sent_bytes[i];
    link_bytes += expected.sent_bytes[i] * ring.edges[i].links;
  }
  EXPECT_EQ(whole(run.sum().nop_sent_bytes), sent * rings);
  EXPECT_EQ(whole(run.sum().nop_received_bytes), sent * rings);
  EXPECT_EQ(whole(run.totals.link_bits), link_bytes * rings * 8);
}

// The closed forms know no buffers. In those of two packets (the default) a short last packet takes a whole
// place, so a message that follows on the same channel within a credit's round trip can wait for it: a die
// that is not the last one may then end a little later. With eight places nobody waits.
constexpr const char* roomy = "[router]\nbuffer_flits = 512\n";

void expect_ring(const Hardware& hw, const Group& group, Mesh mesh, Collective what, std::int64_t bytes) {
  const char* operation = operations[static_cast<int>(what)];
  SCOPED_TRACE(fmt::format("{} of {} B by {} over {} of {} x {}", operation, bytes, group.algorithm,
                           group.name, mesh.rows, mesh.columns));
  const RingShape ring = shape_of(group, mesh);
  const RingRun expected = run_ring(hw.delays, ring, what, bytes);
  const std::int64_t last = *std::max_element(expected.finished.begin(), expected.finished.end());
  if (bytes % static_cast<std::int64_t>(ring.order.size()) == 0) {
    ASSERT_EQ(last, closed_form(hw.delays, ring, what, bytes)) << "the two oracles disagree";
  }

  const std::string text = deck_text(hw, group, mesh, operation, bytes);
  const Outcome usual = run_deck(deck_of(text), world_size());
  const Outcome run = run_deck(deck_of(text + roomy), world_size());
  if (!is_root()) return;
  EXPECT_EQ(usual.totals.simulated_ps, last);
  EXPECT_EQ(run.totals.simulated_ps, last);
  expect_every_die(run, expected, ring, group, mesh);
  expect_bytes(run, expected, ring, rings_in(group, mesh));
}

void expect_all_operations(const Hardware& hw, const Group& group, Mesh mesh, std::int64_t bytes) {
  for (const Collective what : {Collective::all_gather, Collective::reduce_scatter, Collective::all_reduce})
    expect_ring(hw, group, mesh, what, bytes);
}

constexpr std::int64_t sizes[] = {1, 2, 63, 64, 65, 511, 4096, 4097, 32768, 40961, 120000, 1000003};

TEST(Rings, LinesOfEveryLength) {
  for (const std::uint32_t p : {1U, 2U, 3U, 4U, 5U, 8U})
    for (const Group& group : line_groups) {
      const Mesh mesh = std::string(group.name) == "rows" ? Mesh{1, p} : Mesh{p, 1};
      for (const std::int64_t bytes : sizes) expect_all_operations(plain, group, mesh, bytes);
    }
}

TEST(Rings, ManyLinesSideBySideDoNotDisturbEachOther) {
  for (const Mesh mesh : {Mesh{2, 2}, Mesh{2, 3}, Mesh{4, 4}, Mesh{4, 8}, Mesh{5, 3}})
    for (const Group& group : line_groups)
      for (const std::int64_t bytes : {1LL, 65LL, 120000LL, 1000003LL})
        expect_all_operations(off_grid, group, mesh, bytes);
}

TEST(Rings, OverThePackage) {
  for (const Mesh mesh : {Mesh{2, 2}, Mesh{2, 3}, Mesh{3, 2}, Mesh{4, 4}, Mesh{5, 4}, Mesh{4, 8}})
    for (const std::int64_t bytes : {1LL, 63LL, 64LL * 96, 65LL, 1000003LL})
      expect_all_operations(off_grid, package, mesh, bytes);
}

TEST(Rings, OtherLinks) {
  for (const Hardware& hw : {slow_links, fast_links, odd_links})
    for (const Group& group : {naive_rows, bypass_rows, bypass_columns})
      for (const std::int64_t bytes : {1LL, 4097LL, 120000LL, 1000003LL})
        expect_all_operations(hw, group, {5, 6}, bytes);
}

TEST(Rings, SumsTakeTimeAndMessagesHaveAnOverhead) {
  for (const Hardware& hw : {summing, slow_sums})
    for (const Group& group : {naive_rows, bypass_rows, naive_columns, package})
      for (const std::int64_t bytes : {1LL, 65LL, 120000LL, 1000003LL})
        expect_all_operations(hw, group, {4, 6}, bytes);
}

TEST(Rings, OtherPackets) {
  for (const Hardware& hw : {small_packets, middle_packets})
    for (const Group& group : {naive_rows, bypass_columns, package})
      for (const std::int64_t bytes : {1LL, 513LL, 32768LL, 100003LL})
        expect_all_operations(hw, group, {4, 4}, bytes);
}

// (p - 1) a + ((p - 1) / p) V / B, with a the way of a first flit over one link.
TEST(Rings, EqualEdgesFollowTheTextbook) {
  const std::int64_t a = (5 + 3) * 1000 + 2000;  // a flit later it is all there
  for (const std::int64_t p : {8, 16, 24}) {
    const Mesh mesh{4, static_cast<std::uint32_t>(p / 4)};
    const std::int64_t bytes = 64 * 100 * p;
    const std::int64_t expected = (p - 1) * a + (p - 1) * (bytes / p / 64) * 1000;
    for (const auto& [operation, times] :
         {std::pair{"all-gather", 1}, {"reduce-scatter", 1}, {"all-reduce", 2}}) {
      const Outcome run = run_deck(deck_of(deck_text(plain, package, mesh, operation, bytes)), world_size());
      if (!is_root()) continue;
      EXPECT_EQ(run.totals.simulated_ps, times * expected) << operation << " over " << p;
    }
  }
}

// Two ways around a row cross the same links in all, but the bypass ring passes fewer routers.
TEST(Rings, TheBypassRingSavesRouterStagesOnly) {
  const std::int64_t bytes = 8 * 64 * 10;
  const Outcome naive =
      run_deck(deck_of(deck_text(plain, naive_rows, {1, 8}, "all-gather", bytes)), world_size());
  const Outcome bypass =
      run_deck(deck_of(deck_text(plain, bypass_rows, {1, 8}, "all-gather", bytes)), world_size());
  if (!is_root()) return;
  // Both leave out a single link of their eight edges: 13 links; the naive ring passes three stages on each,
  // the bypass ring on each of its seven edges.
  EXPECT_EQ(naive.totals.simulated_ps, (7 * (6 + 10 - 1) + 3 * 13) * 1000 + 13 * 2000);
  EXPECT_EQ(bypass.totals.simulated_ps, (7 * (6 + 10 - 1) + 3 * 7) * 1000 + 13 * 2000);
  EXPECT_EQ(naive.totals.link_bits, bypass.totals.link_bits);
}

}  // namespace
}  // namespace hecaton::test::ring_test
