#include "io/study/table_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"

namespace hecaton::io {
namespace {

constexpr std::size_t largest_table_bytes = 64U << 20U;
constexpr std::string_view first_name = "point";

// Reads records one after the other.
class Reader {
 public:
  Reader(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  bool has_more() const { return !text_.empty(); }
  std::uint32_t line() const { return line_; }  // where the next record begins

  std::vector<std::string> record() {
    std::vector<std::string> cells;
    do cells.push_back(text_.starts_with('"') ? quoted_cell() : plain_cell());
    while (skip(','));
    skip('\r');
    if (has_more() && !skip('\n')) refuse("a quoted cell goes on after its quote");
    ++line_;
    return cells;
  }

  [[noreturn]] void refuse(std::string_view why) const { refuse_line(line_, why); }
  [[noreturn]] void refuse_line(std::uint32_t line, std::string_view why) const {
    throw InputError({source_, line, 1}, "", "is not the table of a study", why,
                     "give the table.csv that a sweep has written");
  }

 private:
  bool skip(char c) {
    const bool is_there = text_.starts_with(c);
    if (is_there) text_.remove_prefix(1);
    return is_there;
  }

  std::string plain_cell() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n"), text_.size());
    std::string cell(text_.substr(0, end));
    text_.remove_prefix(end);
    return cell;
  }

  // Two quotes within it are one of its characters.
  std::string quoted_cell() {
    std::string cell;
    for (text_.remove_prefix(1);; cell += '"') {
      const std::size_t end = text_.find('"');
      if (end == std::string_view::npos) refuse("a quote is not closed");
      for (const char c : text_.substr(0, end)) line_ += c == '\n' ? 1 : 0;
      cell += text_.substr(0, end);
      text_.remove_prefix(end + 1);
      if (!skip('"')) return cell;
    }
  }

  std::string_view text_;
  const std::string& source_;
  std::uint32_t line_ = 1;
};

}  // namespace

TableText table_text(std::string_view csv, const std::string& source) {
  Reader reader(csv, source);
  TableText table;
  if (!reader.has_more()) reader.refuse("it is empty");
  table.names = reader.record();
  if (table.names.front() != first_name) reader.refuse_line(1, "its first column is not called point");
  while (reader.has_more()) {
    const std::uint32_t line = reader.line();
    std::vector<std::string> cells = reader.record();
    if (cells.size() != table.names.size())
      throw InputError({source, line, 1}, "", fmt::format("has {} cells", cells.size()),
                       fmt::format("the table has {} columns", table.names.size()),
                       "give the table.csv that a sweep has written");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

TableText read_table_text(const std::filesystem::path& path) {
  return table_text(read_text_file(path, "a table of a study", largest_table_bytes), path.string());
}

}  // namespace hecaton::io
