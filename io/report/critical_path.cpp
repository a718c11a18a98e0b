#include "io/report/critical_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/critical_path/sums.hpp"
#include "core/engine/base/enum_names.hpp"
#include "io/report/quantity.hpp"

namespace hecaton::io {
namespace {

using critical::Part;
using critical::Path;

constexpr std::size_t most_columns = 80;
constexpr std::size_t most_lines = 12;  // of a list; the rest is told in one

struct NamedTime {
  std::string name;
  std::int64_t ps = 0;
};
using NamedTimes = std::vector<NamedTime>;

// What a reader calls it.
std::string words_of(Part part) {
  switch (part) {
    case Part::latency:
      return "link latency";
    case Part::dram_latency:
      return "DRAM latency";
    case Part::dram_transfer:
      return "DRAM transfer";
    case Part::dram_queue:
      return "DRAM queue";
    default:
      return std::string(name_of(part));
  }
}

std::string words_of(const critical::Section& section) {
  if (section.layer < 0) return fmt::format("{}, outside layers", name_of(section.pass));
  return fmt::format("{}, layer {}", name_of(section.pass), section.layer);
}

std::string words_of(std::uint32_t node, const DieGrid& grid) {
  const std::uint32_t dies = grid.rows * grid.columns;
  if (node >= dies) return fmt::format("DRAM at IO die {}", node - dies);
  return fmt::format("die ({},{})", node / grid.columns, node % grid.columns);
}

// Largest first; of equal ones those that were named first.
void sort_by_size(NamedTimes& times) {
  std::stable_sort(times.begin(), times.end(),
                   [](const NamedTime& a, const NamedTime& b) { return std::abs(a.ps) > std::abs(b.ps); });
}

double percent(std::int64_t ps, std::int64_t whole) {
  return 100.0 * static_cast<double>(ps) / static_cast<double>(whole);
}

// Commas between them, lines of at most so many columns.
std::string list(std::string text, const std::vector<std::string>& words) {
  std::size_t column = text.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = fmt::format(" {}{}", words[i], i + 1 < words.size() ? "," : "\n");
    if (column + word.size() > most_columns) {
      text += "\n ";
      column = 1;
    }
    text += word;
    column += word.size();
  }
  return text;
}

template <class Sums>
Sums apart(const Sums& base, Sums other) {
  for (const auto& [key, ps] : base) other[key] -= ps;
  return other;
}

NamedTimes differences(const critical::PartSums& base, const critical::PartSums& other) {
  NamedTimes times;
  for (const Part part : values_of<Part>()) {
    const auto i = static_cast<std::size_t>(part);
    if (base[i] != 0 || other[i] != 0) times.push_back({words_of(part), other[i] - base[i]});
  }
  sort_by_size(times);
  return times;
}

// Largest first, the small ones of very many in one.
NamedTimes shortened(NamedTimes times) {
  sort_by_size(times);
  if (times.size() <= most_lines) return times;
  NamedTime rest{fmt::format("{} others", times.size() - most_lines + 1), 0};
  for (std::size_t i = most_lines - 1; i < times.size(); ++i) rest.ps += times[i].ps;
  times.resize(most_lines - 1);
  times.push_back(std::move(rest));
  return times;
}

NamedTimes differences(const critical::SectionSums& base, const critical::SectionSums& other) {
  NamedTimes times;
  for (const auto& [section, ps] : apart(base, other)) times.push_back({words_of(section), ps});
  return shortened(std::move(times));
}

// By name, since the same nodes of two packages may have different numbers.
using TimesByName = std::map<std::string, std::int64_t>;

TimesByName connection_times(const NamedPath& of) {
  TimesByName times;
  for (const auto& [connection, ps] : critical::sums_by_connection(of.path))
    times[connection.from == connection.to
              ? "a die's own work"
              : words_of(connection.from, of.grid) + " to " + words_of(connection.to, of.grid)] += ps;
  return times;
}

NamedTimes connection_differences(const NamedPath& base, const NamedPath& other) {
  NamedTimes times;
  for (const auto& [name, ps] : apart(connection_times(base), connection_times(other)))
    times.push_back({name, ps});
  return shortened(std::move(times));
}

std::string with_sign(std::int64_t ps) {
  return fmt::format("{}{}", ps < 0 ? '-' : '+', format_si(static_cast<double>(std::abs(ps)) * 1e-12, "s"));
}

std::string render(const std::string& title, const NamedTimes& times) {
  std::string text = fmt::format("{}\n", title);
  std::int64_t sum = 0;
  for (const NamedTime& time : times) {
    text += fmt::format("  {:<34} {:>12} {:>+20} ps\n", time.name, with_sign(time.ps), time.ps);
    sum += time.ps;
  }
  return text + fmt::format("  {:<34} {:>12} {:>+20} ps\n", "together", with_sign(sum), sum);
}

// "dram-queue" is dram_queue_ps.
std::string key_of(Part part) {
  std::string key(name_of(part));
  std::replace(key.begin(), key.end(), '-', '_');
  return key + "_ps";
}

Facts parts_facts(const critical::PartSums& sums) {
  Facts facts;
  for (const Part part : values_of<Part>()) facts.add(key_of(part), sums[static_cast<std::size_t>(part)]);
  return facts;
}

}  // namespace

