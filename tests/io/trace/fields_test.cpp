// Every field that a row lists is wherever rows go: in the digest, in archives, in the sums over ranks, in a
// column of the trace, and in what is read back at a restart.
#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/base/field_digest.hpp"
#include "io/checkpoint/state_archive.hpp"
#include "io/files/input_error.hpp"
#include "io/result/combined_rows.hpp"
#include "io/result/provenance.hpp"
#include "io/result/summary.hpp"
#include "io/trace/critical_path_table.hpp"
#include "io/trace/schema.hpp"
#include "io/trace/stretch.hpp"
#include "io/trace/trace.hpp"
#include "tests/io/trace/h5_content.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace hecaton::io::fields_test {
namespace {

using chiplet::DieCounters;
using chiplet::LinkCounters;
using chiplet::OperationRow;
using chiplet::WaitRow;

// A value for the n-th field of a row: not its default, and another one than those beside it.
template <class Number>
Number sample(unsigned n) {
  if constexpr (HasNames<Number>)
    return values_of<Number>()[1 + n % (names_of<Number>().size() - 2)];
  else
    return static_cast<Number>(n + 1);
}

template <class Row>
void fill(Row& row, unsigned& n) {
  visit_fields(row, [&](const char*, auto& value) {
    using Content = std::decay_t<decltype(value)>;
    if constexpr (HasFields<Content>)
      fill(value, n);
    else
      value = sample<Content>(n++);
  });
}

template <class Row>
Row filled() {
  Row row;
  unsigned n = 0;
  fill(row, n);
  return row;
}

// Calls f(field, row) with a filled row in which this field alone has its default.
template <class Row, class F>
void for_each_lacking(F&& f) {
  for_each_field<Row>([&](const auto& field) {
    Row row = filled<Row>();
    row.*field.member = Row{}.*field.member;
    f(field, row);
  });
}

template <class Row>
std::uint64_t digest_of(const Row& row) {
  Digest digest;
  add_fields(digest, row);
  return digest.value();
}

template <class Row>
std::set<std::string> undigested() {
  std::set<std::string> names;
  for_each_lacking<Row>([&](const auto& field, const Row& row) {
    if (digest_of(row) == digest_of(filled<Row>())) names.insert(field.name);
  });
  return names;
}

TEST(Fields, AreInTheDigestButForThoseNamedHere) {
  using Names = std::set<std::string>;
  EXPECT_EQ(undigested<OperationRow>(), Names{"macs"});
  EXPECT_EQ(undigested<DieCounters>(), (Names{"activation_peak_bytes", "weight_peak_bytes"}));
  EXPECT_EQ(undigested<LinkCounters>(), Names{"from"});
}

template <class Row>
std::vector<unsigned char> archived(const Row& row) {
  StateWriter writer;
  writer(row);
  return writer.take();
}

template <class Row>
void expect_archived() {
  const std::vector<unsigned char> bytes = archived(filled<Row>());
  for_each_lacking<Row>(
      [&](const auto& field, const Row& row) { EXPECT_NE(archived(row), bytes) << field.name; });
  StateReader reader(bytes);
  Row back;
  reader(back);
  reader.expect_end();
  EXPECT_EQ(archived(back), bytes);
}

TEST(Fields, AreInTheArchiveAndComeBack) {
  expect_archived<OperationRow>();
  expect_archived<DieCounters>();
  expect_archived<LinkCounters>();
}

// Three rows on every rank, each field of a row by `rank` larger than that of rank 0.
TEST(Fields, AreCombinedOverRanksAsTheyAreOverDies) {
  const boost::mpi::communicator world;
  const auto row_of = [](int rank) {
    DieCounters row = filled<DieCounters>();
    visit_fields(row, [&](const char*, std::uint64_t& value) { value += static_cast<unsigned>(rank); });
    return row;
  };
  const std::vector<DieCounters> mine(3, row_of(world.rank()));
  const CombinedRows<DieCounters> package(mine, world);
  DieCounters expected;
  for (int rank = 0; rank < world.size(); ++rank) combine_fields(expected, row_of(rank), 3);
  for_each_field<DieCounters>([&](const auto& field) {
    constexpr auto member = std::decay_t<decltype(field)>::member;
    EXPECT_NE(field.combine, Combine::none) << field.name;
    EXPECT_EQ(static_cast<std::uint64_t>(package.template of<member>()), expected.*member) << field.name;
    EXPECT_GT(expected.*member, 0U) << field.name;
  });
}

// The trace of the synthetic run has a column for each field of `Row`, which holds it.
template <class Row>
void expect_columns(const h5::Content& content, const std::string& group, const std::vector<Row>& rows) {
  for_each_field<Row>([&](const auto& field) {
    using Cell = typename CellValue<typename std::decay_t<decltype(field)>::Value>::type;
    const std::string path = group + "/" + field.name;
    ASSERT_TRUE(content.contains(path)) << path;
    EXPECT_EQ(content.at(path).attributes.at("units"), std::string(field.units) + "\n") << path;
    EXPECT_EQ(content.at(path).attributes.at("long_name"), std::string(field.long_name) + "\n") << path;
    const std::vector<Cell> cells = h5::cells<Cell>(content, path);
    ASSERT_EQ(cells.size(), rows.size()) << path;
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(cells[i], static_cast<Cell>(rows[i].*field.member)) << path << ", row " << i;
  });
}

std::vector<OperationRow> all_operations() {
  std::vector<OperationRow> all;
  for (std::uint32_t die = 0; die < synthetic::dies; ++die)
    for (const OperationRow& row : synthetic::operations_of(die)) all.push_back(row);
  return all;
}

std::vector<MessageRow> all_messages() {
  std::vector<MessageRow> all;
  for (std::uint32_t node = 0; node < synthetic::dies + synthetic::io_dies; ++node)
    for (const MessageRow& row : synthetic::messages_of(node)) all.push_back(row);
  return all;
}

TEST(Fields, AreColumnsOfTheTrace) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[2].owner, world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  std::vector<DieCounters> counters;
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) counters.push_back(synthetic::counters_of(die));
  expect_columns(content, "dies", counters);
  expect_columns(content, "operations", all_operations());
  expect_columns(content, "links", synthetic::links());
  std::vector<StallRow> stalls;
  for (const LinkCounters& link : synthetic::links()) stalls.push_back(synthetic::stalls_of(link));
  expect_columns(content, "stalls", stalls);
  expect_columns(content, "messages", all_messages());
}

