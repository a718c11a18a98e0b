// One trace whatever the ranks: every test compares with values made here or with a trace written by one rank
// alone.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/mpi/communicator.hpp>
#include <csignal>
#include <fstream>

#include "io/trace/trace.hpp"
#include "tests/io/trace/h5_content.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace {

namespace mpi = boost::mpi;
using hecaton::chiplet::LinkCounters;
using hecaton::chiplet::OperationRow;

mpi::communicator alone() {
  return {MPI_COMM_SELF, mpi::comm_duplicate};
}

// H5Ovisit reports a hard-linked object once, under the first of its names; both names of the deck must be
// there.
TEST(WriteTrace, EverythingOutsideProvenanceIsTheSameForAnyOwnerOfTheDies) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  if (world.rank() == 0) synthetic::write(scratch / "alone.h5", synthetic::owners()[0].owner, alone());
  for (const synthetic::NamedOwner& owner : synthetic::owners()) {
    synthetic::write(scratch / "together.h5", owner.owner, world);
    if (world.rank() != 0) continue;
    const h5::Content expected = h5::without(h5::read(scratch / "alone.h5"), "provenance");
    const h5::Content written = h5::without(h5::read(scratch / "together.h5"), "provenance");
    EXPECT_GT(expected.size(), 40U);
    EXPECT_EQ(expected, written) << owner.name;
  }
}

TEST(WriteTrace, OperationsAreSortedByDieAndTheOffsetsPointAtThem) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[2].owner, world);
  if (world.rank() != 0) return;
  std::vector<OperationRow> rows;
  std::vector<std::uint64_t> offsets{0};
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) {
    const std::vector<OperationRow> own = synthetic::operations_of(die);
    rows.insert(rows.end(), own.begin(), own.end());
    offsets.push_back(rows.size());
  }
  const h5::Content content = h5::read(scratch / "trace.h5");
  EXPECT_EQ(h5::cells<std::uint64_t>(content, "operations/offsets"), offsets);
  const auto die = h5::cells<std::uint32_t>(content, "operations/die");
  const auto kind = h5::cells<std::uint8_t>(content, "operations/kind");
  const auto layer = h5::cells<std::int16_t>(content, "operations/layer");
  const auto start = h5::cells<std::int64_t>(content, "operations/start_ps");
  const auto bytes = h5::cells<std::uint64_t>(content, "operations/bytes");
  ASSERT_EQ(die.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(die[i], rows[i].die);
    EXPECT_EQ(kind[i], static_cast<std::uint8_t>(rows[i].kind));
    EXPECT_EQ(layer[i], rows[i].layer);
    EXPECT_EQ(start[i], rows[i].start_ps);
    EXPECT_EQ(bytes[i], rows[i].bytes);
  }
}

TEST(WriteTrace, DiesHoldTheirPlaceCountersAndEnergy) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[1].owner, world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  const auto row = h5::cells<std::uint32_t>(content, "dies/row");
  const auto column = h5::cells<std::uint32_t>(content, "dies/column");
  const auto sent = h5::cells<std::uint64_t>(content, "dies/nop_sent_bytes");
  const auto nop = h5::cells<double>(content, "dies/energy_nop_J");
  const auto still = h5::cells<double>(content, "dies/energy_static_J");
  ASSERT_EQ(row.size(), synthetic::dies);
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) {
    EXPECT_EQ(row[die], die / synthetic::columns);
    EXPECT_EQ(column[die], die % synthetic::columns);
    EXPECT_EQ(sent[die], synthetic::counters_of(die).nop_sent_bytes);
    double bytes = 0;  // of the links that leave the die or its IO die
    for (const LinkCounters& link : synthetic::links()) {
      if (synthetic::die_of_node(link.from) == die) bytes += static_cast<double>(link.bytes);
    }
    EXPECT_NEAR(nop[die], bytes * 8 * (0.6e-12 + 0.1e-12), 1e-9 * nop[die]);
    EXPECT_NEAR(still[die], 7.000000000003, 1e-9);
  }
}

