#include "io/files/hdf5_file.hpp"

#include <algorithm>
#include <cstring>

#include "io/files/seal.hpp"

namespace hecaton::io::hdf5 {
namespace {

// The innermost message of HDF5's error stack says what went wrong; the outer ones only who called whom.
herr_t keep_description(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr) *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

[[noreturn]] void fail(const std::string& action) {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_description, &reason);
  H5Eclear2(H5E_DEFAULT);
  throw Error(action + ": " + (reason.empty() ? "no reason given by HDF5" : reason));
}

// Opening the library switches its printing on; every file operation begins by switching it off.
void silence() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Handle take(hid_t id, Handle::Closer closer, const std::string& action) {
  if (id < 0) fail(action);
  return {id, closer};
}

void check(herr_t status, const std::string& action) {
  if (status < 0) fail(action);
}

hid_t file_type(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return H5T_STD_U8LE;
    case Cell::i16:
      return H5T_STD_I16LE;
    case Cell::i32:
      return H5T_STD_I32LE;
    case Cell::u32:
      return H5T_STD_U32LE;
    case Cell::i64:
      return H5T_STD_I64LE;
    case Cell::u64:
      return H5T_STD_U64LE;
    case Cell::f64:
      return H5T_IEEE_F64LE;
  }
  throw std::logic_error("an HDF5 cell type without a file type");
}

hid_t memory_type(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return H5T_NATIVE_UINT8;
    case Cell::i16:
      return H5T_NATIVE_INT16;
    case Cell::i32:
      return H5T_NATIVE_INT32;
    case Cell::u32:
      return H5T_NATIVE_UINT32;
    case Cell::i64:
      return H5T_NATIVE_INT64;
    case Cell::u64:
      return H5T_NATIVE_UINT64;
    case Cell::f64:
      return H5T_NATIVE_DOUBLE;
  }
  throw std::logic_error("an HDF5 cell type without a memory type");
}

Handle property_list(hid_t kind) {
  return take(H5Pcreate(kind), H5Pclose, "creating an HDF5 property list");
}

// Space is reserved at creation, so that ranks that open the file later only fill it in.
Handle dataset_properties() {
  Handle list = property_list(H5P_DATASET_CREATE);
  check(H5Pset_obj_track_times(list.id(), false), "switching HDF5 time stamps off");
  check(H5Pset_layout(list.id(), H5D_CONTIGUOUS), "choosing the HDF5 layout");
  check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY), "choosing the HDF5 allocation time");
  check(H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER), "choosing the HDF5 fill time");
  return list;
}

Handle text_type(std::size_t bytes) {
  Handle type = take(H5Tcopy(H5T_C_S1), H5Tclose, "creating an HDF5 text type");
  check(H5Tset_size(type.id(), bytes), "sizing an HDF5 text type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "choosing the HDF5 character set");
  if (bytes != H5T_VARIABLE) check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "padding an HDF5 text type");
  return type;
}

Handle scalar() {
  return take(H5Screate(H5S_SCALAR), H5Sclose, "creating an HDF5 scalar");
}

Handle vector_space(hsize_t length) {
  return take(H5Screate_simple(1, &length, nullptr), H5Sclose, "creating an HDF5 space");
}

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

// The rows of a column that lies plainly in the file and is not longer than credible.
std::uint64_t plain_rows(const Handle& dataset, const std::string& action, std::uint64_t most_rows) {
  const Handle space = take(H5Dget_space(dataset.id()), H5Sclose, action);
  if (H5Sget_simple_extent_ndims(space.id()) != 1) throw Error(action + ": it is not a column");
  if (!lies_plainly_in_the_file(dataset)) throw Error(action + ": it is compressed or lies in another file");
  const hssize_t rows = H5Sget_simple_extent_npoints(space.id());
  if (rows < 0 || static_cast<std::uint64_t>(rows) > most_rows)
    throw Error(action + ": its " + std::to_string(rows) + " rows are not credible");
  return static_cast<std::uint64_t>(rows);
}

void write_attribute(const Handle& object, const std::string& name, const Handle& type, const Handle& space,
                     const void* value) {
  const std::string action = "writing the attribute '" + name + "'";
  const Handle attribute =
      take(H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
           action);
  check(H5Awrite(attribute.id(), type.id(), value), action);
}

