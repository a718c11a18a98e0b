#include "io/trace/run_attributes.hpp"

#include <type_traits>
#include <vector>

namespace hecaton::io {
namespace {

void write_ranks(const hdf5::Handle& provenance, std::span<const RankAccounting> accounting) {
  const hdf5::Handle ranks = hdf5::create_group(provenance, "ranks");
  hdf5::write_attribute(ranks, "long_name", "One row per rank");
  for_each_field<RankAccounting>([&](const auto& field) {
    using Number = typename std::decay_t<decltype(field)>::Value;
    std::vector<Number> values;
    values.reserve(accounting.size());
    for (const RankAccounting& rank : accounting) values.push_back(rank.*field.member);
    const hdf5::Handle column =
        hdf5::create_column(ranks, field.name, hdf5::cell_of<Number>(), values.size());
    hdf5::write_column(column, hdf5::cell_of<Number>(), values.data());
    describe_column(column, field.units, field.long_name);
  });
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
