#include "io/trace/trace.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "core/engine/base/checked.hpp"
#include "io/files/durable_file.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/seal.hpp"
#include "io/files/shared_atomic_file.hpp"
#include "io/files/shared_failure.hpp"
#include "io/trace/bins.hpp"
#include "io/trace/create_table.hpp"
#include "io/trace/critical_path_table.hpp"
#include "io/trace/layout.hpp"
#include "io/trace/rows.hpp"
#include "io/trace/run_attributes.hpp"
#include "io/trace/sampled_tables.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

// One table with this rank's rows and where they go.
template <class Row>
struct Share {
  TraceTable<Row> table;
  TraceLayout layout;
  std::span<const Row> rows;
};

struct BinShares {
  BinFrame frame;
  Share<chiplet::ChannelCounters> channels;
  std::vector<Share<BinCell>> matrices;
};

struct Shares {
  Share<DieRow> dies;
  Share<chiplet::OperationRow> operations;
  Share<LinkRow> links;
  // Without rows: no table.
  Share<chiplet::WaitRow> waits;
  Share<chiplet::PhaseRow> phases;
  // Nothing: they were not kept.
  std::optional<BinShares> bins;
  std::optional<Share<StallRow>> stalls;
  std::optional<Share<MessageRow>> messages;
};

template <class Row>
Share<Row> make_share(TraceTable<Row> table, TraceLayout layout, std::span<const Row> rows) {
  std::uint64_t placed = 0;
  for (const Extent& extent : layout.extents) placed += extent.count;
  if (placed != rows.size()) {
    throw std::logic_error(std::string("trace: this rank's rows of /") + table.group +
                           " contradict their count");
  }
  return {std::move(table), std::move(layout), rows};
}

Share<DieRow> share_dies(const LocalRecords& local, std::span<const DieRow> rows,
                         const net::Topology& topology, const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> one_each(local.dies.size(), 1);
  TraceLayout layout = make_layout(local.dies, one_each, topology.dies(), comm);
  if (layout.rows() != topology.dies()) throw std::logic_error("trace: a die belongs to no rank");
  return make_share(die_table(), std::move(layout), rows);
}

// Of tables with any number of rows for each die.
template <class Row>
Share<Row> share_rows(TraceTable<Row> table, const LocalRecords& local,
                      const std::vector<std::uint64_t>& rows_per_die, const std::vector<Row>& rows,
                      const net::Topology& topology, const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> none(local.dies.size(), 0);
  TraceLayout layout =
      make_layout(local.dies, rows_per_die.empty() ? none : rows_per_die, topology.dies(), comm);
  return make_share(std::move(table), std::move(layout), std::span<const Row>(rows));
}

// Of matrices with a row for each node, or die.
Share<BinCell> share_matrix(TraceTable<BinCell> table, const std::vector<std::uint32_t>& keys,
                            std::uint32_t key_count, std::uint32_t bins, std::span<const BinCell> cells,
                            const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> per_key(keys.size(), bins);
  return make_share(std::move(table), make_layout(keys, per_key, key_count, comm), cells);
}

// Of rows that are in the order of their nodes, `each` of the file for one of these.
template <class Row, class NodeOf>
TraceLayout layout_by_node(std::span<const Row> rows, NodeOf&& node_of, std::uint64_t each,
                           const net::Topology& topology, const boost::mpi::communicator& comm) {
  std::vector<std::uint32_t> nodes;
  std::vector<std::uint64_t> per_node;
  for (const Row& row : rows) {
    if (nodes.empty() || nodes.back() != node_of(row)) {
      nodes.push_back(node_of(row));
      per_node.push_back(0);
    }
    per_node.back() += each;
  }
  return make_layout(nodes, per_node, topology.nodes(), comm);
}

std::uint32_t node_of(const LinkRow& row) {
  return row.counters.from;
}
std::uint32_t node_of_stalls(const StallRow& row) {
  return row.from;
}
std::uint32_t node_of_channel(const chiplet::ChannelCounters& row) {
  return row.io_die;
}

Share<LinkRow> share_links(std::span<const LinkRow> rows, const net::Topology& topology,
                           const boost::mpi::communicator& comm) {
  return make_share(link_table(), layout_by_node(rows, node_of, 1, topology, comm), rows);
}

