#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "io/files/hdf5_calls.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/seal.hpp"

namespace hecaton::io::hdf5 {
namespace {

// A link may lead to another file, or round in circles: only plain links are followed.
void expect_plain_links(const Handle& file, const std::string& path, const std::string& action) {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    H5L_info_t info;
    check(H5Lget_info(file.id(), path.substr(0, end).c_str(), &info, H5P_DEFAULT), action);
    if (info.type != H5L_TYPE_HARD) throw Error(action + ": it is a link to somewhere else");
  }
}

bool lies_plainly_in_the_file(const Handle& dataset) {
  const Handle properties =
      take(H5Dget_create_plist(dataset.id()), H5Pclose, "reading a dataset's properties");
  const H5D_layout_t layout = H5Pget_layout(properties.id());
  return (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && H5Pget_external_count(properties.id()) == 0;
}

void expect_plain(const Handle& dataset, const std::string& action) {
  if (!lies_plainly_in_the_file(dataset)) throw Error(action + ": it is compressed or lies in another file");
}

// Of numbers like these.
Handle type_of(const Handle& column, Cell cell, const std::string& action) {
  Handle type = take(H5Dget_type(column.id()), H5Tclose, action);
  const H5T_class_t wanted = cell == Cell::f64 ? H5T_FLOAT : H5T_INTEGER;
  if (H5Tget_class(type.id()) != wanted) throw Error(action + ": it holds other values than a trace does");
  return type;
}

// The rows of a column that lies plainly in the file and is not longer than credible.
std::uint64_t plain_rows(const Handle& dataset, const std::string& action, std::uint64_t most_rows) {
  const Handle space = take(H5Dget_space(dataset.id()), H5Sclose, action);
  if (H5Sget_simple_extent_ndims(space.id()) != 1) throw Error(action + ": it is not a column");
  expect_plain(dataset, action);
  const hssize_t rows = H5Sget_simple_extent_npoints(space.id());
  if (rows < 0 || static_cast<std::uint64_t>(rows) > most_rows)
    throw Error(action + ": its " + std::to_string(rows) + " rows are not credible");
  return static_cast<std::uint64_t>(rows);
}

void expect_same(const Handle& dataset, std::uint64_t checksum, const std::string& action) {
  const Handle attribute = take(H5Aopen(dataset.id(), checksum_name, H5P_DEFAULT), H5Aclose, action);
  std::uint64_t told = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_UINT64, &told), action);
  if (told != checksum)
    throw Error(action +
                ": its checksum is not that of its contents: it was changed or damaged since it was written");
}

// Of texts that have been read.
void expect_checksum(const Handle& dataset, const std::string& texts, const std::string& action) {
  if (has_attribute(dataset, checksum_name))
    expect_same(dataset, checksum_of_cells(std::as_bytes(std::span(texts)), 1, 0), action);
}

// Of numbers, which are read as they lie in the file; `line` of them are read together.
void expect_checksum(const Handle& column, const Handle& type, std::uint64_t rows, const std::string& action,
                     std::uint64_t line = 1) {
  if (!has_attribute(column, checksum_name)) return;
  const std::uint64_t most_rows = std::max<std::uint64_t>((1U << 17U) / line, 1) * line;
  const std::size_t width = H5Tget_size(type.id());
  if (width == 0 || width > sizeof(std::uint64_t))
    throw Error(action + ": its numbers are of no credible size");
  std::vector<std::byte> cells(width * std::min(rows, most_rows));
  std::uint64_t sum = 0;
  for (std::uint64_t first = 0; first < rows; first += most_rows) {
    const std::uint64_t count = std::min(most_rows, rows - first);
    read_rows(column, type.id(), first, count, cells.data());
    sum += checksum_of_cells(std::span(cells).first(width * count), width, first);
  }
  expect_same(column, sum, action);
}

}  // namespace

bool looks_like_hdf5(const std::filesystem::path& path) {
  silence();
  const bool recognised = H5Fis_hdf5(path.c_str()) > 0;
  H5Eclear2(H5E_DEFAULT);
  return recognised;
}

std::string read_text(const Handle& file, const std::string& path, std::size_t most_bytes) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  const Handle dataset = take(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Dclose, action);
  const Handle type = take(H5Dget_type(dataset.id()), H5Tclose, action);
  const Handle space = take(H5Dget_space(dataset.id()), H5Sclose, action);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 ||
      H5Sget_simple_extent_type(space.id()) != H5S_SCALAR) {
    throw Error(action + ": it is not a single text of fixed size");
  }
  expect_plain(dataset, action);
  const std::size_t bytes = H5Tget_size(type.id());
  if (bytes == 0 || bytes > most_bytes) {
    throw Error(action + ": its size of " + std::to_string(bytes) + " bytes is not credible");
  }
  std::string text(bytes, '\0');
  check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), action);
  expect_checksum(dataset, text, action);
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