TEST(WriteTrace, LinksHoldTheirEndsAndCounts) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[2].owner, world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  const std::vector<LinkCounters> links = synthetic::links();
  const auto from = h5::cells<std::uint32_t>(content, "links/from");
  const auto to = h5::cells<std::uint32_t>(content, "links/to");
  const auto to_row = h5::cells<std::int32_t>(content, "links/to_row");
  const auto from_column = h5::cells<std::int32_t>(content, "links/from_column");
  const auto busy = h5::cells<std::uint64_t>(content, "links/busy_ps");
  ASSERT_EQ(from.size(), links.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    EXPECT_EQ(from[i], links[i].from);
    EXPECT_EQ(to[i], links[i].to);
    EXPECT_EQ(to_row[i], synthetic::die_of_node(links[i].to) / synthetic::columns);
    EXPECT_EQ(from_column[i], synthetic::die_of_node(links[i].from) % synthetic::columns);
    EXPECT_EQ(busy[i], links[i].busy_ps);
  }
}

// What of the picoseconds from `from` on lies in each bin.
std::vector<std::uint64_t> in_bins(std::int64_t from, std::uint64_t busy_ps, std::int64_t width_ps) {
  std::vector<std::uint64_t> busy;
  for (std::uint32_t bin = 0; bin < synthetic::bins; ++bin) {
    const std::int64_t first = std::max(from, bin * width_ps);
    const std::int64_t last = std::min(from + static_cast<std::int64_t>(busy_ps), (bin + 1) * width_ps);
    busy.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(last - first, 0)));
  }
  return busy;
}

TEST(WriteTrace, BinsSayWhenLinksAndChannelsWereBusy) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[2].owner, world);
  if (world.rank() != 0) return;
  std::int64_t width_ps = synthetic::least_bin_ps;
  while (width_ps * synthetic::bins < synthetic::simulated_ps) width_ps *= 2;
  std::vector<std::uint64_t> of_links, of_channels;
  const auto append = [](std::vector<std::uint64_t>& all, const std::vector<std::uint64_t>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  for (const LinkCounters& link : synthetic::links())
    append(of_links, in_bins(synthetic::busy_from(link), link.busy_ps, width_ps));
  for (const auto& channel : synthetic::channels())
    append(of_channels, in_bins(0, channel.busy_ps, width_ps));
  const h5::Content content = h5::read(scratch / "trace.h5");
  EXPECT_EQ(h5::cells<std::uint64_t>(content, "bins/links"), of_links);
  EXPECT_EQ(h5::cells<std::uint64_t>(content, "bins/channels"), of_channels);
  EXPECT_EQ(content.at("bins/links").shape,
            (std::vector<unsigned long long>{synthetic::links().size(), synthetic::bins}));
  const std::string width(reinterpret_cast<const char*>(&width_ps), sizeof width_ps);
  EXPECT_EQ(content.at("bins/links").attributes.at("width_ps"), width);
  EXPECT_EQ(content.at("bins/channels").attributes.at("width_ps"), width);
  std::vector<std::uint32_t> io_dies;
  for (const auto& channel : synthetic::channels()) io_dies.push_back(channel.io_die);
  EXPECT_EQ(h5::cells<std::uint32_t>(content, "channels/io_die"), io_dies);
}

TEST(WriteTrace, WithoutBinsThereAreNone) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  hecaton::io::RunResult run = synthetic::result(synthetic::owners()[0].owner, world.rank(), world.size());
  run.local.bins = {};
  run.local.channels.clear();
  const auto summary = hecaton::io::make_summary(synthetic::deck(), run, synthetic::facts(), world);
  hecaton::io::write_trace(scratch / "trace.h5", synthetic::deck(), run, summary,
                           hecaton::io::collect_provenance("", "", world), world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  EXPECT_TRUE(content.contains("links/busy_ps"));
  EXPECT_FALSE(content.contains("bins"));
  EXPECT_FALSE(content.contains("channels"));
}

TEST(WriteTrace, EveryColumnSaysItsUnitAndWhatItIs) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[0].owner, world);
  if (world.rank() != 0) return;
  for (const auto& [path, object] : h5::read(scratch / "trace.h5")) {
    if (object.shape.empty()) continue;
    EXPECT_TRUE(object.attributes.contains("units")) << path;
    EXPECT_TRUE(object.attributes.contains("long_name")) << path;
  }
  const h5::Content content = h5::read(scratch / "trace.h5");
  EXPECT_EQ(content.at("dies/matrix_ps").attributes.at("units"), "ps\n");
  EXPECT_TRUE(content.at(".").attributes.contains("schema"));
  EXPECT_TRUE(content.at("operations/kind").attributes.at("names").starts_with("matmul\n"));
  EXPECT_EQ(content.at("deck").bytes, synthetic::deck().resolved_toml);
}