std::optional<BinShares> share_bins(const RunResult& result, const FoldedBins& folded,
                                    std::span<const LinkRow> links, const net::Topology& topology,
                                    const boost::mpi::communicator& comm) {
  const LocalRecords& local = result.local;
  const std::uint32_t bins = local.bins.grid.count;
  if (bins == 0) return std::nullopt;
  const std::span<const chiplet::ChannelCounters> channels = local.channels;
  BinShares shares{
      {bins, folded.width_ps, result.sampled.has_value()},
      make_share(channel_table(), layout_by_node(channels, node_of_channel, 1, topology, comm), channels),
      {}};
  std::vector<Share<BinCell>>& matrices = shares.matrices;
  matrices.push_back(make_share<BinCell>(link_bin_table(),
                                         layout_by_node(links, node_of, bins, topology, comm), folded.links));
  matrices.push_back(make_share<BinCell>(
      channel_bin_table(), layout_by_node(channels, node_of_channel, bins, topology, comm), folded.channels));
  matrices.push_back(
      share_matrix(router_bin_table(), local.bins.nodes, topology.nodes(), bins, folded.routers, comm));
  if (!local.bins.has_die_buffers) return shares;
  matrices.push_back(
      share_matrix(activation_bin_table(), local.dies, topology.dies(), bins, folded.activations, comm));
  matrices.push_back(
      share_matrix(weight_bin_table(), local.dies, topology.dies(), bins, folded.weights, comm));
  return shares;
}

std::optional<Share<StallRow>> share_stalls(const LocalRecords& local, const net::Topology& topology,
                                            const boost::mpi::communicator& comm) {
  if (!local.keeps_stalls) return std::nullopt;
  const std::span<const StallRow> rows = local.stalls;
  return make_share(stall_table(), layout_by_node(rows, node_of_stalls, 1, topology, comm), rows);
}

std::optional<Share<MessageRow>> share_messages(const LocalMessages& local, const net::Topology& topology,
                                                const boost::mpi::communicator& comm) {
  if (!local.are_kept) return std::nullopt;
  TraceLayout layout = make_layout(local.nodes, local.rows_per_node, topology.nodes(), comm);
  return make_share(message_table(), std::move(layout), std::span<const MessageRow>(local.rows));
}

// Rows of everything, over all ranks.
TraceRows rows_of(const Shares& shares) {
  TraceRows rows;
  rows.dies = shares.dies.layout.rows();
  rows.links = shares.links.layout.rows();
  rows.operations = shares.operations.layout.rows();
  rows.phases = shares.phases.layout.rows();
  rows.stalls = shares.stalls.has_value();
  if (shares.messages) {
    rows.messages = shares.messages->layout.rows();
    rows.nodes = shares.messages->layout.first_row.size();
  }
  if (!shares.bins) return rows;
  rows.channels = shares.bins->channels.layout.rows();
  for (const Share<BinCell>& matrix : shares.bins->matrices) rows.bin_cells += matrix.layout.rows();
  return rows;
}

void write_offsets(const hdf5::Handle& file, const std::string& table, const TraceLayout& layout) {
  const hdf5::Handle column =
      hdf5::create_column(file, table + "/offsets", hdf5::Cell::u64, layout.first_row.size());
  describe_column(column, "1", "First row of each die, and after the last die the number of rows");
  hdf5::write_column(column, hdf5::Cell::u64, layout.first_row.data());
}

template <class Row>
void create_with_offsets(const hdf5::Handle& file, const Share<Row>& share) {
  create_table(file, share.table, share.layout.rows());
  write_offsets(file, share.table.group, share.layout);
}

// Of a sampled step, what tables are of that it does not tell of the whole.
void describe_cover(const hdf5::Handle& group, bool is_sampled) {
  hdf5::write_attribute(group, "covers", is_sampled ? covers_sample : covers_all);
}

