#include "io/page/deck_lines.hpp"

#include <algorithm>

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

}  // namespace hecaton::io
