#include "io/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "io/report/quantity.hpp"

namespace hecaton::io {
namespace {

// Names come from decks and traces, which may hold anything: only printable ASCII reaches a terminal.
std::string plain(std::string_view text, std::size_t width) {
  std::string shown(text.substr(0, width));
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  if (text.size() > width && width >= 2) shown[width - 2] = shown[width - 1] = '.';
  return shown;
}

TableLine quantity_line(std::string label, double value, std::string_view unit) {
  return {.label = std::move(label), .value = format_si(value, unit), .number = value};
}
TableLine count_line(std::string label, double value) {
  return {.label = std::move(label), .value = format_count(value), .number = value};
}
TableLine line_of(const ReportLine& line) {
  using enum ReportLine::Form;
  TableLine shown;
  switch (line.form) {
    case heading:
      return {line.label};
    case text:
      return {line.label, plain(line.text, 40)};
    case quantity:
      shown = quantity_line(line.label, line.number, line.unit);
      break;
    case count:
      shown = count_line(line.label, line.number);
      break;
    case figure:
      shown = {.label = line.label, .value = fmt::format("{:.4g}", line.number), .number = line.number};
      break;
    case percent:
      shown = {.label = line.label, .value = format_percent(line.number), .number = line.number};
      break;
  }
  shown.share = line.share;
  return shown;
}

}  // namespace

TableLines result_lines(const Summary& s) {
  TableLines lines{{"dies", fmt::format("{} x {}", s.rows, s.columns)}};
  const auto of_workload = std::visit([](const auto& workload) { return lines_of(workload); }, s.workload);
  for (const ReportLine& line : of_workload) lines.push_back(line_of(line));
  return lines;
}

TableLines run_lines(const Summary& s) {
  return {quantity_line("simulated time", static_cast<double>(s.simulated_ps) * 1e-12, "s"),
          count_line("packets", static_cast<double>(s.packets)),
          count_line("  links crossed", static_cast<double>(s.packet_hops)),
          {"digest", fmt::format("{:016x}", s.digest)},
          {"simulation", fmt::format("{}, {} rank{}, sync {}", format_duration(s.wall_s), s.ranks,
                                     s.ranks == 1 ? "" : "s", plain(s.sync, 12))},
          {"  events", fmt::format("{}, {}/s", format_count(static_cast<double>(s.events)),
                                   format_count(s.events_per_s))},
          quantity_line("  memory, a rank", static_cast<double>(s.peak_rss_bytes), "B"),
          {"  program", fmt::format("hecaton {}, {}, {}", plain(s.version, 12), plain(s.git, 20),
                                    plain(s.build_type, 15))}};
}

namespace {

constexpr std::size_t label_width = 21;
constexpr std::size_t value_width = 16;  // also of the baseline's column
constexpr std::size_t other_width = 21;
constexpr std::size_t ratio_width = 8;
constexpr std::size_t others_in_block = 2;

// Short values stand right-aligned in a column, so that digits compare; long texts stand as they are.
std::string table_line(const TableLine& line) {
  std::string text = fmt::format("  {:<{}}", line.label, label_width);
  text += line.value.size() < value_width && line.number ? fmt::format("{:>12}", line.value) : line.value;
  if (line.share) text += fmt::format("  {:>8}", format_percent(*line.share));
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

const TableLine* find_line(const TableLines& lines, const std::string& label) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const TableLine& line) { return line.label == label; });
  return found == lines.end() ? nullptr : &*found;
}

// Shares become lines of their own, so that three runs fit beside each other.
TableLines with_share_lines(const TableLines& lines) {
  TableLines split;
  for (const TableLine& line : lines) {
    split.push_back(line);
    split.back().share.reset();
    if (line.share) split.push_back({line.label + " %", format_percent(*line.share)});
  }
  return split;
}

std::vector<std::string> all_labels(std::span<const TableLines> runs) {
  std::vector<std::string> labels;
  for (const TableLines& lines : runs) {
    for (const TableLine& line : lines) {
      if (std::find(labels.begin(), labels.end(), line.label) == labels.end()) labels.push_back(line.label);
    }
  }
  return labels;
}

std::string ratio_text(const TableLine& line, const TableLine* base) {
  if (base == nullptr || !line.number || !base->number || *base->number <= 0) return "";
  return fmt::format("{:.3g}x", *line.number / *base->number);
}

std::string other_cell(const TableLine* line, const TableLine* base) {
  if (line == nullptr) return "-";
  const std::string ratio = ratio_text(*line, base);
  if (ratio.empty()) return plain(line->value, other_width - 1);
  return fmt::format("{}{:>{}}", line->value, ratio, ratio_width);
}

bool is_heading(const std::string& label, std::span<const TableLines> runs) {
  return std::none_of(runs.begin(), runs.end(), [&](const TableLines& lines) {
    const TableLine* line = find_line(lines, label);
    return line != nullptr && !line->value.empty();
  });
}

std::string comparison_line(const std::string& label, const TableLines& base,
                            std::span<const TableLines> others) {
  const TableLine* base_line = find_line(base, label);
  std::string text = fmt::format("{:<{}}", label, label_width);
  text += fmt::format("{:>{}}", base_line == nullptr ? "-" : plain(base_line->value, value_width - 1),
                      value_width);
  for (const TableLines& other : others) {
    text += fmt::format("{:>{}}", other_cell(find_line(other, label), base_line), other_width);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string comparison_block(const Summary& baseline, std::span<const Summary> others) {
  std::string text =
      fmt::format("{:<{}}{:>{}}", "", label_width, plain(baseline.deck, value_width - 1), value_width);
  std::vector<TableLines> runs{with_share_lines(result_lines(baseline))};
  for (const Summary& other : others) {
    text += fmt::format("{:>{}}", plain(other.deck, other_width - 1), other_width);
    runs.push_back(with_share_lines(result_lines(other)));
  }
  text += "\n";
  const std::span<const TableLines> all = runs;
  for (const std::string& label : all_labels(all)) {
    text += is_heading(label, all) ? label + "\n" : comparison_line(label, runs[0], all.subspan(1));
  }
  return text;
}

}  // namespace

std::string render_table(const Summary& summary) {
  std::string text = plain(summary.deck, 78) + "\n";
  for (const TableLine& line : result_lines(summary)) text += table_line(line);
  text += "\n";
  for (const TableLine& line : run_lines(summary)) text += table_line(line);
  return text;
}

std::string render_comparison(std::span<const Summary> summaries) {
  if (summaries.empty()) return {};
  std::string text;
  std::span<const Summary> others = summaries.subspan(1);
  do {
    const std::span<const Summary> shown = others.first(std::min(others.size(), others_in_block));
    if (!text.empty()) text += "\n";
    text += comparison_block(summaries[0], shown);
    others = others.subspan(shown.size());
  } while (!others.empty());
  return text;
}

}  // namespace hecaton::io
