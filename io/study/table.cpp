#include "io/study/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "io/files/atomic_file.hpp"
#include "io/files/hdf5_file.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t table_schema = 1;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string to_text(const std::optional<Figure>& figure) {
  if (!figure) return "";
  return std::visit(
      [](const auto& value) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          return quoted(value);
        } else {
          return fmt::format("{}", value);
        }
      },
      *figure);
}

// A count that is too large for a whole number is a double; then all of its column are.
template <class T>
T value_of(const std::optional<Figure>& cell) {
  if constexpr (std::is_same_v<T, double>)
    if (cell && std::holds_alternative<std::uint64_t>(*cell))
      return static_cast<double>(std::get<std::uint64_t>(*cell));
  if (cell) return std::get<T>(*cell);
  if constexpr (std::is_same_v<T, double>) return std::numeric_limits<double>::quiet_NaN();
  return T{};
}

template <class T>
void write_cells(const hdf5::Handle& group, const TableColumn& column) {
  if constexpr (std::is_same_v<T, std::string>) {
    std::vector<std::string> texts;
    for (const auto& cell : column.cells) texts.push_back(value_of<T>(cell));
    hdf5::write_texts(group, column.name, texts);
  } else {
    using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
    std::vector<Stored> cells;
    for (const auto& cell : column.cells) cells.push_back(static_cast<Stored>(value_of<T>(cell)));
    hdf5::write_column(group, column.name, std::span<const Stored>(cells));
  }
}

void write_column(const hdf5::Handle& group, const TableColumn& column) {
  const auto is_filled = [](const auto& cell) { return cell.has_value(); };
  const auto is_double = [](const auto& cell) { return cell && std::holds_alternative<double>(*cell); };
  auto filled = std::find_if(column.cells.begin(), column.cells.end(), is_double);
  if (filled == column.cells.end())
    filled = std::find_if(column.cells.begin(), column.cells.end(), is_filled);
  const Figure like = filled == column.cells.end() ? Figure(std::string()) : **filled;
  std::visit([&](const auto& first) { write_cells<std::decay_t<decltype(first)>>(group, column); }, like);
  const hdf5::Handle written = hdf5::open_column(group, column.name);
  hdf5::write_attribute(written, "units", column.unit.empty() ? std::string("1") : column.unit);
  hdf5::write_attribute(written, "long_name", column.text);
}

}  // namespace

std::string to_csv(const std::vector<TableColumn>& columns) {
  std::string text;
  const auto add = [&](std::size_t column, const std::string& cell) {
    if (column > 0) text += ',';
    text += cell;
  };
  for (std::size_t c = 0; c < columns.size(); ++c) add(c, quoted(columns[c].name));
  text += '\n';
  const std::size_t rows = columns.empty() ? 0 : columns.front().cells.size();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) add(c, to_text(columns[c].cells[row]));
    text += '\n';
  }
  return text;
}

void write_study_table(const std::filesystem::path& path, const std::vector<TableColumn>& columns,
                       std::string_view study_text) {
  AtomicFile beside(path);
  hdf5::Handle file = hdf5::create(beside.temporary());
  hdf5::write_attribute(file, "schema", table_schema);
  hdf5::write_text(file, "study", study_text);
  {
    const hdf5::Handle group = hdf5::create_group(file, "points");
    for (const TableColumn& column : columns) write_column(group, column);
  }
  file.close();
  beside.publish();
}

}  // namespace hecaton::io