// Texts of `width` bytes each.
void write_padded(const Handle& parent, const std::string& name, std::size_t width, const Handle& space,
                  const char* texts) {
  const std::string action = "writing the text '" + name + "'";
  const Handle type = text_type(width);
  const Handle properties = dataset_properties();
  const Handle dataset = take(
      H5Dcreate2(parent.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
      H5Dclose, action);
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts), action);
}

}  // namespace

void Handle::close() {
  if (id_ < 0) return;
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  check(closer_(id), "closing an HDF5 object");
}

std::size_t cell_bytes(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return 1;
    case Cell::i16:
      return 2;
    case Cell::i32:
    case Cell::u32:
      return 4;
    case Cell::i64:
    case Cell::u64:
    case Cell::f64:
      return 8;
  }
  throw std::logic_error("an HDF5 cell type without a size");
}

Handle create(const std::filesystem::path& path) {
  silence();
  const Handle properties = property_list(H5P_FILE_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  const Handle access = property_list(H5P_FILE_ACCESS);
  // Without a buffer of HDF5's own, a write that fails is reported by that write and not lost in a later
  // close.
  check(H5Pset_sieve_buf_size(access.id(), 0), "switching HDF5 buffering off");
  // Some shared file systems know no locks; the file is new, and nobody else writes it.
  check(H5Pset_file_locking(access.id(), false, true), "switching HDF5 file locks off");
  return take(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.id(), access.id()), H5Fclose,
              "creating " + path.string());
}

Handle open(const std::filesystem::path& path) {
  silence();
  try {
    expect_unchanged(path);
  } catch (const std::exception& error) {
    throw Error(error.what());
  }
  const Handle access = property_list(H5P_FILE_ACCESS);
  // Some shared file systems know no locks; a reader of a finished file needs none.
  check(H5Pset_file_locking(access.id(), false, true), "switching HDF5 file locks off");
  return take(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose, "opening " + path.string());
}

Handle open_shared(const std::filesystem::path& path, MPI_Comm comm) {
  silence();
  const Handle access = property_list(H5P_FILE_ACCESS);
  check(H5Pset_fapl_mpio(access.id(), comm, MPI_INFO_NULL), "choosing parallel HDF5");
  // One rank reads the structure and tells the others, instead of all ranks reading it.
  check(H5Pset_all_coll_metadata_ops(access.id(), true), "choosing collective HDF5 metadata reads");
  check(H5Pset_coll_metadata_write(access.id(), true), "choosing collective HDF5 metadata writes");
  return take(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), H5Fclose,
              "opening " + path.string() + " on all ranks");
}