TEST(WriteTrace, WhatVariesStandsUnderProvenance) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[0].owner, world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  const auto& attributes = content.at("provenance").attributes;
  EXPECT_EQ(attributes.at("command_line"), "hecaton run synthetic.toml\n");
  for (const char* name : {"date", "hosts", "partition", "version", "git", "build_type", "mpi", "hdf5"}) {
    EXPECT_TRUE(attributes.contains(name)) << name;
  }
  EXPECT_EQ(content.at("provenance/ranks/events").shape.at(0), static_cast<unsigned>(world.size()));
  EXPECT_EQ(content.at("summary").bytes.find("wall_s"), std::string::npos);
}

TEST(WriteTrace, ARunWithoutRecordedOperationsHasAnEmptyTable) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  hecaton::io::RunResult run = synthetic::result(synthetic::owners()[2].owner, world.rank(), world.size());
  run.local.operations.clear();
  run.local.operations_per_die.clear();
  const auto summary = hecaton::io::make_summary(synthetic::deck(), run, synthetic::facts(), world);
  hecaton::io::write_trace(scratch / "trace.h5", synthetic::deck(), run, summary,
                           hecaton::io::collect_provenance("", "", world), world);
  if (world.rank() != 0) return;
  const h5::Content content = h5::read(scratch / "trace.h5");
  EXPECT_TRUE(content.at("operations/die").bytes.empty());
  EXPECT_EQ(h5::cells<std::uint64_t>(content, "operations/offsets"),
            std::vector<std::uint64_t>(synthetic::dies + 1, 0));
  EXPECT_EQ(h5::cells<std::uint32_t>(content, "dies/die").size(), synthetic::dies);
}

// A run with `many` operations of one die and one of each other.
hecaton::io::RunResult run_with_a_busy_die(std::uint32_t busy_die, std::uint64_t many,
                                           const mpi::communicator& comm) {
  hecaton::io::RunResult run = synthetic::result(synthetic::owners()[2].owner, comm.rank(), comm.size());
  run.local.operations.clear();
  for (std::size_t i = 0; i < run.local.dies.size(); ++i) {
    const std::uint64_t count = run.local.dies[i] == busy_die ? many : 1;
    run.local.operations_per_die[i] = count;
    for (std::uint64_t k = 0; k < count; ++k) {
      OperationRow row;
      row.die = run.local.dies[i];
      row.start_ps = static_cast<std::int64_t>(k);
      run.local.operations.push_back(row);
    }
  }
  return run;
}

// More rows than fit one window, nearly all of one die, so that they change ranks.
TEST(WriteTrace, ManyRowsAreWrittenInWindows) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  constexpr std::uint64_t many = 1'500'000;
  const std::uint32_t busy_die = 7;
  const hecaton::io::RunResult run = run_with_a_busy_die(busy_die, many, world);
  const auto summary = hecaton::io::make_summary(synthetic::deck(), run, synthetic::facts(), world);
  hecaton::io::write_trace(scratch / "trace.h5", synthetic::deck(), run, summary,
                           hecaton::io::collect_provenance("", "", world), world);
  if (world.rank() != 0) return;
  const auto start = h5::cells<std::int64_t>(h5::read(scratch / "trace.h5"), "operations/start_ps");
  ASSERT_EQ(start.size(), many + synthetic::dies - 1);
  for (std::size_t i = 0; i < start.size(); ++i) {
    const bool in_busy_die = i >= busy_die && i < busy_die + many;
    ASSERT_EQ(start[i], in_busy_die ? static_cast<std::int64_t>(i - busy_die) : 0) << i;
  }
}