std::vector<std::uint64_t> read_counts(const Handle& file, const std::string& path, std::size_t most_rows) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  const Handle dataset = open_column(file, path);
  const Handle type = take(H5Dget_type(dataset.id()), H5Tclose, action);
  if (H5Tget_class(type.id()) != H5T_INTEGER) throw Error(action + ": it is not a column of whole numbers");
  const std::uint64_t rows = plain_rows(dataset, action, most_rows);
  expect_checksum(dataset, type, rows, action);
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(rows));
  check(H5Dread(dataset.id(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, counts.data()), action);
  return counts;
}

OpenColumn open_numbers(const Handle& file, const std::string& path, Cell cell, std::uint64_t most_rows) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  OpenColumn opened{open_column(file, path), 0};
  const Handle type = type_of(opened.column, cell, action);
  opened.rows = plain_rows(opened.column, action, most_rows);
  expect_checksum(opened.column, type, opened.rows, action);
  return opened;
}

OpenMatrix open_matrix(const Handle& file, const std::string& path, Cell cell, MatrixSize most) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  OpenMatrix opened{open_column(file, path), 0, 0};
  const Handle type = type_of(opened.matrix, cell, action);
  const Handle space = take(H5Dget_space(opened.matrix.id()), H5Sclose, action);
  if (H5Sget_simple_extent_ndims(space.id()) != 2) throw Error(action + ": it is not a matrix");
  expect_plain(opened.matrix, action);
  std::array<hsize_t, 2> extent{};
  check(H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr), action);
  if (extent[0] > most.rows || extent[1] == 0 || extent[1] > most.columns)
    throw Error(action + ": its " + std::to_string(extent[0]) + " rows of " + std::to_string(extent[1]) +
                " numbers are not credible");
  opened.rows = extent[0];
  opened.columns = extent[1];
  expect_checksum(opened.matrix, type, opened.rows * opened.columns, action, opened.columns);
  return opened;
}

std::vector<std::string> read_texts(const Handle& file, const std::string& path, std::size_t most_rows,
                                    std::size_t most_bytes) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  const Handle dataset = open_column(file, path);
  const Handle type = take(H5Dget_type(dataset.id()), H5Tclose, action);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0)
    throw Error(action + ": it is not a column of texts of fixed size");
  const std::uint64_t rows = plain_rows(dataset, action, most_rows);
  const std::size_t width = H5Tget_size(type.id());
  if (width == 0 || width > most_bytes) throw Error(action + ": its texts are not of a credible size");
  std::string all(static_cast<std::size_t>(rows) * width, '\0');
  check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), action);
  expect_checksum(dataset, all, action);
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < rows; ++row) {
    texts.push_back(all.substr(row * width, width));
    texts.back().erase(texts.back().find_last_not_of('\0') + 1);
  }
  return texts;
}

Handle open_group(const Handle& file, const std::string& path) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  return take(H5Gopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Gclose, action);
}

bool has_object(const Handle& file, const std::string& name) {
  const htri_t is_there = H5Lexists(file.id(), name.c_str(), H5P_DEFAULT);
  if (is_there < 0) fail("looking for '" + name + "'");
  return is_there > 0;
}

bool has_attribute(const Handle& object, const std::string& name) {
  const htri_t is_there = H5Aexists(object.id(), name.c_str());
  if (is_there < 0) fail("looking for the attribute '" + name + "'");
  return is_there > 0;
}

std::int64_t read_integer_attribute(const Handle& object, const std::string& name) {
  const std::string action = "reading the attribute '" + name + "'";
  const Handle attribute = take(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, action);
  const Handle type = take(H5Aget_type(attribute.id()), H5Tclose, action);
  const Handle space = take(H5Aget_space(attribute.id()), H5Sclose, action);
  if (H5Tget_class(type.id()) != H5T_INTEGER || H5Sget_simple_extent_type(space.id()) != H5S_SCALAR) {
    throw Error(action + ": it is not a single integer");
  }
  std::int64_t value = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), action);
  return value;
}

std::string read_text_attribute(const Handle& object, const std::string& name, std::size_t most_bytes) {
  const std::string action = "reading the attribute '" + name + "'";
  const Handle attribute = take(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose, action);
  const Handle type = take(H5Aget_type(attribute.id()), H5Tclose, action);
  const Handle space = take(H5Aget_space(attribute.id()), H5Sclose, action);
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) <= 0 ||
      H5Sget_simple_extent_type(space.id()) != H5S_SCALAR)
    throw Error(action + ": it is not a single text");
  char* text = nullptr;
  check(H5Aread(attribute.id(), type.id(), static_cast<void*>(&text)), action);
  if (text == nullptr) return {};
  std::string copy(text, strnlen(text, most_bytes));
  check(H5free_memory(text), action);
  return copy;
}

}  // namespace hecaton::io::hdf5