void describe_run(const hdf5::Handle& file, const Deck& deck, const Summary& summary) {
  hdf5::write_attribute(file, "format", "hecaton trace");
  hdf5::write_attribute(file, "schema", trace_schema);
  hdf5::write_attribute(file, "rows", std::int64_t{summary.rows});
  hdf5::write_attribute(file, "columns", std::int64_t{summary.columns});
  hdf5::write_attribute(file, "simulated_ps", summary.simulated_ps);
  hdf5::write_text(file, "deck", deck.resolved_toml);
  hdf5::write_text(file, "summary", results_to_json(summary));
}

// A little more than the file will take.
std::uint64_t generous_bytes(const Deck& deck, const RunResult& result, const Shares& shares) {
  constexpr std::uint64_t objects_and_texts = 1U << 18U;
  return objects_and_texts + sampled_bytes(result.sampled_rows) + deck.resolved_toml.size() +
         result.critical_path.size() * sizeof(critical::Segment) + result.accounting.size() * 1024 +
         shares.waits.layout.rows() * sizeof(chiplet::WaitRow) +
         shares.waits.layout.first_row.size() * sizeof(std::uint64_t) +
         trace_part_bytes(rows_of(shares)).sum();
}

// Rank 0 alone: all there is but the cells of the tables whose rows all ranks have.
void create_structure(const fs::path& path, const Deck& deck, const Summary& summary, const RunResult& result,
                      const Provenance& provenance, const Shares& shares) {
  hdf5::Handle file = hdf5::create(path);
  describe_run(file, deck, summary);
  create_table(file, shares.dies.table, shares.dies.layout.rows());
  create_with_offsets(file, shares.operations);
  create_table(file, shares.links.table, shares.links.layout.rows());
  if (shares.bins) {
    create_table(file, channel_table(), shares.bins->channels.layout.rows());
    const hdf5::Handle group = create_bins(file, shares.bins->frame);
    for (const Share<BinCell>& matrix : shares.bins->matrices)
      create_matrix(group, matrix.table, matrix.layout.rows() / shares.bins->frame.bins, shares.bins->frame);
  }
  if (shares.stalls)
    describe_cover(create_table(file, shares.stalls->table, shares.stalls->layout.rows()),
                   result.sampled.has_value());
  if (shares.messages) create_with_offsets(file, *shares.messages);
  if (shares.phases.layout.rows() > 0) create_with_offsets(file, shares.phases);
  if (shares.waits.layout.rows() > 0) create_with_offsets(file, shares.waits);
  if (!result.critical_path.empty()) write_critical_path(file, result.critical_path);
  if (result.sampled) write_sampled_tables(file, result.sampled_rows);
  write_provenance(file, provenance, summary, result.accounting);
  file.close();
}

// The rows that this rank writes in a window, from whatever ranks hold them.
template <class Row>
std::vector<Row> collect_block(const Share<Row>& share, std::uint64_t window,
                               const boost::mpi::communicator& comm) {
  static_assert(std::is_trivially_copyable_v<Row>);
  const std::vector<std::byte> bytes =
      exchange_rows(share.layout, std::as_bytes(share.rows), sizeof(Row), window, comm);
  std::vector<Row> rows(bytes.size() / sizeof(Row));
  if (!rows.empty()) std::memcpy(rows.data(), bytes.data(), bytes.size());
  return rows;
}

// Does what may fail on one rank alone, and keeps its first failure until all ranks can hear of it: a rank
// that left now would leave the others waiting in a collective call.
template <class Action>
void attempt(std::string& failure, Action&& action) {
  if (!failure.empty()) return;
  try {
    action();
  } catch (const hdf5::Error& error) {
    failure = error.what();
  }
}

template <class Row>
std::vector<hdf5::Handle> open_columns(const hdf5::Handle& file, const TraceTable<Row>& table) {
  std::vector<hdf5::Handle> columns;
  for (const TraceColumn<Row>& column : table.columns) {
    columns.push_back(hdf5::open_column(file, std::string(table.group) + "/" + column.name));
  }
  return columns;
}

// What this rank has written of a column.
struct ColumnPart {
  std::string path;
  std::uint64_t checksum = 0;
};

