#include "io/power/power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>

#include "io/export/trace_reader.hpp"
#include "io/files/child_process.hpp"
#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"
#include "io/result/trace_content.hpp"
#include "io/trace/bins.hpp"
#include "io/trace/stretch.hpp"

namespace hecaton::io {

namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;

constexpr std::uint64_t most_links = 1U << 24U;

// Joules by window.
class Windows {
 public:
  Windows(std::uint64_t end_ps, std::uint32_t count)
      : end_ps_(end_ps), width_ps_(std::max<std::uint64_t>(1, (end_ps + count - 1) / count)) {
    joules_.resize(std::max<std::uint64_t>(1, (end_ps + width_ps_ - 1) / width_ps_));
  }

  // Evenly over a stretch of time that lies in the run.
  void spread(double joules, std::uint64_t from_ps, std::uint64_t to_ps) {
    if (to_ps <= from_ps) {
      joules_[std::min<std::uint64_t>(from_ps / width_ps_, joules_.size() - 1)] += joules;
      return;
    }
    const double per_ps = joules / static_cast<double>(to_ps - from_ps);
    for (std::uint64_t at = from_ps; at < to_ps;) {
      const std::uint64_t window = at / width_ps_, end = std::min(to_ps, (window + 1) * width_ps_);
      joules_.at(window) += per_ps * static_cast<double>(end - at);
      at = end;
    }
  }
  void spread_evenly(double joules) { spread(joules, 0, end_ps_); }

  std::uint64_t width_ps() const { return width_ps_; }
  std::uint64_t end_ps() const { return end_ps_; }
  std::vector<double> watts() const {
    std::vector<double> all;
    for (std::size_t i = 0; i < joules_.size(); ++i) {
      const std::uint64_t span = std::min(end_ps_, (i + 1) * width_ps_) - i * width_ps_;
      all.push_back(span == 0 ? 0 : joules_[i] / (static_cast<double>(span) * 1e-12));
    }
    return all;
  }

 private:
  std::uint64_t end_ps_, width_ps_;
  std::vector<double> joules_;
};

bool computes(const OperationRow& row) {
  return row.kind == OperationKind::matmul || row.kind == OperationKind::vector;
}
bool uses_dram(const OperationRow& row) {
  return row.kind == OperationKind::dram_read || row.kind == OperationKind::dram_write;
}

// By the weight of each row; evenly if they have none.
template <class Weight>
void spread_over(Windows& windows, double joules, const std::vector<OperationRow>& rows, Weight&& weight) {
  double sum = 0;
  for (const OperationRow& row : rows) sum += weight(row);
  if (sum <= 0) return windows.spread_evenly(joules);
  for (const OperationRow& row : rows)
    if (const double own = weight(row); own > 0)
      windows.spread(joules * own / sum, static_cast<std::uint64_t>(row.start_ps),
                     static_cast<std::uint64_t>(row.end_ps));
}

// When the links that a die answers for were busy.
struct LinkBins {
  std::uint64_t width_ps = 0;
  std::uint64_t bins = 0;                           // none: the trace has no bins
  std::vector<std::vector<std::uint64_t>> busy_ps;  // by die
};

LinkBins read_link_bins(const OpenTrace& trace) {
  LinkBins read;
  read.busy_ps.resize(trace.dies());
  if (!hdf5::has_object(trace.file, "bins")) return read;
  const std::vector<LinkRow> links =
      TableReader<LinkRow>(trace.file, link_table(), std::min(trace.most_rows, most_links)).read_all();
  const hdf5::OpenMatrix opened =
      hdf5::open_matrix(trace.file, "bins/links", hdf5::Cell::u64, {links.size(), most_bins});
  const std::int64_t width = hdf5::read_integer_attribute(opened.matrix, "width_ps");
  if (opened.rows != links.size() || width < 1 || opened.columns == 0)
    throw hdf5::Error("/bins/links has no credible bins of time");
  read.width_ps = static_cast<std::uint64_t>(width);
  read.bins = opened.columns;
  std::vector<std::uint64_t> row(read.bins);
  for (std::size_t i = 0; i < links.size(); ++i) {
    // A link from an IO die is charged to the die that it leads to.
    const std::uint32_t die =
        links[i].counters.from < trace.dies() ? links[i].counters.from : links[i].counters.to;
    if (die >= trace.dies()) throw hdf5::Error("a link ends at no die");
    hdf5::read_rows(opened.matrix, hdf5::Cell::u64, i * read.bins, read.bins, row.data());
    std::vector<std::uint64_t>& sum = read.busy_ps[die];
    sum.resize(read.bins);
    for (std::size_t bin = 0; bin < row.size(); ++bin) sum[bin] += std::min(row[bin], read.width_ps);
  }
  return read;
}

void spread_over_bins(Windows& windows, double joules, const LinkBins& bins, std::uint32_t die) {
  const std::vector<std::uint64_t>& busy = bins.busy_ps[die];
  double sum = 0;
  for (std::size_t bin = 0; bin < busy.size() && bin * bins.width_ps < windows.end_ps(); ++bin)
    sum += static_cast<double>(busy[bin]);
  if (sum <= 0) return windows.spread_evenly(joules);
  for (std::size_t bin = 0; bin < busy.size() && bin * bins.width_ps < windows.end_ps(); ++bin)
    if (busy[bin] > 0)
      windows.spread(joules * static_cast<double>(busy[bin]) / sum, bin * bins.width_ps,
                     std::min(windows.end_ps(), (bin + 1) * bins.width_ps));
}

Windows windows_of_die(const DieRow& die, const std::vector<OperationRow>& rows, const LinkBins& bins,
                       Windows empty) {
  const auto time = [](const OperationRow& row) {
    return computes(row) ? static_cast<double>(row.end_ps - row.start_ps) : 0.0;
  };
  const auto bytes = [](const OperationRow& row) { return static_cast<double>(row.bytes); };
  const auto moved = [](const OperationRow& row) {
    return uses_dram(row) ? static_cast<double>(row.bytes) : 0.0;
  };
  Windows windows = std::move(empty);
  spread_over(windows, die.energy.compute_J, rows, time);
  spread_over(windows, die.energy.sram_J, rows, bytes);
  spread_over(windows, die.energy.dram_J, rows, moved);
  spread_over_bins(windows, die.energy.nop_J, bins, die.die);
  windows.spread_evenly(die.energy.static_J);
  return windows;
}

void check_rows(const std::vector<DieRow>& dies, const OpenTrace& trace) {
  if (dies.size() != trace.dies()) throw hdf5::Error("it has not one row for each die");
  for (std::size_t i = 0; i < dies.size(); ++i) {
    const chiplet::EnergyBreakdown& energy = dies[i].energy;
    if (dies[i].die != i) throw hdf5::Error("its dies are not in their order");
    for (const double joules : {energy.compute_J, energy.sram_J, energy.nop_J, energy.dram_J, energy.static_J,
                                dies[i].energy_total_J})
      if (!std::isfinite(joules) || joules < 0) throw hdf5::Error("a die has an energy that is none");
  }
}

// In a process of its own: a line of the package, then one of each die.
std::string power_text(const std::filesystem::path& path, std::uint64_t end_ps, std::uint32_t count) {
  const OpenTrace trace = open_trace(path);
  const OperationReader operations(trace);
  if (operations.rows() == 0) throw hdf5::Error("it holds no operations; run the deck with --trace ops");
  const std::vector<DieRow> dies = TableReader<DieRow>(trace.file, die_table(), trace.most_rows).read_all();
  check_rows(dies, trace);
  const LinkBins bins = read_link_bins(trace);
  const Windows empty(end_ps, count);
  std::vector<double> package(empty.watts().size(), 0);
  std::string text;
  for (const DieRow& die : dies) {
    std::vector<OperationRow> rows = operations.of_die(die.die);
    for (OperationRow& row : rows) {
      row.end_ps = std::min(row.end_ps, static_cast<std::int64_t>(end_ps));
      row.start_ps = std::min(row.start_ps, row.end_ps);
    }
    const std::vector<double> watts = windows_of_die(die, rows, bins, empty).watts();
    for (std::size_t i = 0; i < watts.size(); ++i) package[i] += watts[i];
    const auto peak = std::max_element(watts.begin(), watts.end());
    text += fmt::format("{} {} {}\n", die.energy_total_J / (static_cast<double>(end_ps) * 1e-12), *peak,
                        peak - watts.begin());
  }
  std::string head = fmt::format("{} {}\n", empty.width_ps(), package.size());
  for (const double watts : package) head += fmt::format("{} ", watts);
  return head + "\n" + text;
}

[[noreturn]] void refuse(const std::filesystem::path& trace, std::string_view problem, std::string_view why,
                         std::string_view suggestion) {
  throw InputError({trace.string()}, "", problem, why, suggestion);
}

}  // namespace