Handle create_group(const Handle& parent, const std::string& name) {
  const Handle properties = property_list(H5P_GROUP_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  return take(H5Gcreate2(parent.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose,
              "creating the group '" + name + "'");
}

Handle create_column(const Handle& parent, const std::string& name, Cell cell, std::uint64_t rows) {
  const Handle space = vector_space(rows);
  const Handle properties = dataset_properties();
  return take(H5Dcreate2(parent.id(), name.c_str(), file_type(cell), space.id(), H5P_DEFAULT, properties.id(),
                         H5P_DEFAULT),
              H5Dclose, "creating the column '" + name + "'");
}

void write_column(const Handle& column, Cell cell, const void* rows) {
  check(H5Dwrite(column.id(), memory_type(cell), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), "writing a column");
}

void write_text(const Handle& parent, const std::string& name, std::string_view text) {
  const std::string copy =
      text.empty() ? std::string(1, '\0') : std::string(text);  // no zero-sized text in HDF5
  write_padded(parent, name, copy.size(), scalar(), copy.data());
}

void write_texts(const Handle& parent, const std::string& name, const std::vector<std::string>& texts) {
  std::size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::string cells(width * texts.size(), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i].copy(&cells[i * width], width);
  write_padded(parent, name, width, vector_space(texts.size()), cells.data());
}

void write_attribute(const Handle& object, const std::string& name, const std::string& text) {
  const char* pointer = text.c_str();
  write_attribute(object, name, text_type(H5T_VARIABLE), scalar(), static_cast<const void*>(&pointer));
}

void write_attribute(const Handle& object, const std::string& name, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  write_attribute(object, name, text_type(H5T_VARIABLE), vector_space(texts.size()), pointers.data());
}

void write_attribute(const Handle& object, const std::string& name, std::int64_t value) {
  const std::string action = "writing the attribute '" + name + "'";
  const Handle space = scalar();
  const Handle attribute =
      take(H5Acreate2(object.id(), name.c_str(), H5T_STD_I64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT),
           H5Aclose, action);
  check(H5Awrite(attribute.id(), H5T_NATIVE_INT64, &value), action);
}

void copy_object(const Handle& from, const std::string& path, const Handle& to) {
  check(H5Ocopy(from.id(), path.c_str(), to.id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        "copying '" + path + "'");
}

Handle create_virtual_column(const Handle& parent, const std::string& name, Cell cell,
                             const std::vector<Source>& sources) {
  const std::string action = "creating the column '" + name + "'";
  hsize_t rows = 0;
  for (const Source& source : sources) rows += source.rows;
  const Handle space = vector_space(rows);
  const Handle properties = property_list(H5P_DATASET_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  hsize_t first = 0;
  for (const Source& source : sources) {
    const hsize_t count = source.rows;
    if (count == 0) continue;
    check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr), action);
    const Handle source_space = vector_space(count);
    check(H5Pset_virtual(properties.id(), space.id(), source.file.c_str(), source.column.c_str(),
                         source_space.id()),
          action);
    first += count;
  }
  check(H5Sselect_all(space.id()), action);
  return take(H5Dcreate2(parent.id(), name.c_str(), file_type(cell), space.id(), H5P_DEFAULT, properties.id(),
                         H5P_DEFAULT),
              H5Dclose, action);
}

void add_hard_link(const Handle& file, const std::string& existing, const std::string& added) {
  check(H5Lcreate_hard(file.id(), existing.c_str(), file.id(), added.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        "linking '" + added + "'");
}

Handle open_column(const Handle& file, const std::string& path) {
  return take(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Dclose, "opening the column '" + path + "'");
}

void write_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, const void* rows) {
  const std::string action = "writing rows of a column";
  const Handle file_space = take(H5Dget_space(column.id()), H5Sclose, action);
  const hsize_t start = first;
  const hsize_t length = count;
  check(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &start, nullptr, &length, nullptr), action);
  const Handle memory_space = vector_space(length);
  check(H5Dwrite(column.id(), memory_type(cell), memory_space.id(), file_space.id(), H5P_DEFAULT, rows),
        action);
}

void read_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, void* rows) {
  const std::string action = "reading rows of a column";
  const Handle file_space = take(H5Dget_space(column.id()), H5Sclose, action);
  const hsize_t start = first;
  const hsize_t length = count;
  check(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &start, nullptr, &length, nullptr), action);
  const Handle memory_space = vector_space(length);
  check(H5Dread(column.id(), memory_type(cell), memory_space.id(), file_space.id(), H5P_DEFAULT, rows),
        action);
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  check(H5get_libversion(&major, &minor, &release), "asking HDF5 for its version");
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

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
  if (!lies_plainly_in_the_file(dataset)) throw Error(action + ": it is compressed or lies in another file");
  const std::size_t bytes = H5Tget_size(type.id());
  if (bytes == 0 || bytes > most_bytes) {
    throw Error(action + ": its size of " + std::to_string(bytes) + " bytes is not credible");
  }
  std::string text(bytes, '\0');
  check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), action);
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
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(rows));
  check(H5Dread(dataset.id(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, counts.data()), action);
  return counts;
}

OpenColumn open_numbers(const Handle& file, const std::string& path, Cell cell, std::uint64_t most_rows) {
  const std::string action = "reading '" + path + "'";
  expect_plain_links(file, path, action);
  OpenColumn opened{open_column(file, path), 0};
  const Handle type = take(H5Dget_type(opened.column.id()), H5Tclose, action);
  const H5T_class_t wanted = cell == Cell::f64 ? H5T_FLOAT : H5T_INTEGER;
  if (H5Tget_class(type.id()) != wanted) throw Error(action + ": it holds other values than a trace does");
  opened.rows = plain_rows(opened.column, action, most_rows);
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
  return H5Lexists(file.id(), name.c_str(), H5P_DEFAULT) > 0;
}

bool has_attribute(const Handle& object, const std::string& name) {
  return H5Aexists(object.id(), name.c_str()) > 0;
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
