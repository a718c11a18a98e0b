#include "io/trace/run_attributes.hpp"

#include <utility>
#include <vector>

namespace hecaton::io {
namespace {

template <class Value>
void write_rank_column(const hdf5::Handle& group, std::span<const RankAccounting> accounting,
                       Value RankAccounting::*member, const char* name, const char* units,
                       const char* long_name) {
  std::vector<Value> values;
  values.reserve(accounting.size());
  for (const RankAccounting& rank : accounting) values.push_back(rank.*member);
  const hdf5::Handle column = hdf5::create_column(group, name, hdf5::cell_of<Value>(), values.size());
  hdf5::write_column(column, hdf5::cell_of<Value>(), values.data());
  describe_column(column, units, long_name);
}

void write_ranks(const hdf5::Handle& provenance, std::span<const RankAccounting> accounting) {
  using A = RankAccounting;
  const hdf5::Handle ranks = hdf5::create_group(provenance, "ranks");
  hdf5::write_attribute(ranks, "long_name", "One row per rank");
  write_rank_column(ranks, accounting, &A::events, "events", "1", "Events executed");
  write_rank_column(ranks, accounting, &A::windows, "windows", "1", "Agreements of all ranks");
  write_rank_column(ranks, accounting, &A::stretches, "stretches", "1", "Times it went on executing events");
  write_rank_column(ranks, accounting, &A::events_ahead, "events_ahead", "1",
                    "Events executed while waiting for other ranks");
  write_rank_column(ranks, accounting, &A::null_messages, "null_messages", "1",
                    "Promises sent without a record");
  write_rank_column(ranks, accounting, &A::batches_sent, "batches_sent", "1", "Batches sent to other ranks");
  write_rank_column(ranks, accounting, &A::records_sent, "records_sent", "1", "Records sent to other ranks");
  write_rank_column(ranks, accounting, &A::bytes_sent, "bytes_sent", "B", "Bytes sent to other ranks");
  write_rank_column(ranks, accounting, &A::computing_s, "computing_s", "s", "Wall time executing events");
  write_rank_column(ranks, accounting, &A::waiting_s, "waiting_s", "s", "Wall time waiting for other ranks");
  write_rank_column(ranks, accounting, &A::exchanging_s, "exchanging_s", "s", "Wall time exchanging records");
  write_rank_column(ranks, accounting, &A::peak_rss_bytes, "peak_rss_bytes", "B", "Largest resident memory");
}

}  // namespace

void describe_column(const hdf5::Handle& column, const std::string& units, const std::string& long_name) {
  hdf5::write_attribute(column, "units", units);
  hdf5::write_attribute(column, "long_name", long_name);
}

void write_provenance(const hdf5::Handle& file, const Provenance& provenance, const Summary& summary,
                      std::span<const RankAccounting> accounting) {
  const hdf5::Handle group = hdf5::create_group(file, "provenance");
  hdf5::write_attribute(group, "command_line", provenance.command_line);
  hdf5::write_attribute(group, "partition", provenance.partition);
  hdf5::write_attribute(group, "date", provenance.date);
  hdf5::write_attribute(group, "folder", provenance.folder);
  if (!provenance.hosts.empty()) hdf5::write_attribute(group, "hosts", provenance.hosts);
  hdf5::write_attribute(group, "version", summary.version);
  hdf5::write_attribute(group, "git", summary.git);
  hdf5::write_attribute(group, "build_type", summary.build_type);
  for (const auto& [name, value] : provenance.software) hdf5::write_attribute(group, name, value);
  hdf5::write_text(group, "run", run_to_json(summary));
  hdf5::add_hard_link(file, "/deck", "/provenance/deck");
  write_ranks(group, accounting);
}

}  // namespace hecaton::io