Peak Power::peak() const {
  const auto most = std::max_element(package_W.begin(), package_W.end());
  return {*most, static_cast<std::uint64_t>(most - package_W.begin())};
}

std::uint32_t Power::highest_die() const {
  const auto most = std::max_element(dies.begin(), dies.end(), [](const DiePower& a, const DiePower& b) {
    return a.peak.watts < b.peak.watts;
  });
  return static_cast<std::uint32_t>(most - dies.begin());
}

Power read_power(const std::filesystem::path& trace, std::uint32_t windows) {
  constexpr unsigned most_seconds = 3600;
  const Summary summary = read_summary(trace);
  if (is_unfinished(trace))
    refuse(trace, "is of a run that has not ended", "its operations lie in other files",
           "let the run go on with --restart latest");
  const auto* step = std::get_if<TrainingSummary>(&summary.workload);
  if (step == nullptr) refuse(trace, "has no power", "it is not the trace of a training step", "");
  if (step->sampling.mode != name_of(SamplingMode::off))
    refuse(trace, "has no power over time",
           "a part of the step was simulated, and its energies are of the whole",
           "run the step without --sample");
  Power power;
  power.end_ps = static_cast<std::uint64_t>(std::max<std::int64_t>(summary.simulated_ps, 1));
  std::string text;
  try {
    text = isolated([&] { return power_text(trace, power.end_ps, windows); }, most_seconds);
  } catch (const std::runtime_error& error) {
    refuse(trace, "tells no power", error.what(), "");
  }
  std::istringstream numbers(text);
  std::size_t count = 0;
  numbers >> power.window_ps >> count;
  power.package_W.resize(count);
  for (double& watts : power.package_W) numbers >> watts;
  for (DiePower die; numbers >> die.mean_W >> die.peak.watts >> die.peak.window;) power.dies.push_back(die);
  power.mean_W = std::accumulate(power.dies.begin(), power.dies.end(), 0.0,
                                 [](double sum, const DiePower& die) { return sum + die.mean_W; });
  return power;
}

}  // namespace hecaton::io