template <class Row>
void write_block(const std::vector<hdf5::Handle>& columns, const TraceTable<Row>& table, const Block& block,
                 std::span<const Row> rows, std::span<ColumnPart> parts) {
  std::vector<std::byte> cells(rows.size() * sizeof(std::uint64_t));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const TraceColumn<Row>& column = table.columns[c];
    column.copy(rows, cells.data());
    hdf5::write_rows(columns[c], column.cell, block.first, block.count, cells.data());
    const std::size_t width = hdf5::cell_bytes(column.cell);
    parts[c].checksum += checksum_of_cells(std::span(cells).first(width * block.count), width, block.first);
  }
}

template <class Row>
void fill_table(const hdf5::Handle& file, const Share<Row>& share, const boost::mpi::communicator& comm,
                std::string& failure, std::vector<ColumnPart>& all_parts) {
  std::vector<hdf5::Handle> columns;
  for (const TraceColumn<Row>& column : share.table.columns)
    all_parts.push_back({std::string(share.table.group) + "/" + column.name});
  const std::span parts = std::span(all_parts).last(share.table.columns.size());
  attempt(failure, [&] { columns = open_columns(file, share.table); });
  for (std::uint64_t window = 0; window < window_count(share.layout, comm.size()); ++window) {
    const std::vector<Row> rows = collect_block(share, window, comm);
    if (rows.empty()) continue;
    const Block block = block_of(share.layout, window, comm.rank(), comm.size());
    attempt(failure, [&] { write_block<Row>(columns, share.table, block, rows, parts); });
  }
}

// Throws on all ranks if one of them has failed, with the reason of the first that did.
void expect_no_failure(const std::string& failure, const boost::mpi::communicator& comm) {
  if (const auto first = first_failure(comm, failure))
    throw std::runtime_error("trace: rank " + std::to_string(first->rank) + ": " + first->reason);
}

// What rank 0 does to the file; a failure says what it was about.
template <class Action>
void prepare_on_root(const boost::mpi::communicator& comm, Action&& action) {
  on_root(comm, [&] {
    try {
      action();
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string("trace: ") + error.what());
    }
  });
}

void expect_visible(const fs::path& path, const boost::mpi::communicator& comm) {
  const bool seen = ::access(path.c_str(), W_OK) == 0;
  if (boost::mpi::all_reduce(comm, seen, std::logical_and<>())) return;
  throw std::runtime_error(
      "trace: " + path.string() +
      " was created by rank 0 but cannot be written by all ranks (are all hosts on one file "
      "system?) choose an output folder that they share");
}

// When it returns, the last write of the last rank is done.
std::vector<ColumnPart> fill_file(const fs::path& path, const Shares& shares,
                                  const boost::mpi::communicator& comm) {
  hdf5::Handle file = hdf5::open_shared(path, comm);
  std::string failure;
  std::vector<ColumnPart> parts;
  try {
    fill_table(file, shares.dies, comm, failure, parts);
    fill_table(file, shares.operations, comm, failure, parts);
    fill_table(file, shares.links, comm, failure, parts);
    if (shares.waits.layout.rows() > 0) fill_table(file, shares.waits, comm, failure, parts);
    if (shares.phases.layout.rows() > 0) fill_table(file, shares.phases, comm, failure, parts);
    if (shares.stalls) fill_table(file, *shares.stalls, comm, failure, parts);
    if (shares.messages) fill_table(file, *shares.messages, comm, failure, parts);
    if (shares.bins) {
      fill_table(file, shares.bins->channels, comm, failure, parts);
      for (const Share<BinCell>& matrix : shares.bins->matrices)
        fill_table(file, matrix, comm, failure, parts);
    }
  } catch (...) {
    file.abandon();
    throw;
  }
  std::string close_failure;  // closing is collective: also for a rank that has failed before
  attempt(close_failure, [&] { file.close(); });
  expect_no_failure(failure.empty() ? close_failure : failure, comm);
  return parts;
}

// Of every rank's parts together.
std::vector<std::uint64_t> sum_up(const std::vector<ColumnPart>& parts,
                                  const boost::mpi::communicator& comm) {
  std::vector<std::uint64_t> mine, all(parts.size());
  for (const ColumnPart& part : parts) mine.push_back(part.checksum);
  boost::mpi::all_reduce(comm, mine.data(), static_cast<int>(mine.size()), all.data(),
                         std::plus<std::uint64_t>());
  return all;
}