Facts path_facts(const Path& path) {
  Facts facts;
  facts.add("time_ps", path.back().end_ps).add("parts", parts_facts(critical::sums_by_part(path)));
  if (const auto longest = critical::longest_wait(path))
    facts.add("longest_wait", Facts().add("from", longest->from).add("time_ps", longest->ps));
  return facts;
}

Facts difference_facts(const Path& base, const Path& other) {
  critical::PartSums parts = critical::sums_by_part(other);
  const critical::PartSums of_base = critical::sums_by_part(base);
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] -= of_base[i];
  std::vector<Facts> sections, connections;
  for (const auto& [section, ps] : apart(critical::sums_by_section(base), critical::sums_by_section(other)))
    sections.push_back(
        Facts().add("pass", name_of(section.pass)).add("layer", section.layer).add("time_ps", ps));
  for (const auto& [connection, ps] :
       apart(critical::sums_by_connection(base), critical::sums_by_connection(other)))
    connections.push_back(Facts().add("from", connection.from).add("to", connection.to).add("time_ps", ps));
  return Facts()
      .add("time_ps", other.back().end_ps - base.back().end_ps)
      .add("parts", parts_facts(parts))
      .add("sections", sections)
      .add("connections", connections);
}

std::string describe_path(const Path& path, std::int64_t step_ps, const DieGrid& grid) {
  if (path.empty()) return {};
  const std::int64_t end = path.back().end_ps;
  const critical::PartSums sums = critical::sums_by_part(path);
  NamedTimes times;
  for (const Part part : values_of<Part>())
    if (const std::int64_t ps = sums[static_cast<std::size_t>(part)]; ps > 0)
      times.push_back({words_of(part), ps});
  sort_by_size(times);
  std::vector<std::string> words;
  for (const NamedTime& time : times)
    words.push_back(fmt::format("{} {:.1f} %", time.name, percent(time.ps, end)));
  std::string title = "critical path";
  if (end != step_ps)
    title += fmt::format(" of the {} that were simulated", format_si(static_cast<double>(end) * 1e-12, "s"));
  std::string text = list(title + ":", words);
  if (const auto longest = critical::longest_wait(path))
    text += fmt::format("  waits longest for {}: {:.1f} %\n", words_of(longest->from, grid),
                        percent(longest->ps, end));
  return text;
}

std::string render_difference(const NamedPath& base, const NamedPath& other) {
  const std::int64_t apart = other.path.back().end_ps - base.path.back().end_ps;
  const std::string title =
      fmt::format("{} against {}, along their critical paths: {}", other.name, base.name, with_sign(apart));
  return render(title, differences(critical::sums_by_part(base.path), critical::sums_by_part(other.path))) +
         render("by pass and layer",
                differences(critical::sums_by_section(base.path), critical::sums_by_section(other.path))) +
         render("by link and DRAM that were waited for", connection_differences(base, other));
}

}  // namespace hecaton::io
