#include "io/report/deck_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hecaton::io {

std::vector<DeckLine> deck_lines(std::string_view text) {
  constexpr std::string_view equals = " = ", comment = "  # ";
  std::vector<DeckLine> lines;
  std::string table;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t middle = line.find(equals);
    if (line.starts_with('[')) {
      table = line.substr(1, line.find(']') == std::string_view::npos ? 0 : line.find(']') - 1);
    } else if (middle != std::string_view::npos && !line.starts_with('#')) {
      const std::string_view rest = line.substr(middle + equals.size());
      const std::size_t tag = rest.rfind(comment);
      const bool has_tag = tag != std::string_view::npos;
      lines.push_back({table + (table.empty() ? "" : ".") + std::string(line.substr(0, middle)),
                       std::string(rest.substr(0, tag)),
                       has_tag ? std::string(rest.substr(tag + comment.size())) : ""});
    }
  }
  return lines;
}

std::vector<DeckDifference> deck_differences(std::string_view base, std::string_view other) {
  const std::vector<DeckLine> of_base = deck_lines(base), of_other = deck_lines(other);
  std::map<std::string, std::string> values, known;
  for (const DeckLine& line : of_other) values.emplace(line.key, line.value);
  for (const DeckLine& line : of_base) known.emplace(line.key, line.value);
  std::vector<DeckDifference> differences;
  for (const DeckLine& line : of_base) {
    const auto found = values.find(line.key);
    const std::string value = found == values.end() ? std::string() : found->second;
    if (value != line.value) differences.push_back({line.key, line.value, value});
  }
  for (const DeckLine& line : of_other)
    if (!known.contains(line.key)) differences.push_back({line.key, "", line.value});
  return differences;
}

std::string render_deck_differences(const std::vector<DeckDifference>& differences) {
  const auto words = [](const std::string& value) {
    std::string printable = value.empty() ? "(none)" : value;
    for (char& c : printable)
      if (c < ' ' || c > '~') c = '?';
    return printable;
  };
  std::string text;
  for (const DeckDifference& each : differences)
    text += fmt::format("  {:<30} {} -> {}\n", words(each.key), words(each.base), words(each.other));
  return text;
}

}  // namespace hecaton::io
