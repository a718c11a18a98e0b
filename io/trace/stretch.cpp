#include "io/trace/stretch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <cstring>
#include <stdexcept>

#include "io/files/atomic_file.hpp"
#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/seal.hpp"
#include "io/files/shared_failure.hpp"
#include "io/trace/run_attributes.hpp"
#include "io/trace/schema.hpp"
#include "io/trace/trace.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr const char* unfinished_mark = "unfinished";

std::uint64_t sum_of(std::uint64_t value, const boost::mpi::communicator& comm) {
  return boost::mpi::all_reduce(comm, value, std::plus<std::uint64_t>());
}

// The column of all stretches, one after the other.
std::vector<hdf5::Source> sources_of(const fs::path& folder, const std::vector<Stretch>& stretches,
                                     const std::string& column) {
  std::vector<hdf5::Source> sources;
  sources.reserve(stretches.size());
  for (const Stretch& stretch : stretches)
    sources.push_back({(folder / stretch.file).string(), "/operations/" + column, stretch.rows});
  return sources;
}

void create_operations(const hdf5::Handle& file, const fs::path& folder,
                       const std::vector<Stretch>& stretches) {
  const TraceTable<chiplet::OperationRow> table = operation_table();
  const hdf5::Handle group = hdf5::create_group(file, table.group);
  hdf5::write_attribute(group, "long_name", table.long_name);
  for (const auto& column : table.columns) {
    const hdf5::Handle dataset = hdf5::create_virtual_column(group, column.name, column.cell,
                                                             sources_of(folder, stretches, column.name));
    describe_column(dataset, column.units, column.long_name);
    if (!column.names.empty()) hdf5::write_attribute(dataset, "names", column.names);
  }
}

void write_index(const fs::path& path, const fs::path& last, const fs::path& folder,
                 const std::vector<Stretch>& stretches) {
  const hdf5::Handle source = hdf5::open(last);
  hdf5::Handle file = hdf5::create(path);
  hdf5::write_attribute(file, "format", "hecaton trace");
  for (const char* name : {"schema", "rows", "columns", "simulated_ps"})
    hdf5::write_attribute(file, name, hdf5::read_integer_attribute(source, name));
  hdf5::write_attribute(file, unfinished_mark, std::int64_t{1});
  for (const char* name : {"deck", "summary", "dies", "links", "provenance"})
    hdf5::copy_object(source, name, file);
  create_operations(file, folder, stretches);
  file.close();
}

// Rows of some dies that follow each other.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

std::vector<Span> spans_of(const std::vector<std::uint32_t>& dies,
                           const std::vector<std::uint64_t>& offsets) {
  std::vector<Span> spans;
  for (const std::uint32_t die : dies) {
    const std::uint64_t first = offsets.at(die);
    const std::uint64_t count = offsets.at(die + std::size_t{1}) - first;
    if (count == 0) continue;
    if (!spans.empty() && spans.back().first + spans.back().count == first)
      spans.back().count += count;
    else
      spans.push_back({first, count});
  }
  return spans;
}

std::vector<std::uint64_t> read_offsets(const hdf5::Handle& file, const std::string& table,
                                        std::uint32_t dies) {
  std::vector<std::uint64_t> offsets(dies + std::size_t{1});
  hdf5::read_rows(hdf5::open_column(file, table + "/offsets"), hdf5::Cell::u64, 0, offsets.size(),
                  offsets.data());
  return offsets;
}

std::vector<std::uint64_t> rows_per_die(const std::vector<std::uint32_t>& dies,
                                        const std::vector<std::uint64_t>& offsets) {
  std::vector<std::uint64_t> rows;
  rows.reserve(dies.size());
  for (const std::uint32_t die : dies) rows.push_back(offsets.at(die + std::size_t{1}) - offsets.at(die));
  return rows;
}

// The rows of these spans, every column of them.
template <class Row>
std::vector<Row> read_table(const hdf5::Handle& file, const TraceTable<Row>& table,
                            const std::vector<Span>& spans) {
  std::uint64_t count = 0;
  for (const Span& span : spans) count += span.count;
  std::vector<Row> rows(count);
  std::vector<std::byte> cells(count * sizeof(std::uint64_t));
  for (const TraceColumn<Row>& column : table.columns) {
    const hdf5::Handle source = hdf5::open_column(file, std::string(table.group) + "/" + column.name);
    std::byte* next = cells.data();
    for (const Span& span : spans) {
      hdf5::read_rows(source, column.cell, span.first, span.count, next);
      next += span.count * hdf5::cell_bytes(column.cell);
    }
    column.copy_back(cells.data(), rows);
  }
  return rows;
}

// The rows of these dies.
LocalRecords read_stretch(const fs::path& path, const std::vector<std::uint32_t>& dies,
                          std::uint32_t all_dies) {
  const hdf5::Handle file = hdf5::open(path);
  const std::vector<std::uint64_t> offsets = read_offsets(file, operation_table().group, all_dies);
  LocalRecords records;
  records.dies = dies;
  records.operations_per_die = rows_per_die(dies, offsets);
  records.operations = read_table(file, operation_table(), spans_of(dies, offsets));
  records.waits_per_die.assign(dies.size(), 0);
  if (!hdf5::has_object(file, wait_table().group)) return records;
  const std::vector<std::uint64_t> waits = read_offsets(file, wait_table().group, all_dies);
  records.waits_per_die = rows_per_die(dies, waits);
  records.waits = read_table(file, wait_table(), spans_of(dies, waits));
  return records;
}