TEST(Fields, OfPhasesAreThoseOfOperations) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[1].owner, world);
  if (world.rank() != 0) return;
  std::vector<chiplet::PhaseRow> phases;
  for (std::uint32_t die = 0; die < synthetic::dies; ++die)
    for (const chiplet::PhaseRow& row : chiplet::phases_of(synthetic::operations_of(die)))
      phases.push_back(row);
  EXPECT_GT(phases.size(), 10U);
  expect_columns(h5::read(scratch / "trace.h5"), "marks", phases);
}

template <class Row>
void expect_copied_back(const TraceTable<Row>& table) {
  const Row row = filled<Row>();
  Row back;
  for (const TraceColumn<Row>& column : table.columns) {
    std::byte cell[sizeof(std::uint64_t)];
    column.copy({&row, 1}, cell);
    column.copy_back(cell, {&back, 1});
  }
  EXPECT_EQ(archived(back), archived(row)) << table.group;
}

TEST(Fields, ComeBackFromTheirCells) {
  expect_copied_back(die_table());
  expect_copied_back(operation_table());
  expect_copied_back(link_table());
  expect_copied_back(wait_table());
  expect_copied_back(stall_table());
  expect_copied_back(message_table());
  expect_copied_back(phase_table());
  expect_copied_back(critical_path_table());
}

TEST(Fields, OfOperationsComeBackAtARestart) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "stretch.h5", synthetic::owners()[0].owner, world);
  LocalRecords local = synthetic::result(synthetic::owners()[2].owner, world.rank(), world.size()).local;
  const std::vector<OperationRow> expected = std::exchange(local.operations, {});
  local.operations_per_die.assign(local.dies.size(), 0);
  add_stretches(local, scratch.folder(), {{.file = "stretch.h5", .rows = all_operations().size()}}, world);
  EXPECT_TRUE(local.operations == expected);
}

