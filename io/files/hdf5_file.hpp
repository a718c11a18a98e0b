// The few HDF5 operations this program needs, over the C API: handles that close themselves, and failures
// that are exceptions carrying HDF5's own message (its printing on stderr is off).
//
// Objects carry no time stamps, so equal data gives equal files. Columns are one-dimensional, contiguous, of
// the narrowest little-endian type that holds them, and never written with fill values.
#pragma once

#include <hdf5.h>
#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hecaton::io::hdf5 {

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Owns one HDF5 identifier. Use close() where a failure to close matters (a file: its last writes happen
// then).
class Handle {
 public:
  using Closer = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Closer closer) : id_(id), closer_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) static_cast<void>(closer_(id_));
  }
  hid_t id() const { return id_; }
  void close();
  // Leaves the object open for good: for a shared file after a failure of this rank alone, as closing it
  // would wait for the others.
  void abandon() { id_ = H5I_INVALID_HID; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Closer closer_ = nullptr;
};

std::string library_version();

// What a cell of a column is, in the file (little-endian) and in memory.
enum class Cell : std::uint8_t { u8, i16, i32, u32, i64, u64, f64 };

template <class T>
constexpr Cell cell_of();
template <>
constexpr Cell cell_of<std::uint8_t>() {
  return Cell::u8;
}
template <>
constexpr Cell cell_of<std::int16_t>() {
  return Cell::i16;
}
template <>
constexpr Cell cell_of<std::int32_t>() {
  return Cell::i32;
}
template <>
constexpr Cell cell_of<std::uint32_t>() {
  return Cell::u32;
}
template <>
constexpr Cell cell_of<std::int64_t>() {
  return Cell::i64;
}
template <>
constexpr Cell cell_of<std::uint64_t>() {
  return Cell::u64;
}
template <>
constexpr Cell cell_of<double>() {
  return Cell::f64;
}
std::size_t cell_bytes(Cell cell);

// Every column and text that is written whole has a `checksum` of its cells among its attributes (seal.hpp); of one that ranks
// write in parts, the parts' sum is written here. What is read as hostile is compared with it where it is there.
void write_checksum(const Handle& column, std::uint64_t checksum);

// Files. `create` and `open` are serial (one process); `open_shared` is collective and opens for writing.
Handle create(const std::filesystem::path& path);
// A file with a seal is looked through, and refused if it is not what was sealed.
Handle open(const std::filesystem::path& path);
Handle open_shared(const std::filesystem::path& path, MPI_Comm comm);
// Serial, for writing.
Handle open_again(const std::filesystem::path& path);

// Serial: structure and small things.
Handle create_group(const Handle& parent, const std::string& name);
Handle create_column(const Handle& parent, const std::string& name, Cell cell, std::uint64_t rows);
// Rows by columns, contiguous like a column of all its cells, row after row.
Handle create_matrix(const Handle& parent, const std::string& name, Cell cell, std::uint64_t rows,
                     std::uint64_t columns);
void write_column(const Handle& column, Cell cell, const void* rows);
void write_text(const Handle& parent, const std::string& name, std::string_view text);
// One column of texts, each padded to the longest.
void write_texts(const Handle& parent, const std::string& name, const std::vector<std::string>& texts);
void write_attribute(const Handle& object, const std::string& name, const std::string& text);
void write_attribute(const Handle& object, const std::string& name, const std::vector<std::string>& texts);
void write_attribute(const Handle& object, const std::string& name, std::int64_t value);
// Everything below `path`, under the same name, in another file.
void copy_object(const Handle& from, const std::string& path, const Handle& to);
// A column that consists of columns of other files, one after the other; a relative file name counts from the
// folder of the file that the column is in.
struct Source {
  std::string file;
  std::string column;
  std::uint64_t rows = 0;
};
Handle create_virtual_column(const Handle& parent, const std::string& name, Cell cell,
                             const std::vector<Source>& sources);
void add_hard_link(const Handle& file, const std::string& existing, const std::string& added);

template <class T>
void write_column(const Handle& parent, const std::string& name, std::span<const T> rows) {
  write_column(create_column(parent, name, cell_of<T>(), rows.size()), cell_of<T>(), rows.data());
}

// In a shared file. Opening is collective; writing is not: any rank writes any rows that no other rank
// writes. Of a matrix, rows are its cells, those of whole lines.
Handle open_column(const Handle& file, const std::string& path);
void write_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, const void* rows);

// Reading rows of a file that this program has written.
void read_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, void* rows);

// Reading what may be hostile. A text is a single one of fixed size, at most `most_bytes`, a column one of
// whole numbers of at most `most_rows` rows; both lie plainly in this very file; so no filter and no other
// file comes into play. All else is an Error.
bool looks_like_hdf5(const std::filesystem::path& path);
std::string read_text(const Handle& file, const std::string& path, std::size_t most_bytes);
std::vector<std::uint64_t> read_counts(const Handle& file, const std::string& path, std::size_t most_rows);
// A column of numbers, for read_rows.
struct OpenColumn {
  Handle column;
  std::uint64_t rows = 0;
};
OpenColumn open_numbers(const Handle& file, const std::string& path, Cell cell, std::uint64_t most_rows);
// A matrix of numbers; its cells, row after row, are read like rows of a column.
struct MatrixSize {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};
struct OpenMatrix {
  Handle matrix;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};
OpenMatrix open_matrix(const Handle& file, const std::string& path, Cell cell, MatrixSize most);
std::vector<std::string> read_texts(const Handle& file, const std::string& path, std::size_t most_rows,
                                    std::size_t most_bytes);
Handle open_group(const Handle& file, const std::string& path);
bool has_object(const Handle& file, const std::string& name);
bool has_attribute(const Handle& object, const std::string& name);
std::int64_t read_integer_attribute(const Handle& object, const std::string& name);
// At most `most_bytes` of it.
std::string read_text_attribute(const Handle& object, const std::string& name, std::size_t most_bytes);

}  // namespace hecaton::io::hdf5
