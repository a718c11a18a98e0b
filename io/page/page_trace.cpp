#include "io/page/page_trace.hpp"

#include <algorithm>
#include <limits>

#include "io/trace/bins.hpp"
#include "io/trace/critical_path_table.hpp"
#include "io/trace/table_reader.hpp"
#include "io/trace/texts.hpp"

namespace hecaton::io {
namespace {

using chiplet::OperationRow;

constexpr std::uint32_t most_side = 1U << 16U;  // of a package
constexpr std::uint64_t most_rows = 1U << 20U;  // of dies, links, channels, strata, segments
constexpr std::uint64_t most_operations = std::uint64_t{1} << 40U;
constexpr std::uint64_t most_of_a_die = 1U << 24U;
constexpr std::uint64_t most_bytes_moved = std::uint64_t{1} << 62U;
constexpr std::uint64_t most_macs = std::uint64_t{1} << 62U;
constexpr std::size_t most_text_bytes = 1U << 14U;
constexpr std::size_t most_name_bytes = 1U << 10U;

std::uint32_t read_side(const hdf5::Handle& file, const char* name) {
  const std::int64_t side = hdf5::read_integer_attribute(file, name);
  if (side < 1 || side > most_side)
    throw hdf5::Error("its package of " + std::to_string(side) + " " + name + " is not credible");
  return static_cast<std::uint32_t>(side);
}

void read_provenance(const hdf5::Handle& file, PageTrace& content) {
  const hdf5::Handle group = hdf5::open_group(file, "provenance");
  for (const char* name :
       {"command_line", "date", "version", "git", "build_type", "compiler", "mpi", "hdf5", "partition"})
    if (hdf5::has_attribute(group, name))
      content.provenance.emplace_back(name, hdf5::read_text_attribute(group, name, most_text_bytes));
}

void read_dies(const hdf5::Handle& file, PageTrace& content) {
  content.dies = TableReader<DieRow>(file, die_table(), most_rows).read_all();
  if (content.dies.size() != std::uint64_t{content.rows} * content.columns)
    throw hdf5::Error("/dies has not one row for each die");
  for (std::size_t i = 0; i < content.dies.size(); ++i) {
    const DieRow& die = content.dies[i];
    if (die.die != i || die.row != i / content.columns || die.column != i % content.columns)
      throw hdf5::Error("the rows of /dies are not in the order of the dies");
  }
}

void read_links(const hdf5::Handle& file, PageTrace& content, std::uint64_t most) {
  const TableReader<LinkRow> table(file, link_table(), most_rows);
  content.link_count = table.rows();
  if (table.rows() > most) return;
  content.links = table.read_all();
  const auto rows = static_cast<std::int32_t>(content.rows);
  const auto columns = static_cast<std::int32_t>(content.columns);
  const auto lies_inside = [&](std::int32_t row, std::int32_t column) {
    return row >= 0 && row < rows && column >= 0 && column < columns;
  };
  for (const LinkRow& link : content.links)
    if (!lies_inside(link.from_row, link.from_column) || !lies_inside(link.to_row, link.to_column))
      throw hdf5::Error("a row of /links lies outside the package");
}

void read_sampled(const hdf5::Handle& file, PageTrace& content) {
  if (!hdf5::has_object(file, "strata") || !hdf5::has_object(file, "segments")) return;
  content.sampled.strata =
      TableReader<StratumRow>(file, trace_table<StratumRow>("strata", ""), most_rows).read_all();
  content.sampled.segments =
      TableReader<SegmentRow>(file, trace_table<SegmentRow>("segments", ""), most_rows).read_all();
  content.sampled.names = hdf5::read_texts(file, "strata/name", most_rows, most_name_bytes);
  if (content.sampled.names.size() != content.sampled.strata.size())
    throw hdf5::Error("/strata has not one name for each row");
  for (const StratumRow& stratum : content.sampled.strata)
    if (static_cast<std::size_t>(stratum.section) >= names_of<chiplet::Section>().size())
      throw hdf5::Error("a row of /strata names a part that is not known");
}

// Bins of a sampled step are of what was simulated, which is not as long as the step.
void read_busy(const hdf5::Handle& file, PageTrace& content, std::uint64_t most_cells) {
  BusyBinsOf of{content.links.size(), {}, most_cells};
  if (content.sampled.strata.empty()) of.end_ps = static_cast<std::uint64_t>(content.simulated_ps);
  content.busy = read_busy_bins(file, of);
}

std::vector<std::uint64_t> read_offsets(const hdf5::Handle& file, std::uint64_t dies, std::uint64_t rows) {
  std::vector<std::uint64_t> offsets = hdf5::read_counts(file, "operations/offsets", most_rows + 1);
  if (offsets.size() != dies + 1 || offsets.front() != 0 || offsets.back() != rows ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    throw hdf5::Error("/operations/offsets does not divide the rows among the dies");
  return offsets;
}

// The latest end of any operation.
std::int64_t last_end(const hdf5::Handle& file) {
  constexpr std::uint64_t at_once = 1U << 20U;
  const auto column = hdf5::open_numbers(file, "operations/end_ps", hdf5::Cell::i64, most_operations);
  std::vector<std::int64_t> ends;
  std::int64_t last = 0;
  for (std::uint64_t first = 0; first < column.rows; first += at_once) {
    ends.resize(std::min(at_once, column.rows - first));
    hdf5::read_rows(column.column, hdf5::Cell::i64, first, ends.size(), ends.data());
    last = std::max(last, *std::max_element(ends.begin(), ends.end()));
  }
  return last;
}

void expect_sound(const std::vector<OperationRow>& rows, std::uint32_t die) {
  for (const OperationRow& row : rows) {
    if (row.die != die) throw hdf5::Error("a row of /operations belongs to another die than its place says");
    if (row.start_ps < 0 || row.end_ps < row.start_ps)
      throw hdf5::Error("a row of /operations ends before it starts");
    if (row.bytes > most_bytes_moved)
      throw hdf5::Error("a row of /operations moves more bytes than credible");
    if (row.macs > most_macs) throw hdf5::Error("a row of /operations multiplies more than credible");
    if (static_cast<std::size_t>(row.kind) >= names_of<chiplet::OperationKind>().size() ||
        static_cast<std::size_t>(row.stage) >= names_of<chiplet::Stage>().size())
      throw hdf5::Error("a row of /operations has a kind or a stage that is not known");
  }
}

OperationContent read_operations(const hdf5::Handle& file, const TableReader<OperationRow>& table,
                                 const PageTrace& package, const DetailChoice& choice,
                                 const PageLimits& limits) {
  const std::uint64_t dies = package.dies.size();
  const std::vector<std::uint64_t> offsets = read_offsets(file, dies, table.rows());
  OperationContent content{.rows = table.rows(),
                           .spent = {},
                           .overlap = {},
                           .overview = Overview(package.rows, package.columns, last_end(file), limits.bins),
                           .choice = choice,
                           .labels = {},
                           .shared = {},
                           .detail = {}};
  OperationPacker packer;
  const Arrivals arrivals = Arrivals::read(file);
  const std::vector<std::uint32_t> shown = dies_in_detail(offsets, choice, limits.operations);
  const std::uint64_t most = choice.dies.empty() ? limits.operations : limits.operations / shown.size();
  for (std::uint32_t die = 0; die < dies; ++die) {
    const std::uint64_t count = offsets[die + std::size_t{1}] - offsets[die];
    if (count > most_of_a_die)
      throw hdf5::Error("a die has " + std::to_string(count) + " operations, more than a report can read");
    const std::vector<OperationRow> rows = table.read(offsets[die], count);
    expect_sound(rows, die);
    content.spent.add(rows);
    content.overlap.add(rows);
    content.overview.add(rows);
    if (std::binary_search(shown.begin(), shown.end(), die))
      content.detail.push_back(packer.pack(detail_of(die, rows, choice, most), arrivals));
  }
  content.labels = packer.labels();
  content.shared = packer.shared();
  std::uint64_t characters = 0;
  for (const std::string& column : content.shared) characters += column.size();
  thin_out(content.detail, limits.operation_text - std::min(characters, limits.operation_text));
  return content;
}

PageTrace read_head(const hdf5::Handle& file) {
  PageTrace content;
  content.rows = read_side(file, "rows");
  content.columns = read_side(file, "columns");
  content.simulated_ps = hdf5::read_integer_attribute(file, "simulated_ps");
  content.unfinished = hdf5::has_attribute(file, "unfinished");
  content.deck = deck_text_of(file);
  read_provenance(file, content);
  read_dies(file, content);
  if (hdf5::has_object(file, "channels"))
    content.channel_count = TableReader<chiplet::ChannelCounters>(file, channel_table(), most_rows).rows();
  read_sampled(file, content);
  content.path = read_critical_path(file);
  return content;
}

}  // namespace

PageTrace read_compared_content(const std::filesystem::path& trace) {
  return read_head(hdf5::open(trace));
}

PageTrace read_content(const std::filesystem::path& trace, const DetailChoice& choice,
                       const PageLimits& limits) {
  const hdf5::Handle file = hdf5::open(trace);
  PageTrace content = read_head(file);
  read_links(file, content, limits.links);
  if (!content.links.empty() && content.simulated_ps >= 0) read_busy(file, content, limits.busy_cells);
  if (!content.links.empty()) content.stalls = read_link_stalls(file, content.links.size());
  content.buffers = read_buffer_bins(file, content.dies.size());
  content.latencies = read_latencies(file);
  if (content.unfinished) {
    content.why_no_operations = "The run has not ended: its operations lie in files of its checkpoints.";
    return content;
  }
  const TableReader<OperationRow> operations(file, operation_table_of(file), most_operations);
  if (operations.rows() == 0)
    content.why_no_operations =
        "The trace holds no operations: it was written with --trace summary, or its dies run no programs.";
  else
    content.operations = read_operations(file, operations, content, choice, limits);
  return content;
}

}  // namespace hecaton::io