// As a full disk does: from some size on, writing fails on one rank, in the midst of what all ranks do
// together.
TEST(WriteTrace, AWriteThatFailsOnOneRankIsAnErrorOnEveryRankAndLeavesNothing) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  const hecaton::io::RunResult run = run_with_a_busy_die(7, 500'000, world);
  const auto summary = hecaton::io::make_summary(synthetic::deck(), run, synthetic::facts(), world);
  const auto provenance = hecaton::io::collect_provenance("", "", world);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  if (world.rank() == world.size() - 1) {
    const rlimit small{1'000'000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  EXPECT_THROW(
      hecaton::io::write_trace(scratch / "trace.h5", synthetic::deck(), run, summary, provenance, world),
      std::runtime_error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  world.barrier();
  EXPECT_TRUE(std::filesystem::is_empty(scratch.folder()));
}

std::ptrdiff_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST(WriteTrace, AnUnwritablePlaceIsAnErrorOnEveryRankAndLeavesNothing) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  EXPECT_THROW(synthetic::write(scratch / "missing" / "trace.h5", synthetic::owners()[0].owner, world),
               std::runtime_error);
  std::filesystem::create_directory(scratch / "taken.h5");  // where the file would go
  std::ofstream(scratch / "taken.h5" / ("inside" + std::to_string(world.rank())));
  world.barrier();
  EXPECT_THROW(synthetic::write(scratch / "taken.h5", synthetic::owners()[0].owner, world),
               std::runtime_error);
  world.barrier();
  EXPECT_EQ(files_in(scratch.folder()), 1);  // nothing beside it
}

TEST(WriteTrace, ReplacesAnOldTraceWhole) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  if (world.rank() == 0) std::ofstream(scratch / "trace.h5") << "an old file";
  world.barrier();
  synthetic::write(scratch / "trace.h5", synthetic::owners()[0].owner, world);
  EXPECT_EQ(hecaton::io::read_summary(scratch / "trace.h5").deck, "synthetic");
  EXPECT_EQ(files_in(scratch.folder()), 1);
}

TEST(WriteTrace, ContradictingRecordsAreRefusedOnEveryRank) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  const auto write_as = [&](const synthetic::Owner& owner, bool drop_a_die) {
    hecaton::io::RunResult run = synthetic::result(owner, world.rank(), world.size());
    const auto summary = hecaton::io::make_summary(synthetic::deck(), run, synthetic::facts(), world);
    if (drop_a_die)
      run = synthetic::result([](std::uint32_t die, int) { return die == 5 ? -1 : 0; }, world.rank(), 1);
    hecaton::io::write_trace(scratch / "trace.h5", synthetic::deck(), run, summary,
                             hecaton::io::collect_provenance("", "", world), world);
  };
  EXPECT_THROW(write_as(synthetic::owners()[0].owner, true), std::logic_error);
  if (world.size() > 1) {  // every rank claims every die
    EXPECT_THROW(write_as([&](std::uint32_t, int) { return world.rank(); }, false), std::logic_error);
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "trace.h5"));
}

TEST(TraceBytes, IsTheSizeOfTheColumns) {
  const mpi::communicator world;
  const synthetic::Scratch scratch(world);
  synthetic::write(scratch / "trace.h5", synthetic::owners()[0].owner, world);
  if (world.rank() != 0) return;
  std::uint64_t bytes = 0, operations = 0, messages = 0, phases = 0;
  for (const auto& [path, object] : h5::without(h5::read(scratch / "trace.h5"), "provenance")) {
    if (!object.shape.empty()) bytes += object.bytes.size();
    if (path == "operations/die") operations = object.shape[0];
    if (path == "messages/from") messages = object.shape[0];
    if (path == "marks/die") phases = object.shape[0];
  }
  // The estimate leaves out the last entry of the offsets by die.
  hecaton::io::TraceRows rows;
  rows.dies = synthetic::dies;
  rows.links = synthetic::links().size();
  rows.operations = operations;
  rows.channels = synthetic::channels().size();
  rows.bin_cells = (rows.links + rows.channels + synthetic::dies + synthetic::io_dies + 2 * synthetic::dies) *
                   synthetic::bins;
  rows.stalls = true;
  rows.nodes = synthetic::dies + synthetic::io_dies + 1;
  rows.messages = messages;
  rows.phases = phases;
  EXPECT_EQ(hecaton::io::trace_part_bytes(rows).sum() + 2 * 8, bytes);
}

}  // namespace