// Those of a node are put in order again.
TEST(Fields, OfMessagesComeBackAtARestart) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "stretch.h5", synthetic::owners()[0].owner, world);
  LocalRecords local = synthetic::result(synthetic::owners()[2].owner, world.rank(), world.size()).local;
  const LocalMessages once = local.messages;
  add_stretches(local, scratch.folder(), {{.file = "stretch.h5", .rows = all_operations().size()}}, world);
  ASSERT_EQ(local.messages.rows.size(), 2 * once.rows.size());
  std::size_t row = 0;
  for (std::size_t i = 0; i < once.nodes.size(); ++i)
    EXPECT_EQ(local.messages.rows_per_node[i], 2 * once.rows_per_node[i]);
  for (const MessageRow& expected : once.rows)
    for (int copy = 0; copy < 2; ++copy) EXPECT_EQ(local.messages.rows[row++], expected);
}

// Some for each die, whatever rank has it.
LocalRecords with_waits(LocalRecords local) {
  local.waits_per_die.clear();
  local.waits.clear();
  for (const std::uint32_t die : local.dies) {
    local.waits_per_die.push_back(die % 3);
    for (std::uint32_t i = 0; i < die % 3; ++i) {
      local.waits.push_back(filled<WaitRow>());
      local.waits.back().die = die;
      local.waits.back().bytes = synthetic::hash(die, i);
    }
  }
  return local;
}

TEST(Fields, OfWaitsComeBackAtARestart) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  const auto result_of = [&](std::size_t owner) {
    return synthetic::result(synthetic::owners()[owner].owner, world.rank(), world.size());
  };
  RunResult run = result_of(0);
  run.local = with_waits(run.local);
  const Deck deck = synthetic::deck();
  write_trace(scratch / "stretch.h5", deck, run, make_summary(deck, run, synthetic::facts(), world),
              collect_provenance("hecaton run synthetic.toml", "block", world), world);
  LocalRecords local = result_of(2).local;
  const LocalRecords expected = with_waits(local);
  local.operations.clear();
  local.operations_per_die.assign(local.dies.size(), 0);
  local.waits_per_die = local.operations_per_die;
  add_stretches(local, scratch.folder(), {{.file = "stretch.h5", .rows = all_operations().size()}}, world);
  EXPECT_EQ(local.waits_per_die, expected.waits_per_die);
  EXPECT_TRUE(local.waits == expected.waits);
  EXPECT_TRUE(local.operations == expected.operations);
}

// Two segments that follow each other.
critical::Path short_path() {
  critical::Path path(2, filled<critical::Segment>());
  path[0].start_ps = 0;
  path[0].end_ps = path[1].start_ps = 7;
  path[1].end_ps = 9;
  return path;
}

TEST(CriticalPath, ComesBackFromATrace) {
  const boost::mpi::communicator world;
  const synthetic::Scratch scratch(world);
  if (world.rank() != 0) return;
  const auto written = [&](const critical::Path& path) {
    hdf5::Handle file = hdf5::create(scratch / "trace.h5");
    if (!path.empty()) write_critical_path(file, path);
    file.close();
    return scratch / "trace.h5";
  };
  EXPECT_TRUE(read_critical_path(written({})).empty());
  EXPECT_EQ(read_critical_path(written(short_path())), short_path());
  for (const auto& spoil : std::vector<std::function<void(critical::Path&)>>{
           [](auto& path) { path[0].start_ps = 1; }, [](auto& path) { path[1].start_ps = 8; },
           [](auto& path) { path[1].end_ps = 7; }, [](auto& path) { path[1].part = critical::Part{10}; },
           [](auto& path) { path[0].kind = chiplet::OperationKind{99}; },
           [](auto& path) { path[0].stage = chiplet::Stage{99}; },
           [](auto& path) { path[0].pass = chiplet::Pass{5}; }}) {
    critical::Path path = short_path();
    spoil(path);
    EXPECT_THROW(read_critical_path(written(path)), InputError);
  }
}

}  // namespace
}  // namespace hecaton::io::fields_test