// The messages of these nodes.
LocalMessages read_messages(const fs::path& path, const std::vector<std::uint32_t>& nodes,
                            std::uint32_t all_nodes) {
  const hdf5::Handle file = hdf5::open(path);
  const std::vector<std::uint64_t> offsets = read_offsets(file, message_table().group, all_nodes);
  return {.are_kept = true,
          .nodes = nodes,
          .rows_per_node = rows_per_die(nodes, offsets),
          .rows = read_table(file, message_table(), spans_of(nodes, offsets))};
}

// Puts the later rows of each die behind its earlier ones. Where none are counted none were recorded.
template <class Row>
void append_to_each(std::vector<Row>& rows, std::vector<std::uint64_t>& rows_per_die,
                    const std::vector<Row>& later, const std::vector<std::uint64_t>& later_per_die) {
  if (later_per_die.empty()) return;
  if (rows_per_die.empty()) rows_per_die.assign(later_per_die.size(), 0);
  std::vector<Row> joined;
  std::size_t from = 0, from_later = 0;
  const auto take = [&joined](const std::vector<Row>& part, std::size_t& start, std::uint64_t count) {
    const auto first = part.begin() + static_cast<std::ptrdiff_t>(start);
    joined.insert(joined.end(), first, first + static_cast<std::ptrdiff_t>(count));
    start += count;
  };
  for (std::size_t i = 0; i < rows_per_die.size(); ++i) {
    take(rows, from, rows_per_die[i]);
    take(later, from_later, later_per_die[i]);
    rows_per_die[i] += later_per_die[i];
  }
  rows = std::move(joined);
}

// Rows of a node may have come in any of several stretches.
void sort_each(LocalMessages& messages) {
  auto first = messages.rows.begin();
  for (const std::uint64_t count : messages.rows_per_node) {
    const auto last = first + static_cast<std::ptrdiff_t>(count);
    std::sort(first, last);
    first = last;
  }
}

}  // namespace

Stretch write_stretch(const fs::path& folder, SimTime from, SimTime to, const Deck& deck,
                      const RunResult& so_far, const Summary& summary, const Provenance& provenance,
                      const boost::mpi::communicator& comm) {
  Stretch stretch;
  stretch.file = fmt::format("operations-{:019}-{:019}.h5", from.ps, to.ps);
  stretch.rows = sum_of(so_far.local.operations.size(), comm);
  const fs::path path = folder / stretch.file;
  write_trace(path, deck, so_far, summary, provenance, comm);
  on_root(comm, [&] {
    stretch.bytes = fs::file_size(path);
    stretch.digest = digest_of_file(path);
  });
  boost::mpi::broadcast(comm, stretch.bytes, 0);
  boost::mpi::broadcast(comm, stretch.digest, 0);
  return stretch;
}

void write_unfinished_trace(const fs::path& trace, const fs::path& folder,
                            const std::vector<Stretch>& stretches) {
  AtomicFile file(trace);
  const fs::path home = trace.parent_path().empty() ? "." : trace.parent_path();
  write_index(file.temporary(), folder / stretches.back().file, folder.lexically_relative(home), stretches);
  seal(file.temporary());
  file.publish();
}

bool is_unfinished(const fs::path& trace) {
  return isolated([&] {
           const hdf5::Handle file = hdf5::open(trace);
           return std::string(hdf5::has_attribute(file, unfinished_mark) ? "yes" : "no");
         }) == "yes";
}

void append_rows(LocalRecords& records, const LocalRecords& later) {
  if (records.dies != later.dies) throw std::logic_error("trace: rows of other dies cannot follow these");
  append_to_each(records.operations, records.operations_per_die, later.operations, later.operations_per_die);
  append_to_each(records.waits, records.waits_per_die, later.waits, later.waits_per_die);
  if (!later.messages.are_kept) return;
  if (!records.messages.are_kept) {
    records.messages = later.messages;
    return;
  }
  append_to_each(records.messages.rows, records.messages.rows_per_node, later.messages.rows,
                 later.messages.rows_per_node);
}

void put_before(LocalRecords earlier, LocalRecords& local) {
  append_rows(earlier, local);
  local.operations = std::move(earlier.operations);
  local.operations_per_die = std::move(earlier.operations_per_die);
  local.waits = std::move(earlier.waits);
  local.waits_per_die = std::move(earlier.waits_per_die);
  if (!local.messages.are_kept) return;
  local.messages = std::move(earlier.messages);
  sort_each(local.messages);
}

void add_stretches(LocalRecords& local, const fs::path& folder, const std::vector<Stretch>& stretches,
                   const boost::mpi::communicator& comm) {
  if (stretches.empty()) return;
  const auto dies = static_cast<std::uint32_t>(sum_of(local.dies.size(), comm));
  const auto nodes = static_cast<std::uint32_t>(sum_of(local.messages.nodes.size(), comm));
  together(comm, [&] {
    LocalRecords all;
    all.dies = local.dies;
    all.operations_per_die.assign(local.dies.size(), 0);
    all.waits_per_die = all.operations_per_die;
    for (const Stretch& stretch : stretches) {
      LocalRecords of_stretch = read_stretch(folder / stretch.file, local.dies, dies);
      if (local.messages.are_kept)
        of_stretch.messages = read_messages(folder / stretch.file, local.messages.nodes, nodes);
      append_rows(all, of_stretch);
    }
    put_before(std::move(all), local);
  });
}

}  // namespace hecaton::io
