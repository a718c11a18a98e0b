#include "io/trace/recost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "core/chiplet/program/energy.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/reader.hpp"
#include "io/deck/source.hpp"
#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/text_file.hpp"
#include "io/trace/rows.hpp"
#include "io/trace/texts.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_nodes = 1U << 20U;  // of dies or links: a package has at most 65,536 dies

// What is costed, summed over the package.
struct Sums {
  chiplet::ActionCounts dies;
  Wide link_bytes = 0;
};

// Calls f(column, sum) for each column whose sum is costed.
template <class F>
void for_each_sum(Sums& sums, F&& f) {
  chiplet::for_each_costed_counter(
      [&](const auto& each) { f(std::string("dies/") + each.counter.name, sums.dies.*each.sum); });
  f(std::string("links/") + field_of<&chiplet::LinkCounters::bytes>().name, sums.link_bytes);
}

// Of at most 2^20 counts of 64 bits.
Wide sum_of(const hdf5::Handle& file, const std::string& column) {
  Wide sum = 0;
  for (const std::uint64_t count : hdf5::read_counts(file, column, most_nodes)) sum += count;
  return sum;
}

// The sums, each as its upper and lower 64 bits with a blank behind both, and then the deck.
std::string read_counts_and_deck(const fs::path& trace) {
  const hdf5::Handle file = hdf5::open(trace);
  std::string text;
  Sums none;
  for_each_sum(none, [&](const std::string& column, Wide) {
    const Wide sum = sum_of(file, column);
    text += fmt::format("{} {} ", static_cast<std::uint64_t>(sum >> 64U), static_cast<std::uint64_t>(sum));
  });
  return text + deck_text_of(file);
}

Sums take_sums(std::string& text) {
  Sums sums;
  const char* at = text.data();
  for_each_sum(sums, [&](const std::string&, Wide& sum) {
    std::uint64_t upper = 0, lower = 0;
    at = std::from_chars(at, text.data() + text.size(), upper).ptr + 1;
    at = std::from_chars(at, text.data() + text.size(), lower).ptr + 1;
    sum = (Wide{upper} << 64U) + lower;
  });
  text.erase(0, static_cast<std::size_t>(at - text.data()));
  return sums;
}

bool is_energy(std::string_view table, std::string_view key) {
  if (table == "energy") return true;
  return (table == "link" || table == "memory") && key == "energy_pJ_per_bit";
}

// What a preset means for energy, where it stands.
void add_preset(std::vector<Entry>& entries, const Entry& chosen) {
  const auto* name = std::get_if<std::string>(&chosen.value);
  const Preset* preset = name == nullptr ? nullptr : find_preset(chosen.table, *name);
  if (preset == nullptr) {
    throw InputError(chosen.where, chosen.table + ".preset", "is no preset",
                     fmt::format("there are {}", joined(preset_names(chosen.table))), "choose one of them");
  }
  for (const PresetValue& value : preset->values) {
    if (!is_energy(chosen.table, value.key)) continue;
    entries.push_back(
        {chosen.table, std::string(value.key), std::get<double>(value.value), "", chosen.where});
  }
}

// The energies of the table: those of presets first, so that a key given beside one overrides it.
std::vector<Entry> read_energies(const fs::path& path) {
  const std::vector<Entry> given = parse_entries(read_text_file(path, "a table of energies"), path.string());
  std::vector<Entry> entries;
  for (const Entry& entry : given) {
    const std::string key = entry.table + (entry.name.empty() ? "" : "." + entry.name);
    const bool has_energies = entry.table == "energy" || entry.table == "link" || entry.table == "memory";
    if (has_energies && entry.name == "preset") add_preset(entries, entry);
    if (has_energies && (entry.name.empty() || entry.name == "preset" || is_energy(entry.table, entry.name)))
      continue;
    throw InputError(
        entry.where, key, "is no energy",
        "a table of energies has [energy], and energy_pJ_per_bit or a preset in [link] and [memory]",
        "remove it");
  }
  for (const Entry& entry : given) {
    if (!entry.name.empty() && entry.name != "preset") entries.push_back(entry);
  }
  return entries;
}

EnergySummary cost(const Deck& deck, const Sums& sums, std::int64_t simulated_ps) {
  chiplet::EnergyCounts counts;
  counts.actions = sums.dies;
  counts.link_bits = 8 * sums.link_bytes;
  counts.time = {simulated_ps};
  counts.dies = std::uint64_t{deck.network.package.rows} * deck.network.package.columns;
  return energy_summary(chiplet::energy_of(counts, energy_table_of(deck)));
}

// Whether the summary of a workload says where its energy went.
template <class Workload>
concept Costed = requires(Workload& workload, const EnergySummary& energy_J) {
  set_energy(workload, energy_J);
};

bool is_costed(const WorkloadSummary& summary) {
  return std::visit([]<class Workload>(const Workload&) { return Costed<Workload>; }, summary);
}

template <class Workload>
void set_energy_of(Workload& workload, const EnergySummary& energy_J) {
  if constexpr (Costed<Workload>) set_energy(workload, energy_J);
}

}  // namespace

Summary read_summary_at(const fs::path& trace, const fs::path& energies) {
  Summary summary = read_summary(trace);
  if (!is_costed(summary.workload)) {
    throw InputError({trace.string()}, "", "has no energy", "it is not the trace of a training step", "");
  }
  const std::vector<Entry> entries = read_energies(energies);
  std::string text;
  try {
    text = isolated([&] { return read_counts_and_deck(trace); });
  } catch (const std::runtime_error& error) {
    throw InputError({trace.string()}, "", "is not a readable trace", error.what(), "");
  }
  const Sums sums = take_sums(text);
  const Deck deck = parse_deck_with(text, trace.string(), entries);
  const EnergySummary energy_J = cost(deck, sums, summary.simulated_ps);
  std::visit([&](auto& workload) { set_energy_of(workload, energy_J); }, summary.workload);
  return summary;
}

}  // namespace hecaton::io