void write_checksums(const fs::path& path, const std::vector<ColumnPart>& parts,
                     const std::vector<std::uint64_t>& checksums) {
  hdf5::Handle file = hdf5::open_again(path);
  for (std::size_t c = 0; c < parts.size(); ++c)
    hdf5::write_checksum(hdf5::open_column(file, parts[c].path), checksums[c]);
  file.close();
}

void write_file(const fs::path& temporary, const Deck& deck, const RunResult& result, const Summary& summary,
                const Provenance& provenance, const Shares& shares, const boost::mpi::communicator& comm) {
  prepare_on_root(comm, [&] {
    reserve_room(temporary, generous_bytes(deck, result, shares));
    create_structure(temporary, deck, summary, result, provenance, shares);
    reserve_room(temporary, fs::file_size(temporary));
  });
  expect_visible(temporary, comm);
  const std::vector<ColumnPart> parts = fill_file(temporary, shares, comm);
  const std::vector<std::uint64_t> checksums = sum_up(parts, comm);
  prepare_on_root(comm, [&] {
    write_checksums(temporary, parts, checksums);
    seal(temporary);
  });
}

template <class Row>
std::uint64_t row_bytes(const TraceTable<Row>& table) {
  std::uint64_t bytes = 0;
  for (const TraceColumn<Row>& column : table.columns) bytes += hdf5::cell_bytes(column.cell);
  return bytes;
}

}  // namespace

void write_trace(const fs::path& path, const Deck& deck, const RunResult& result, const Summary& summary,
                 const Provenance& provenance, const boost::mpi::communicator& comm) {
  const net::Topology topology = topology_of(deck);
  const std::vector<DieRow> dies = die_rows(deck, result, topology, comm);
  const std::vector<LinkRow> links = link_rows(result.local, topology);
  const bool has_bins = result.local.bins.grid.count > 0;
  const FoldedBins folded = has_bins ? fold_bins(result.local, comm) : FoldedBins{};
  const LocalRecords& local = result.local;
  const Shares shares{
      share_dies(local, dies, topology, comm),
      share_rows(operation_table(), local, local.operations_per_die, local.operations, topology, comm),
      share_links(links, topology, comm),
      share_rows(wait_table(), local, local.waits_per_die, local.waits, topology, comm),
      share_rows(phase_table(), local, local.phases_per_die, local.phases, topology, comm),
      share_bins(result, folded, links, topology, comm),
      share_stalls(local, topology, comm),
      share_messages(local.messages, topology, comm)};
  SharedAtomicFile file(path, comm);
  write_file(file.temporary(), deck, result, summary, provenance, shares, comm);
  file.publish();
}

std::uint64_t trace_frame_bytes(const Deck& deck) {
  // Measured with HDF5 1.10: seal, groups, names, checksums and other attributes of the columns, summary and provenance.
  constexpr std::uint64_t objects = 55'000;
  return objects + deck.resolved_toml.size();
}

TracePartBytes trace_part_bytes(const TraceRows& rows) {
  constexpr std::uint64_t offset = sizeof(std::uint64_t);
  TracePartBytes bytes;
  bytes.counters =
      (Checked{rows.dies} * row_bytes(die_table()) + Checked{rows.links} * row_bytes(link_table())).value();
  bytes.operations =
      (Checked{rows.dies} * offset + Checked{rows.operations} * row_bytes(operation_table())).value();
  bytes.bins =
      (Checked{rows.channels} * row_bytes(channel_table()) + Checked{rows.bin_cells} * sizeof(BinCell))
          .value();
  if (rows.stalls) bytes.stalls = (Checked{rows.links} * row_bytes(stall_table())).value();
  if (rows.phases > 0)
    bytes.marks = (Checked{rows.dies} * offset + Checked{rows.phases} * row_bytes(phase_table())).value();
  if (rows.nodes > 0)
    bytes.messages =
        (Checked{rows.nodes} * offset + Checked{rows.messages} * row_bytes(message_table())).value();
  bytes.path = (Checked{rows.path} * row_bytes(critical_path_table())).value();
  return bytes;
}

std::uint64_t TracePartBytes::sum() const {
  return (Checked{counters} + operations + bins + stalls + marks + messages + path).value();
}

}  // namespace hecaton::io
